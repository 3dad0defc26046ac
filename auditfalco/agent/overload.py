"""Overload in the kernel: audit rules of little worth are withdrawn while it lasts, and it is said who is blind.

An audited call costs its caller some twenty microseconds and the agent a multiple; what is not asked for costs nearly
nothing. The withdrawing is done in a thread of its own, for the kernel may take long to take out a rule and the
engine is busy; what there is to tell is told by the engine's thread.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from auditfalco.agent.asked import Asked
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.overload_policy import Withdrawal
from auditfalco.agent.overload_signs import OverloadSigns
from auditfalco.agent.reading import Reader
from auditfalco.agent.sensors import Sensors
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import MEANINGS, VITAL
from kernel_sources.errors import KernelSourceError

OVERLOAD = "auditfalco internal: overload"
LOOK_SECONDS = 0.25
MOST_SPANS = 1000


@dataclass(frozen=True)
class _Step:
    """What was withdrawn after a step, what before it, and why."""

    time_ns: int
    withdrawn: Sequence[PlannedRule]
    before: Sequence[PlannedRule]
    signs: Sequence[str]


@dataclass
class OverloadSpan:
    """A time in which rules were withdrawn; `until` is None while it lasts. Monotonic seconds."""

    since: float
    until: float | None = None
    classes: list[str] = field(default_factory=list)

    def seconds(self, now: float) -> float:
        """How long it lasted, up to now at the most."""
        return (now if self.until is None else self.until) - self.since


class Overload:
    """Withdraws planned audit rules under overload and gives them back.

    Args:
        asked: what the kernel is asked for.
        signs: tells the signs of overload since it was called last.
        internal: raises alerts.
        say: tells the operator.
        clock: monotonic seconds.

    Attributes:
        spans: when rules were withdrawn, the first MOST_SPANS times.
    """

    def __init__(
        self,
        asked: Asked,
        signs: Callable[[], Sequence[str]],
        internal: InternalAlerts,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spans: list[OverloadSpan] = []
        self._asked = asked
        self._signs = signs
        self._internal = internal
        self._say = say
        self._clock = clock
        self._policy = Withdrawal()
        self._failure = ""
        self._told: queue.SimpleQueue[_Step | str] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="overload", daemon=True)

    def start(self) -> None:
        """Begin to look for signs."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is withdrawn stays so until all rules are undone together."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look for signs once, and do what follows."""
        signs = self._signs()
        before = self._asked.withdrawn
        worths = sorted({planned.worth for planned in self._asked.wanted if planned.worth < VITAL})
        if not self._policy.decide(self._clock(), bool(signs), worths):
            return
        try:
            for refusal in self._asked.withdraw(self._policy.below):
                self._told.put(f"audit rule refused when it was to be given back: {refusal}")
        except (KernelSourceError, OSError) as error:
            if str(error) != self._failure:  # it is tried again and again
                self._told.put(f"audit rules cannot be withdrawn or given back: {error}")
            self._failure = str(error)
        withdrawn = self._asked.withdrawn
        if withdrawn != before:
            self._note_span(withdrawn)
            self._told.put(_Step(time.time_ns(), withdrawn, before, signs))

    def tell(self) -> None:
        """Tell what has been done since the last call; for the engine's thread."""
        while not self._told.empty():
            told = self._told.get()
            if isinstance(told, str):
                self._say(told)
            else:
                self._alert(told)

    def summary(self) -> list[str]:
        """How long rules were withdrawn in all, and which: a line, or none when they never were."""
        if not self.spans:
            return []
        seconds = sum(span.seconds(self._clock()) for span in self.spans)
        names = list(dict.fromkeys(name for span in self.spans for name in span.classes))
        return [f"not recorded under overload: {', '.join(names)} ({len(self.spans)} times, {seconds:.1f} s in all)"]

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()
        self._signs()  # what the kernel's queue has dropped in the last moments

    def _note_span(self, withdrawn: Sequence[PlannedRule]) -> None:
        now = self._clock()
        open_span = self.spans[-1] if self.spans and self.spans[-1].until is None else None
        if not withdrawn:
            if open_span is not None:
                open_span.until = now
            return
        if open_span is None and len(self.spans) < MOST_SPANS:
            open_span = OverloadSpan(now)
            self.spans.append(open_span)
        if open_span is not None:
            open_span.classes += [name for name in classes(withdrawn) if name not in open_span.classes]

    def _alert(self, step: _Step) -> None:
        if len(step.withdrawn) > len(step.before):
            message = f"Too many events ({'; '.join(step.signs)}): no longer recorded for now are {_listed(step)}"
        elif step.withdrawn:
            message = f"Recorded again is part of what was withdrawn under overload; still missing are {_listed(step)}"
        else:
            message = "Everything that was withdrawn under overload is recorded again"
        self._internal.tell(
            OVERLOAD,
            "Warning",
            message,
            {
                "overload.signs": "; ".join(step.signs),
                "overload.withdrawn": ", ".join(classes(step.withdrawn)),
                "overload.blind": ", ".join(_served(step.withdrawn)),
            },
            step.time_ns,
        )


def classes(planned: Iterable[PlannedRule]) -> list[str]:
    """What the events of some planned rules are called, those of least worth first."""
    return [MEANINGS[worth] for worth in sorted({one.worth for one in planned})]


def _served(planned: Iterable[PlannedRule]) -> list[str]:
    """The Falco rules that some planned rules serve, each once."""
    return list(dict.fromkeys(name for one in planned for name in one.serves))


def _listed(step: _Step) -> str:
    what, blind = ", ".join(classes(step.withdrawn)), _served(step.withdrawn)
    if not blind:
        return f"{what}; no rule is about them, but less is known of descriptors"
    return f"{what}; blind meanwhile, wholly or in part: {', '.join(blind)}"


def overload_of(
    sensors: Sensors, reader: Reader, internal: InternalAlerts, say: Callable[[str], None]
) -> Overload | None:
    """What watches for overload in a running agent; None where no audit rule can be withdrawn."""
    if sensors.asked is None:
        return None
    signs = OverloadSigns(lambda: sensors.reader.overruns, sensors.kernel_queue, reader.batches)
    return Overload(sensors.asked, signs.look, internal, say)
