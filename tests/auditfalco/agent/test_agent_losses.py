"""Loss by layer, with its window, and the agent's alerts about itself."""

from __future__ import annotations

from auditfalco.agent.internal import EVENT_DROP, internal_alert
from auditfalco.agent.losses import EVENT_LAYERS, LAYERS, LayerLoss, Losses, Window


class Counters:
    """Counters of loss that a test sets, and a clock."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts
        self.now_ns = 100
        self.windows: list[Window] = []
        self.losses = Losses(
            {layer: lambda layer=layer: self.counts[layer] for layer in counts},  # type: ignore[misc]
            {"serials": self._take_windows},
            lambda: self.now_ns,
        )

    def _take_windows(self) -> list[Window]:
        taken, self.windows = self.windows, []
        return taken

    def news(self, now_ns: int, **counts: int) -> tuple[LayerLoss, ...]:
        self.now_ns = now_ns
        self.counts.update(counts)
        return self.losses.news()


def test_only_what_was_added_since_the_last_look_is_news() -> None:
    counters = Counters(connector=5, outputs=0)
    assert counters.news(200) == ()
    assert counters.news(300, connector=8) == (LayerLoss("connector", 3, Window(200, 300)),)
    assert counters.news(400) == ()
    assert counters.news(500, connector=9, outputs=2) == (
        LayerLoss("connector", 1, Window(400, 500)),
        LayerLoss("outputs", 2, Window(400, 500)),
    )
    assert counters.losses.totals() == (
        LayerLoss("connector", 4, Window(200, 500)),
        LayerLoss("outputs", 2, Window(400, 500)),
    )


def test_a_layer_that_knows_its_windows_tells_them() -> None:
    counters = Counters(serials=0)
    counters.windows = [Window(40, 60), Window(20, 30)]
    assert counters.news(200, serials=7) == (LayerLoss("serials", 7, Window(20, 60)),)
    assert counters.news(300, serials=8) == (LayerLoss("serials", 1, Window(200, 300)),)


def test_a_wall_clock_that_was_set_back_turns_no_window_around() -> None:
    counters = Counters(outputs=0)
    assert counters.news(50, outputs=1) == (LayerLoss("outputs", 1, Window(50, 50)),)


def test_a_counter_that_went_back_is_no_loss() -> None:
    counters = Counters(kernel_queue=100)
    assert counters.news(200, kernel_queue=0) == ()
    assert [loss.count for loss in counters.news(300, kernel_queue=4)] == [4]


def test_every_layer_says_what_it_counts() -> None:
    assert all(LAYERS.values())
    assert set(LAYERS) > EVENT_LAYERS


def test_an_internal_alert_lists_its_fields() -> None:
    alert = internal_alert(EVENT_DROP, "Debug", "Events were lost", {"n_drops": 3, "layer": "serials"}, 7, "testbox")
    assert alert.output == "Events were lost (layer=serials n_drops=3)"
    assert (alert.rule, alert.source, alert.tags) == ("Falco internal: syscall event drop", "internal", ())
    assert (alert.priority, alert.time_ns, alert.hostname) == ("Debug", 7, "testbox")
    assert alert.output_fields == {"n_drops": 3, "layer": "serials"}


def test_an_internal_alert_without_fields() -> None:
    assert internal_alert("r", "Critical", "Something", {}, 0, "h").output == "Something"
