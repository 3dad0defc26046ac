"""Where each layer's count of loss is found in a running agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from auditfalco.agent.losses import Losses, Window
from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.reading import Reader
from auditfalco.agent.sensors import Sensors
from auditfalco.outputs.queued import QueuedSink


def losses_of(sensors: Sensors, reader: Reader, pipeline: Pipeline, sinks: Sequence[QueuedSink]) -> Losses:
    """The losses of one run from now on."""
    assembler, connector, files = pipeline.assembler, sensors.connector, sensors.files

    def gaps() -> Iterable[Window]:
        return (Window(*sorted((gap.after_ns, gap.before_ns))) for gap in assembler.take_losses())

    def partial_events() -> Iterable[Window]:
        return (Window(time_ns, time_ns) for time_ns in assembler.take_partial_times())

    counters: dict[str, Callable[[], int]] = {
        "serials": lambda: assembler.lost,
        "partial": lambda: assembler.partial,
        "receive_buffer": lambda: sensors.reader.overruns,
        "kernel_queue": lambda: sensors.kernel_queue.dropped,
        "connector": lambda: connector.lost + connector.overruns if connector is not None else 0,
        "fanotify": lambda: files.overflows + files.unreadable if files is not None else 0,
        "malformed": lambda: pipeline.malformed,
        "shed": lambda: reader.shedder.total,
        "outputs": lambda: sum(sink.dropped + sink.failed for sink in sinks),
    }
    return Losses(counters, {"serials": gaps, "partial": partial_events})
