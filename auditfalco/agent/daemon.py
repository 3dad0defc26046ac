"""The running agent: sensors, pipeline, engine and sinks, from start to the closing summary."""

from __future__ import annotations

import queue
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from auditfalco.agent.alerting import Alerting
from auditfalco.agent.blindness import blindness
from auditfalco.agent.canary import Canary, canary_rules
from auditfalco.agent.disagreements import Disagreements
from auditfalco.agent.doubts import doubts_about
from auditfalco.agent.drops import DropSettings, DropWatch
from auditfalco.agent.following import Following
from auditfalco.agent.gate.gate import Gate
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.loss_layers import losses_of
from auditfalco.agent.overload import Overload, overload_of
from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.reading import Reader
from auditfalco.agent.rounds import Rounds
from auditfalco.agent.sensors import Buffering, Sensors
from auditfalco.agent.tampering.repair import OURS
from auditfalco.agent.tampering.tampering import Tampering
from auditfalco.coverage.control_sockets import control_socket_rules
from auditfalco.coverage.keys import instance_of
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.errors import AuditfalcoError
from auditfalco.model.alert import Alert
from auditfalco.model.event import Event
from auditfalco.outputs.queued import QueuedSink
from auditfalco.state.counters import evictions
from auditfalco.state.engines.known import engines_of_the_host
from auditfalco.state.host import HostState
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.errors import KernelSourceError
from kernel_sources.procfs import ProcFS

_TICK_SECONDS = 0.1
_HEARING_SECONDS = 3.0
_GATE_SECONDS = 0.25
_LOSS_INTERVAL_SECONDS = 1.0
_FILES_INTERVAL_SECONDS = 2.0
_REST_SECONDS = 5.0
_LATE_SECONDS = 0.5


class MachineCannot(AuditfalcoError):
    """Raised when this machine cannot run the agent: no permission, or no kernel support."""


class Daemon:
    """One run of the agent.

    Args:
        plan: what the kernel is asked for.
        make_alerting: makes the rules' half for the host that is watched.
        sinks: where alerts go; closed by the run.
        docker_roots: Docker's data directories.
        buffering: how much may wait in the kernel.
        drops: what follows from lost events.
        repair: what is mended when somebody tampers with audit (tampering.repair).
        canary_seconds: seconds between two proofs that what is executed is seen; 0 for none.
        log: where messages for the operator go.
    """

    def __init__(
        self,
        plan: Plan,
        make_alerting: Callable[[HostState], Alerting],
        sinks: Sequence[QueuedSink],
        docker_roots: Sequence[str],
        buffering: Buffering,
        drops: DropSettings,
        repair: str = OURS,
        gate_scope: str | None = None,
        canary_seconds: float = 0.0,
        log: TextIO | None = None,
    ) -> None:
        self._repair = repair
        self._canary_seconds = canary_seconds
        self._canary: Canary | None = None
        self._tampering: Tampering | None = None
        self._buffering = buffering
        self._drop_settings = drops
        self._plan = plan
        self._sinks = sinks
        self._log = log or sys.stderr
        self._notes: list[str] = []
        self._stopping = False
        self._proc = ProcFS()
        self._host = HostState(socket.gethostname(), self._proc, engines_of_the_host(docker_roots))
        self.alerting = make_alerting(self._host)
        self._host.watch_files(self.alerting.named_files)
        self._host.watch_programs(self.alerting.named_programs)
        self._gate = Gate(self._proc, gate_scope, plan.login_uids) if gate_scope is not None else None
        self._internal = InternalAlerts(self._host.hostname, self._deliver_internal)
        self.drops: DropWatch | None = None
        self._doubts: Disagreements | None = None
        self.overload: Overload | None = None
        self.shed: tuple[int, ...] = ()
        self.evictions: dict[str, int] = {}

    def run(self, seconds: float = 0.0) -> None:
        """Watch until SIGINT, SIGTERM or the time limit (0: none), then undo every kernel change and close the sinks.

        Raises:
            MachineCannot: before anything was watched.
            DropsExit: events were lost, and the configuration has it that the agent ends then.
        """
        sensors = self._open_sensors()
        for note in self._notes:
            self.say(note)
        opens = Following(self._plan, self.alerting.watch_list, sensors, self._proc, self.say)
        reader = Reader(sensors, self._proc.mounts_path(), self._gate)
        pipeline = Pipeline(
            *(self._host, self._consume, opens.entered, reader.unapplied),
            configured=lambda raw: self._configured(raw, opens),
            login_uids=self._plan.login_uids,
        )
        pipeline.files.named = opens.named
        self._doubts = doubts_about(sensors, reader, pipeline, opens, self._internal)
        pipeline.executions.engaged = lambda: opens.fallback.engaged
        self._host.look_ahead(reader.unapplied)
        self._host.hurry_when(reader.is_ahead)
        try:
            with self._signals_caught():
                losses = losses_of(sensors, reader, pipeline, self._sinks)
                self.drops = DropWatch(
                    self._drop_settings, losses, lambda: pipeline.assembler.events, self._internal, self.say
                )
                self.overload = overload_of(sensors, reader, self._internal, self.say)
                self._start(sensors, reader, pipeline, opens)
                self._watch(reader, pipeline, opens, self.drops, time.monotonic() + seconds if seconds else None)
                self.evictions = evictions(self._host)
                if self._gate is not None:
                    self.evictions.update(self._gate.missed())
                if pipeline.normaliser.given_up:
                    self.evictions["names of io_uring operations given up"] = pipeline.normaliser.given_up
        finally:
            self.shed = tuple(reader.shedder.shed)
            if self.overload is not None:
                self.overload.stop()
            if self._tampering is not None:
                self._tampering.stop()
            opens.stop()
            reader.stop()
            if self._gate is not None:
                self._gate.stop()
            for failure in sensors.close():
                self.say(f"could not be undone: {failure}")
            for sink in self._sinks:
                left = sink.close()
                if sink.failed:
                    self.say(f"{sink.name}: {sink.failed} alerts could not be written: {sink.last_error}")
                if left:
                    self.say(f"{sink.name}: {left} alerts could not be delivered in time")
        for reason in opens.refused:
            self.say(f"refused: {reason}")

    def note(self, message: str) -> None:
        """Have something told when it is certain that the machine can be watched, before the word that all is ready."""
        self._notes.append(message)

    def say(self, message: str) -> None:
        """Tell the operator something, one line."""
        print(f"{time.strftime('%a %b %e %H:%M:%S %Y')}: {message}", file=self._log, flush=True)

    def _open_sensors(self) -> Sensors:
        try:
            return Sensors(self._buffering, instance_of(self._plan.keys))
        except (KernelSourceError, OSError) as error:
            raise MachineCannot(
                str(error), mend="run as root in the initial namespaces of a kernel with audit"
            ) from None

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, sensors: Sensors, reader: Reader, pipeline: Pipeline, opens: Following) -> None:
        """Read first, then take the snapshot, then ask: whatever happens from here on is in one of them."""
        if self._gate is not None:
            self._gate.start()
        reader.start()
        self._host.snapshot()
        sensors.ask((*self._plan.audit_rules(), *self._plan.uring_rules(), *self._own_account()))
        opens.start()
        for process in self._host.processes.living():
            opens.entered(process)
        for warning in sensors.warnings:
            self.say(warning)
        blind = blindness(sensors.auditing(), (*self._plan.audit_rules(), *opens.named_rules()))
        if blind:
            opens.fallback.engage(blind, self._host.processes.living())
        if self._gate is not None:
            self._gate.announce(self.say)
        self._listen(sensors, reader, pipeline)
        self._look_after(sensors, opens, reader)
        in_force = len(sensors.asked.in_force) if sensors.asked is not None else 0
        marks = len(sensors.files.marks) if sensors.files is not None else 0
        self.say(f"ready: {len(self.alerting.rule_names)} rules, {in_force} audit rules of ours, {marks} files marked")

    def _own_account(self) -> Iterator[PlannedRule]:
        """What is asked for in no rule's service: who opens audit sockets, and the canary."""
        yield from control_socket_rules(self._plan.login_uids, self._plan.keys)
        if self._canary_seconds and self._plan.own_pid is not None:
            yield from canary_rules(self._plan.own_pid, self._plan.keys)

    def _look_after(self, sensors: Sensors, opens: Following, reader: Reader) -> None:
        """Take care that what has been set up stays so."""
        sentry = sensors.sentry(self._repair)
        if sentry is None or sensors.asked is None:
            return
        engaged = opens.fallback.engaged
        self._tampering = Tampering(
            *(self._host, self._internal, sensors.asked, sentry, self._plan.keys),
            silenced=lambda reason: opens.fallback.engage(reason, self._host.processes.living()),
            audible=lambda: None if engaged else opens.fallback.release(),
        )
        self._tampering.start()
        if self._canary_seconds and self._plan.own_pid is not None and sensors.asked.in_force:
            amiss = self._tampering.amiss
            self._canary = Canary(
                *(self._canary_seconds, self._plan.own_pid, self._internal, amiss),
                behind=lambda: not reader.batches.empty(),
            )

    def _configured(self, raw: RawEvent, opens: Following) -> None:
        opens.configured(raw)
        if self._tampering is not None:
            self._tampering.configured(raw)

    def _listen(self, sensors: Sensors, reader: Reader, pipeline: Pipeline) -> None:
        """Make sure that records reach us: our own change of the audit rules is recorded too (CONFIG_CHANGE).

        Records go to the initial network namespace alone, and nothing else would tell that they go past us.
        """
        if sensors.asked is None or not sensors.asked.in_force:
            return
        deadline = time.monotonic() + _HEARING_SECONDS
        while not pipeline.heard and time.monotonic() < deadline and not self._stopping:
            self._take_one(reader, pipeline)
        if not pipeline.heard and not self._stopping:
            raise MachineCannot(
                "audit records do not arrive here",
                mend="run in the initial network namespace, where the kernel sends them",
            )

    def _watch(
        self, reader: Reader, pipeline: Pipeline, opens: Following, drops: DropWatch, deadline: float | None
    ) -> None:
        rounds = Rounds()
        rounds.every(_LOSS_INTERVAL_SECONDS, drops.look)
        if self._doubts is not None:
            rounds.every(_LOSS_INTERVAL_SECONDS, self._doubts.look)
        if self._tampering is not None:
            rounds.every(_TICK_SECONDS, self._tampering.tick)
        rounds.every(_FILES_INTERVAL_SECONDS, self._host.look_again)
        if self._canary is not None:
            rounds.every(_TICK_SECONDS, self._canary.tick)
        if self.overload is not None:
            self.overload.start()
            rounds.every(_LOSS_INTERVAL_SECONDS, self.overload.tell)
        gate = self._gate
        if gate is not None:
            rounds.every(_GATE_SECONDS, lambda: gate.look(self._internal))
        while not self._stopping and (deadline is None or time.monotonic() < deadline):
            if self._take_one(reader, pipeline):
                opens.mounts_changed()
            if reader.failure is not None:
                raise MachineCannot(f"the kernel's events can no longer be read: {reader.failure}")
            rounds.go()
        self._take_the_rest(reader, pipeline)
        pipeline.finish()
        if self.overload is not None:
            self.overload.stop()
            self.overload.tell()
        drops.finish()
        for line in self._doubts.summary() if self._doubts is not None else ():
            self.say(line)

    def _take_the_rest(self, reader: Reader, pipeline: Pipeline) -> None:
        """Handle what has been read. Who still sends does not hold up the end, nor do serials that are only late."""
        deadline = time.monotonic() + _REST_SECONDS
        late_until = time.monotonic() + _LATE_SECONDS
        while time.monotonic() < deadline and (
            not reader.batches.empty() or (pipeline.assembler.missing and time.monotonic() < late_until)
        ):
            self._take_one(reader, pipeline)
        left = reader.batches.qsize()
        if left:
            self.say(f"ending with {left} batches of records not looked at")

    def _take_one(self, reader: Reader, pipeline: Pipeline) -> bool:
        """Handle the next batch, waiting for it a moment; tells whether the mount table has changed."""
        try:
            batch = reader.batches.get(timeout=_TICK_SECONDS)
        except queue.Empty:
            pipeline.idle()
            return False
        pipeline.take(batch)
        return batch.mounts_changed

    def _consume(self, event: Event) -> None:
        if self._gate is not None and event.process is not None and self._gate.is_own(event.process.pid):
            return  # its looks at /proc are ours
        if self._canary is not None and self._canary.takes(event):
            return
        if self._tampering is not None:
            self._tampering.notice(event)
        for alert in self.alerting.alerts(event):
            self._deliver(alert)

    def _deliver_internal(self, alert: Alert) -> None:
        self.alerting.counts.count(alert)
        self._deliver(alert)

    def _deliver(self, alert: Alert) -> None:
        for sink in self._sinks:
            sink.put(alert)
