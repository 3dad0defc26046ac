"""The descriptors of processes, as records tell of them.

Learnt from the calls that make descriptors, in the order of their records: opens, sockets, duplicates, pipes. Closing
is too frequent to be asked for, so a number may have been closed since, or stand for something newer that no record
told of; whoever can look at /proc compares (state.live_descriptors).

A child has its parent's descriptors as of its fork. They are taken over when the child's first one is asked for: by
then the records of what the parent did before the fork have come, and those of what it did since are told apart by
their times. Processes that share one table (CLONE_FILES without CLONE_THREAD) are taken for parent and child.
"""

from __future__ import annotations

from collections import OrderedDict

from auditfalco.model.descriptor import Descriptor, OpenFile, Slot
from auditfalco.model.process import Process

KEPT_OF_A_PROCESS = 256
"""Descriptors remembered of one process; the ones not told of for longest are forgotten first."""

_EARLIER_KEPT = 3
_DEEPEST_INHERITANCE = 32


class DescriptorTable:
    """Descriptors by process and number, `capacity` of them over all processes.

    Beyond that a process that was heard of least recently loses all of its own, which counts as one eviction each.
    """

    def __init__(self, capacity: int = 131_072) -> None:
        self._capacity = capacity
        self._holders: OrderedDict[Process, None] = OrderedDict()
        self._count = 0
        self.evictions = 0

    def __len__(self) -> int:
        return self._count

    def slot(self, process: Process, number: int) -> Slot | None:
        """What is remembered of a number, perhaps that it was closed; None when it was never told of."""
        self._inherit(process)
        return process.descriptors.get(number)

    def known(self, process: Process) -> dict[int, Descriptor]:
        """Every descriptor that is remembered as open, by number."""
        self._inherit(process)
        return {number: slot.file.descriptor for number, slot in process.descriptors.items() if slot.file is not None}

    def opened(
        self, process: Process, number: int, descriptor: Descriptor, time_ns: int, close_on_exec: bool = False
    ) -> None:
        """Note a new open file."""
        self._put(process, number, time_ns, OpenFile(descriptor), close_on_exec)

    def changed(self, process: Process, number: int, descriptor: Descriptor, time_ns: int) -> None:
        """Note what a file has become, for all of its descriptors: a socket was bound, or got a peer."""
        slot = self.slot(process, number)
        if slot is not None and slot.file is not None:
            slot.file.descriptor = descriptor
        else:
            self.opened(process, number, descriptor, time_ns)

    def duplicated(
        self, process: Process, old: int, new: int, time_ns: int, close_on_exec: bool = False
    ) -> Descriptor | None:
        """Note that a number stands for another one's file; returns that file if it is known."""
        slot = self.slot(process, old)
        if slot is None or slot.file is None:
            self.closed(process, new, time_ns)
            return None
        if old != new:
            self._put(process, new, time_ns, slot.file, close_on_exec)
        return slot.file.descriptor

    def closed(self, process: Process, number: int, time_ns: int) -> None:
        """Note that a number stands for nothing, or for something unknown, from now on."""
        if self.slot(process, number) is not None:
            self._put(process, number, time_ns, None, False)

    def marked(self, process: Process, number: int, close_on_exec: bool) -> None:
        """Note whether a number is closed by the next exec."""
        slot = self.slot(process, number)
        if slot is not None:
            process.descriptors[number] = slot._replace(close_on_exec=close_on_exec)

    def executed(self, process: Process) -> None:
        """Forget what an exec closes."""
        self._inherit(process)
        going = [number for number, slot in process.descriptors.items() if slot.close_on_exec or slot.file is None]
        for number in going:
            del process.descriptors[number]
        self._count -= len(going)

    def forget(self, process: Process) -> None:
        """Forget a process's descriptors altogether."""
        self._count -= len(process.descriptors)
        process.descriptors.clear()
        process.descriptors_inherited = True
        self._holders.pop(process, None)

    def _put(self, process: Process, number: int, time_ns: int, file: OpenFile | None, close_on_exec: bool) -> None:
        self._inherit(process)
        earlier = process.descriptors.pop(number, None)
        before = (earlier._replace(before=()), *earlier.before)[:_EARLIER_KEPT] if earlier is not None else ()
        process.descriptors[number] = Slot(time_ns, file, close_on_exec, before)
        self._count += earlier is None
        if len(process.descriptors) > KEPT_OF_A_PROCESS:
            del process.descriptors[next(iter(process.descriptors))]
            self._count -= 1
            self.evictions += 1
        self._keep(process)

    def _keep(self, process: Process) -> None:
        self._holders[process] = None
        self._holders.move_to_end(process)
        while self._count > self._capacity and len(self._holders) > 1:
            victim = next(iter(self._holders))
            self.evictions += len(victim.descriptors)
            self.forget(victim)

    def _inherit(self, process: Process) -> None:
        """Take over the parent's descriptors as of the fork, and before that those that the parent had from its own."""
        line: list[Process] = []
        heir: Process | None = process
        while heir is not None and not heir.descriptors_inherited and len(line) < _DEEPEST_INHERITANCE:
            line.append(heir)
            heir = first_parent(heir)
        for heir in reversed(line):
            heir.descriptors_inherited = True
            parent = first_parent(heir)
            if parent is not None and parent.descriptors:
                self._take_over(heir, parent)

    def _take_over(self, heir: Process, parent: Process) -> None:
        inherited = {}
        for number, slot in parent.descriptors.items():
            then = _as_of(slot, heir)
            if then is not None and then.file is not None:
                inherited[number] = Slot(heir.start_ns, then.file, then.close_on_exec)
        own = heir.descriptors
        for number in list(inherited)[: max(len(inherited.keys() | own.keys()) - KEPT_OF_A_PROCESS, 0)]:
            del inherited[number]
            self.evictions += 1
        self._count += len(inherited.keys() - own.keys())
        heir.descriptors = {**inherited, **own}
        if inherited:
            self._keep(heir)


def first_parent(process: Process) -> Process | None:
    """The process that a process was forked from; None when that is not known any more."""
    if process.parent_since_ns:
        return None
    return process.former[0].process if process.former else process.parent


def _as_of(slot: Slot, heir: Process) -> Slot | None:
    """What a parent's number stood for when a child was forked; None when that is not known.

    Of a child whose fork was not seen only the first record's time is known, which is later: what the number came to
    stand for in between cannot be told apart.
    """
    if not heir.start_known and slot.before:
        return None
    return next((then for then in (slot, *slot.before) if then.since_ns <= heir.start_ns), None)
