"""Loss by layer, and the agent's alerts about itself."""

from __future__ import annotations

from auditfalco.agent.internal import EVENT_DROP, internal_alert
from auditfalco.agent.losses import LAYERS, Losses


def test_only_what_was_added_since_the_last_look_is_news() -> None:
    counts = {"serials": 5, "outputs": 0}
    losses = Losses({layer: lambda layer=layer: counts[layer] for layer in counts})  # type: ignore[misc]
    assert losses.news() == {}
    counts.update(serials=8)
    assert losses.news() == {"serials": 3}
    assert losses.news() == {}
    counts.update(serials=9, outputs=2)
    assert losses.news() == {"serials": 1, "outputs": 2}
    assert losses.totals() == {"serials": 4, "outputs": 2}


def test_a_counter_that_went_back_is_no_loss() -> None:
    counts = {"kernel_queue": 100}
    losses = Losses({"kernel_queue": lambda: counts["kernel_queue"]})
    counts["kernel_queue"] = 0
    assert losses.news() == {}
    counts["kernel_queue"] = 4
    assert losses.news() == {"kernel_queue": 4}


def test_every_layer_says_what_it_counts() -> None:
    assert set(LAYERS) == {"serials", "receive_buffer", "kernel_queue", "connector", "malformed", "outputs"}
    assert all(LAYERS.values())


def test_an_internal_alert_lists_its_fields() -> None:
    alert = internal_alert(EVENT_DROP, "Debug", "Events were lost", {"n_drops": 3, "layer": "serials"}, 7, "testbox")
    assert alert.output == "Events were lost (layer=serials n_drops=3)"
    assert (alert.rule, alert.source, alert.tags) == ("Falco internal: syscall event drop", "internal", ())
    assert (alert.priority, alert.time_ns, alert.hostname) == ("Debug", 7, "testbox")
    assert alert.output_fields == {"n_drops": 3, "layer": "serials"}


def test_an_internal_alert_without_fields() -> None:
    assert internal_alert("r", "Critical", "Something", {}, 0, "h").output == "Something"
