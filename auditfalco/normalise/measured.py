"""Parameters that Falco's probe measures and no record tells: read from /proc where a rule names them.

They are those of the moment shortly after the call, and absent when the process has ended or made another exec.
"""

from __future__ import annotations

from typing import Callable

from auditfalco.model.event import Argument, Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.process import Measures, Process
from auditfalco.normalise import arguments
from auditfalco.state.host import HostState

_MEASURES: dict[str, Callable[[Measures], int | None]] = {
    "vm_size": lambda measures: measures.size_kb,
    "vm_rss": lambda measures: measures.resident_kb,
    "vm_swap": lambda measures: measures.swapped_kb,
    "pgft_maj": lambda measures: measures.major_faults,
    "pgft_min": lambda measures: measures.minor_faults,
}


def tell_measured(event: Event, process: Process, host: HostState) -> None:
    """Add the parameters of an event that rules ask for and only /proc knows."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    if event_type is None:
        return
    for name in host.expected.arguments(event_type):
        told = _read(name, process, host)
        if told is not None:
            event.arguments.setdefault(name, told)


def _read(name: str, process: Process, host: HostState) -> Argument | None:
    if name in _MEASURES:
        measures = host.measures(process)
        value = _MEASURES[name](measures) if measures is not None else None
        return None if value is None else arguments.integer(value)
    if name == "fdlimit":
        limit = host.descriptor_limit(process)
        return None if limit is None else arguments.integer(limit)
    if name == "cgroups":
        groups = host.control_groups(process)
        return None if groups is None else arguments.strings(f"{controller}={path}" for controller, path in groups)
    if name == "env":
        environment = host.environment(process, process.image)
        return None if environment is None else arguments.strings(environment.variables)
    return None
