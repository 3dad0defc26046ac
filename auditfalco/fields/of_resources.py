"""Extractors of proc.* and thread.*: what a process may, and what it uses.

Sizes, counts and control groups are in no record. They are read when a rule asks, so they are those of that moment, and
absent when the process has ended.
"""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.aspects import of_self, process_fact
from auditfalco.fields.of_process import name_of, virtual_pid
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.descriptor import OTHER, Descriptor
from auditfalco.model.event import Event
from auditfalco.model.process import Capabilities, Image, Measures, Process
from kernel_sources.tables import capability_names

_OTHER_SPELLINGS = {"blkio": "io"}


def _capabilities(read: Callable[[Capabilities], int]) -> Extractor:
    def fact(process: Process) -> Value:
        sets = process.held
        return None if sets is None else " ".join(capability_names(read(sets)))

    return process_fact(fact)


def _measure(read: Callable[[Measures], Value]) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        measures = world.measures(event.process) if event.process is not None else None
        return None if measures is None else read(measures)

    return extract


def _bytes(kilobytes: int | None) -> int | None:
    return None if kilobytes is None else kilobytes * 1024


def _is_main(measures: Measures) -> Value:
    """thread.ismain: records do not tell threads apart, so it is known of processes with one thread alone."""
    return True if measures.threads == 1 else None


def _name_and_number(process: Process, image: Image) -> Value:
    name = name_of(process, image)
    return f"{name}{process.pid}" if isinstance(name, str) else None


def _descriptor_count(event: Event, world: World) -> Value:
    return None if event.process is None else world.descriptor_count(event.process)


def _descriptor_limit(event: Event, world: World) -> Value:
    return None if event.process is None else world.descriptor_limit(event.process)


def _descriptor_usage(event: Event, world: World) -> Value:
    count, limit = _descriptor_count(event, world), _descriptor_limit(event, world)
    if not isinstance(count, int) or not isinstance(limit, int) or limit <= 0:
        return None
    return count * 100 / limit


def _standard(number: int, read: Callable[[Descriptor], Value]) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        known = world.open_descriptor(event.process, number) if event.process is not None else None
        return None if known is None else read(known)

    return extract


def _type_of(descriptor: Descriptor) -> Value:
    return "<NA>" if descriptor.kind == OTHER else descriptor.kind


def _control_groups(event: Event, world: World) -> Value:
    groups = world.control_groups(event.process) if event.process is not None else None
    return " ".join(f"{name}={path}" for name, path in groups) if groups else None


def control_group(controller: str) -> Extractor:
    """thread.cgroup.CONTROLLER: the path of one controller's group; absent where the kernel lacks it."""
    wanted = _OTHER_SPELLINGS.get(controller, controller)

    def extract(event: Event, world: World) -> Value:
        groups = world.control_groups(event.process) if event.process is not None else None
        return None if groups is None else dict(groups).get(wanted)

    return extract


PLAIN: dict[str, Extractor] = {
    "thread.cap_permitted": _capabilities(lambda sets: sets.permitted),
    "thread.cap_effective": _capabilities(lambda sets: sets.effective),
    "thread.cap_inheritable": _capabilities(lambda sets: sets.inheritable),
    "thread.tid": process_fact(lambda process: process.pid),
    "thread.vtid": virtual_pid,
    "thread.nametid": of_self(_name_and_number),
    "thread.ismain": _measure(_is_main),
    "thread.cgroups": _control_groups,
    "thread.pfmajor": _measure(lambda measures: measures.major_faults),
    "thread.pfminor": _measure(lambda measures: measures.minor_faults),
    "thread.vmsize": _measure(lambda measures: measures.size_kb),
    "thread.vmrss": _measure(lambda measures: measures.resident_kb),
    "thread.vmsize.b": _measure(lambda measures: _bytes(measures.size_kb)),
    "thread.vmrss.b": _measure(lambda measures: _bytes(measures.resident_kb)),
    "proc.vmsize": _measure(lambda measures: measures.size_kb),
    "proc.vmrss": _measure(lambda measures: measures.resident_kb),
    "proc.vmswap": _measure(lambda measures: measures.swapped_kb),
    "proc.nthreads": _measure(lambda measures: measures.threads),
    "proc.nchilds": _measure(lambda measures: measures.threads - 1),
    "proc.fdopencount": _descriptor_count,
    "proc.fdlimit": _descriptor_limit,
    "proc.fdusage": _descriptor_usage,
    **{
        f"proc.{stream}.{part}": _standard(number, read)
        for number, stream in enumerate(("stdin", "stdout", "stderr"))
        for part, read in (("type", _type_of), ("name", lambda known: known.name))
    },
}
"""Fields without an argument."""
