"""What follows from lost events: Falco's threshold, actions and token bucket, and our alert for every loss."""

from __future__ import annotations

import pytest

from auditfalco.agent.drops import EVENTS_LOST, DropSettings, DropsExit, DropWatch, TokenBucket
from auditfalco.agent.internal import EVENT_DROP, InternalAlerts
from auditfalco.agent.losses import Losses
from auditfalco.model.alert import Alert

SECOND_NS = 1_000_000_000


class Watched:
    """A made-up agent: events and losses as a test sets them, a second from look to look."""

    def __init__(self, settings: DropSettings) -> None:
        self.now = 1000.0
        self.counts = {"serials": 0, "outputs": 0}
        self.events = 0
        self.alerts: list[Alert] = []
        self.said: list[str] = []
        losses = Losses(
            {layer: lambda layer=layer: self.counts[layer] for layer in self.counts},  # type: ignore[misc]
            {},
            lambda: int(self.now * SECOND_NS),
        )
        internal = InternalAlerts("box", self.alerts.append)
        self.watch = DropWatch(settings, losses, lambda: self.events, internal, self.said.append, lambda: self.now)

    def second(self, events: int, lost: int = 0, outputs: int = 0) -> list[str]:
        """A second passes; the rules of the alerts that it brings."""
        before = len(self.alerts)
        self.now += 1
        self.events += events
        self.counts["serials"] += lost
        self.counts["outputs"] += outputs
        self.watch.look()
        return [alert.rule for alert in self.alerts[before:]]


def test_a_share_above_the_threshold_is_alerted_under_falcos_name_and_ours() -> None:
    watched = Watched(DropSettings())
    assert watched.second(100) == []
    assert watched.second(80, lost=20) == [EVENTS_LOST, EVENT_DROP]
    ours, falcos = watched.alerts
    assert (ours.priority, falcos.priority) == ("Warning", "Debug")
    assert ours.output.startswith(
        "Not everything was delivered: 20 events missing from the sequence of audit serials"
        " (1970-01-01T00:16:41.000000000Z to 1970-01-01T00:16:42.000000000Z) (lost.serials=20 "
    )
    assert falcos.output.startswith("Falco internal: syscall event drop. 20 system calls dropped in last second.")
    assert falcos.output_fields["n_evts"] == 80
    assert falcos.output_fields["n_drops"] == falcos.output_fields["n_drops_buffer_total"] == 20
    assert falcos.output_fields["lost.serials.since"] == "1970-01-01T00:16:41.000000000Z"
    assert watched.said == ["Falco internal: syscall event drop. 20 system calls dropped in last second."]


def test_a_share_at_the_threshold_is_told_by_our_alert_alone() -> None:
    watched = Watched(DropSettings(threshold=0.5))
    assert watched.second(10, lost=10) == [EVENTS_LOST]
    assert (watched.watch.occurrences, watched.watch.actions_taken) == (0, 0)


def test_small_losses_are_put_together_for_half_a_minute() -> None:
    watched = Watched(DropSettings())
    assert watched.second(1000, lost=1) == [EVENTS_LOST]
    assert [rule for _ in range(29) for rule in watched.second(1000, lost=2, outputs=1)] == []
    assert watched.second(1000) == [EVENTS_LOST]
    assert (watched.alerts[-1].output_fields["lost.serials"], watched.alerts[-1].output_fields["lost.outputs"]) == (
        *(58, 29),
    )
    watched.second(1000, lost=3)
    watched.counts["serials"] += 4
    watched.watch.finish()
    assert watched.alerts[-1].output_fields["lost.serials"] == 7
    assert [loss.count for loss in watched.watch.totals] == [66, 29]


def test_lost_alerts_are_no_dropped_events() -> None:
    watched = Watched(DropSettings(threshold=0))
    assert watched.second(0, outputs=5) == [EVENTS_LOST]
    assert watched.watch.occurrences == 0


def test_actions_are_as_frequent_as_the_token_bucket_allows() -> None:
    watched = Watched(DropSettings(actions=("alert",), rate=0.5, max_burst=2))
    taken = [watched.second(0, lost=1).count(EVENT_DROP) for _ in range(6)]
    assert taken == [1, 1, 1, 0, 1, 0]  # two at once, and half a one more each second
    assert (watched.watch.occurrences, watched.watch.actions_taken) == (6, 4)
    assert watched.said == []


def test_ignoring_takes_no_action_and_hides_no_loss() -> None:
    watched = Watched(DropSettings(actions=("ignore",)))
    assert watched.second(0, lost=1) == [EVENTS_LOST]
    assert watched.said == []
    assert watched.watch.occurrences == 1


def test_exit_ends_the_agent() -> None:
    watched = Watched(DropSettings(actions=("log", "exit")))
    watched.second(1)
    with pytest.raises(DropsExit, match="Drop manager internal error"):
        watched.second(0, lost=1)
    assert watched.said[-1] == "Exiting."
    assert watched.watch.actions_taken == 1


def test_simulated_drops_exceed_every_threshold() -> None:
    watched = Watched(DropSettings(threshold=1, simulate_drops=True))
    assert watched.second(100) == [EVENT_DROP]
    assert watched.alerts[0].output_fields["n_drops"] == 1


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    bucket = TokenBucket(rate=1, burst=1, now=0)
    assert [bucket.claim(now) for now in (0.0, 0.5, 100.0, 100.5, 101.5)] == [True, False, True, False, True]
