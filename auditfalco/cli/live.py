"""The part of `run` that watches this host."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from auditfalco.agent.alerting import Alerting
from auditfalco.agent.archive import Archive
from auditfalco.agent.config import Config
from auditfalco.agent.config_checks import check_run, least_priority
from auditfalco.agent.daemon import Daemon, MachineCannot
from auditfalco.agent.drops import DropSettings, DropsExit, described
from auditfalco.agent.obstacles import dark_rules, obstacles
from auditfalco.agent.sensors import Buffering
from auditfalco.agent.tampering.repair import MODES
from auditfalco.cli import DONE, MACHINE_CANNOT
from auditfalco.cli.replay import Replay
from auditfalco.cli.startup import Start, load_rules, switched
from auditfalco.cli.terminal import shown
from auditfalco.coverage.costs import costs
from auditfalco.coverage.here import judge
from auditfalco.coverage.kernel import abilities
from auditfalco.coverage.keys import Instance, keys_of
from auditfalco.coverage.machine.machine import examine
from auditfalco.coverage.needs import Needs, needs_of
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.worth import MEANINGS
from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.outputs.form import AlertForm
from auditfalco.outputs.queued import QueuedSink
from auditfalco.outputs.stream import StreamSink
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Ruleset
from kernel_sources.audit.logfile import UnreadableLog
from kernel_sources.procfs import ProcFS


def watch(begun: Start) -> int:
    """Watch until the end, or only load everything where `--dry-run` says so; returns the exit code.

    Raises:
        AuditfalcoError: rules, configuration or options cannot be used.
    """
    options, config = begun.options, begun.config
    ruleset = switched(begun, load_rules(begun))
    check_run(config.tree)
    if not config["stdout_output.enabled"]:
        raise AuditfalcoError("No output configured, please make sure at least one output is configured and enabled.")
    needs = needs_of(ruleset, CATALOGUE.resolve_output)
    if options.dry_run:
        for warning in config.warnings:
            print(f"Warning: {warning}", file=sys.stderr)
        return DONE
    if options.log is not None:
        return _replay(options.log, ruleset, config)
    try:
        daemon = _daemon(begun, ruleset, needs)
        with ExitStack() as cleanup:
            if options.pidfile is not None:
                _write_pid(Path(options.pidfile), cleanup)
            daemon.run(options.seconds)
    except MachineCannot as error:
        print(f"Error: {error}", file=sys.stderr)
        return MACHINE_CANNOT
    except DropsExit:
        _summarise(daemon)
        raise
    _summarise(daemon)
    return DONE


def _replay(log: str, ruleset: Ruleset, config: Config) -> int:
    """Run the rules on a log in place of the kernel's events; Falco's `-e`."""
    try:
        Replay(ruleset, _form(config), config["rule_matching"].lower()).run(Archive([log]), sys.stdout)
    except UnreadableLog as error:
        raise AuditfalcoError(str(error)) from None
    return DONE


def _daemon(begun: Start, ruleset: Ruleset, needs: Needs) -> Daemon:
    options, config = begun.options, begun.config
    sink = QueuedSink(
        StreamSink(sys.stdout.buffer, _form(config), config["buffered_outputs"] and not options.unbuffered)
    )
    matching = config["rule_matching"].lower()
    proc = ProcFS()
    own = proc.own_pid()
    machine = examine(proc)
    troubles = obstacles(machine)
    instance = Instance(own, proc.start_ticks(own) or 0)
    quiet = tuple(config["auditfalco.noisy_exes"])
    asked = Plan(needs, tuple(options.login_uids), own, keys_of(instance), quiet, abilities())
    daemon = Daemon(
        asked,
        lambda host: Alerting(
            ruleset, host, matching, config["time_format_iso_8601"], config["auditfalco.identity_matching"]
        ),
        [sink],
        config["auditfalco.docker_roots"],
        Buffering(
            config["auditfalco.receive_buffer"],
            config["auditfalco.backlog_limit"],
            config["auditfalco.backlog_wait_time"],
        ),
        _drop_settings(config),
        _repair(config),
        config["auditfalco.exec_gate_on"] if config["auditfalco.exec_gate"] else None,
        config["auditfalco.canary_seconds"],
    )
    for line in (*config.warnings, *troubles, *dark_rules(judge(ruleset, machine, asked, proc)), *costs(asked)):
        daemon.note(shown(line))
    return daemon


def _repair(config: Config) -> str:
    mode = str(config["auditfalco.tampering.repair"])
    if mode not in MODES:
        raise AuditfalcoError(f"auditfalco.tampering.repair is one of {', '.join(MODES)}, not {mode!r:.80}")
    return mode


def _drop_settings(config: Config) -> DropSettings:
    actions = tuple(str(action) for action in config["syscall_event_drops.actions"])
    if least_priority(config["priority"]) is not Priority.DEBUG:
        actions = tuple(action for action in actions if action != "alert")  # its priority is Debug
    return DropSettings(
        threshold=config["syscall_event_drops.threshold"],
        actions=actions,
        rate=config["syscall_event_drops.rate"],
        max_burst=config["syscall_event_drops.max_burst"],
        simulate_drops=config["syscall_event_drops.simulate_drops"],
    )


def _form(config: Config) -> AlertForm:
    return AlertForm(
        json_output=config["json_output"],
        iso_time=config["time_format_iso_8601"],
        include_output=config["json_include_output_property"],
        include_message=config["json_include_message_property"],
        include_fields=config["json_include_output_fields_property"],
        include_tags=config["json_include_tags_property"],
        include_evidence=config["auditfalco.json_include_evidence"],
    )


def _write_pid(path: Path, cleanup: ExitStack) -> None:
    try:
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise AuditfalcoError(f"cannot write the pid file {path}: {error.strerror}") from None
    cleanup.callback(path.unlink, missing_ok=True)


def _summarise(daemon: Daemon) -> None:
    for line in daemon.alerting.counts.summary(daemon.alerting.rule_names):
        print(line)
    sys.stdout.flush()
    print("Syscall event drop monitoring:", file=sys.stderr)
    drops = daemon.drops
    print(f"   - event drop detected: {drops.occurrences if drops else 0} occurrences", file=sys.stderr)
    print(f"   - num times actions taken: {drops.actions_taken if drops else 0}", file=sys.stderr)
    for loss in drops.totals if drops else ():
        print(f"   - {loss.layer}: {described(loss)}", file=sys.stderr)
    for worth, count in enumerate(daemon.shed):
        if count:
            print(f"   - given up unread: {count} {MEANINGS[worth]}", file=sys.stderr)
    for line in daemon.overload.summary() if daemon.overload else ():
        print(f"   - {line}", file=sys.stderr)
    if daemon.evictions:
        print("Not known for want of room or time:", file=sys.stderr)
    for meaning, count in daemon.evictions.items():
        print(f"   - {count} {meaning}", file=sys.stderr)
