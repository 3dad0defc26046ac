"""What follows from lost events: Falco's actions, and an alert of our own for every loss however small.

Falco looks at the events lost in a second: where their share is greater than a threshold it logs, raises an alert, or
ends, as often as a token bucket allows (`syscall_event_drops` of falco.yaml; syscall_evt_drop_mgr.cpp, version 0.44).
Its threshold of a tenth hides small losses; they are told by an alert that names layer, count and window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditfalco.agent.internal import EVENT_DROP, InternalAlerts
from auditfalco.agent.losses import EVENT_LAYERS, LAYERS, LayerLoss, Losses
from auditfalco.errors import AuditfalcoError
from auditfalco.model.alert import FieldValue
from auditfalco.outputs.form import rfc3339

EVENTS_LOST = "auditfalco internal: events lost"
TELL_SECONDS = 30.0
"""Between two alerts about losses; what is lost meanwhile is told by the next."""


class DropsExit(AuditfalcoError):
    """Raised when events were lost and the configuration has it that the agent ends then."""


@dataclass(frozen=True)
class DropSettings:
    """`syscall_event_drops` of the configuration.

    Attributes:
        threshold: share of lost events, 0 to 1, above which actions are taken.
        actions: some of "ignore", "log", "alert", "exit".
        rate: actions that the token bucket regains, a second.
        max_burst: actions that the bucket holds.
        simulate_drops: act as if an event were lost every second.
    """

    threshold: float = 0.1
    actions: tuple[str, ...] = ("log", "alert")
    rate: float = 0.03333
    max_burst: float = 1.0
    simulate_drops: bool = False


class TokenBucket:
    """Lets pass `burst` at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._tokens, self._seen = rate, burst, burst, now

    def claim(self, now: float) -> bool:
        """Whether one more may pass at a moment (monotonic seconds)."""
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class DropWatch:
    """Looks for losses, and does what is to be done about them.

    Args:
        settings: Falco's actions.
        losses: the counters.
        events: how many events have arrived.
        internal: raises alerts.
        say: tells the operator.
        clock: monotonic seconds.

    Attributes:
        occurrences: looks that found more than the threshold allows.
        actions_taken: how often the actions were taken.
    """

    def __init__(
        self,
        settings: DropSettings,
        losses: Losses,
        events: Callable[[], int],
        internal: InternalAlerts,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.occurrences = 0
        self.actions_taken = 0
        self._settings = settings
        self._losses = losses
        self._events = events
        self._internal = internal
        self._say = say
        self._clock = clock
        self._bucket = TokenBucket(settings.rate, settings.max_burst, clock())
        self._seen = events()
        self._untold: dict[str, LayerLoss] = {}
        self._told_at: float | None = None

    @property
    def totals(self) -> tuple[LayerLoss, ...]:
        """What was lost in all, by layer."""
        return self._losses.totals()

    def look(self) -> None:
        """Look at what was lost since the last look, about a second ago.

        Raises:
            DropsExit: events were lost, and "exit" is among the actions.
        """
        news = self._losses.news()
        before, self._seen = self._seen, self._events()
        for one in news:
            self._untold[one.layer] = self._untold[one.layer].joined(one) if one.layer in self._untold else one
        self._tell_losses()
        self._weigh(news, self._seen - before)

    def finish(self) -> None:
        """Look a last time, and tell what is left to tell whenever the last alert was; the agent ends anyway."""
        self._told_at = None
        for one in self._losses.news():
            self._untold[one.layer] = self._untold[one.layer].joined(one) if one.layer in self._untold else one
        self._tell_losses()

    def _tell_losses(self) -> None:
        now = self._clock()
        if not self._untold or (self._told_at is not None and now - self._told_at < TELL_SECONDS):
            return
        self._told_at = now
        lost, self._untold = tuple(self._untold.values()), {}
        what = "; ".join(described(one) for one in lost)
        self._internal.tell(EVENTS_LOST, "Warning", f"Not everything was delivered: {what}", _fields(lost))

    def _weigh(self, news: Iterable[LayerLoss], events: int) -> None:
        settings = self._settings
        dropped = sum(one.count for one in news if one.layer in EVENT_LAYERS) + settings.simulate_drops
        if not dropped:
            return
        if dropped / (dropped + events) <= settings.threshold and not settings.simulate_drops:
            return
        self.occurrences += 1
        if self._bucket.claim(self._clock()):
            self.actions_taken += 1
            self._act(news, events, dropped)

    def _act(self, news: Iterable[LayerLoss], events: int, dropped: int) -> None:
        message = f"{EVENT_DROP}. {dropped} system calls dropped in last second."
        actions = self._settings.actions
        if "log" in actions or "exit" in actions:
            self._say(message)
        if "alert" in actions:
            # Every loss of ours is one of a full buffer, as Falco calls it; it has other causes that do not exist here.
            counts = {"n_evts": events, "n_drops": dropped, "n_drops_buffer_total": dropped}
            self._internal.tell(EVENT_DROP, "Debug", message, {**counts, **_fields(news)})
        if "exit" in actions:
            self._say("Exiting.")
            raise DropsExit("Drop manager internal error")


def described(loss: LayerLoss) -> str:
    """A loss in words: how many of what, and between which moments (RFC 3339)."""
    window = loss.window
    return f"{loss.count} {LAYERS[loss.layer]} ({rfc3339(window.since_ns)} to {rfc3339(window.until_ns)})"


def _fields(lost: Iterable[LayerLoss]) -> Mapping[str, FieldValue]:
    fields: dict[str, Any] = {}
    for one in lost:
        fields[f"lost.{one.layer}"] = one.count
        fields[f"lost.{one.layer}.since"] = rfc3339(one.window.since_ns)
        fields[f"lost.{one.layer}.until"] = rfc3339(one.window.until_ns)
    return fields
