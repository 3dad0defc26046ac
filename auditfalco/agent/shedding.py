"""Shedding by value: which events the reader drops while the engine cannot keep up.

An event's worth is told by the numbers in its first record, SYSCALL or URINGOP, which is looked at for nothing else
and only under pressure. The records of an event go or stay together. What begins with any other record stays: that
is what the kernel says of its own accord. In the place of a dropped event a stub is left, so that its serial counts as
having arrived.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache

from auditfalco.coverage.worth import OPENS, VITAL, worth_of
from auditfalco.model.uringoperations import OPERATIONS
from kernel_sources.tables import machine_name, record_types, syscall_name, uring_name

SHED = -1
"""The type of a stub: all that is left of an event."""

MOST_EVENTS = 8192
"""Unfinished events whose fate is remembered."""

QUIET_SIFTS = 100
"""Calls without pressure after which no more is expected of events whose end never came."""

_STEPS = (1 / 2, 5 / 8, 3 / 4, 7 / 8)
"""Shares of the room above which opens go, connections too, names too, everything but what is vital."""

_HEADS = frozenset({record_types.SYSCALL, record_types.URINGOP})
_STAMP_START, _STAMP_LIMIT, _NUMBERS_LIMIT = len("audit("), 64, 160
_NUMBERS = re.compile(rb"\): (?:arch=([0-9a-f]+)(?: per=[0-9a-f]+)? syscall=([0-9]+)|uring_op=([0-9]+)) ")


def least_worth(filled: float) -> int:
    """The least worth that is kept while so much of the queue's room is taken (0 to 1); OPENS keeps everything."""
    return sum(filled >= step for step in _STEPS)


class Shedder:
    """Takes events of little worth out of a stream of records.

    Attributes:
        shed: how many events were dropped, by worth.
    """

    def __init__(self) -> None:
        self.shed = [0] * VITAL
        self._fates: OrderedDict[bytes, bool] = OrderedDict()
        """By stamp, of events that have begun: whether they are dropped."""
        self._dropping = 0
        self._quiet = 0

    @property
    def total(self) -> int:
        """How many events were dropped."""
        return sum(self.shed)

    def sift(self, records: list[tuple[int, bytes]], least: int) -> list[tuple[int, bytes]]:
        """The records without those of events that are worth less than `least`, stubs in the place of these.

        Call it with OPENS when there is no pressure any more: what has begun to be dropped is dropped to its end.
        """
        self._quiet = 0 if least > OPENS else self._quiet + 1
        if self._quiet and (not self._dropping or self._quiet > QUIET_SIFTS):
            self._fates.clear()
            self._dropping = 0
            return records
        kept = []
        for record in records:
            kind, text = record
            stamp = text[_STAMP_START : text.find(b")", _STAMP_START, _STAMP_LIMIT)]
            dropped = self._fates.get(stamp)
            if dropped is None:
                worth = self._worth(text) if kind in _HEADS else VITAL
                dropped = worth < least
                self._begin(stamp, dropped)
                if dropped:
                    self.shed[worth] += 1
                    kept.append((SHED, text[: _STAMP_START + len(stamp)] + b"):"))
            if kind == record_types.EOE:
                del self._fates[stamp]
                self._dropping -= dropped
            if not dropped:
                kept.append(record)
        return kept

    def _begin(self, stamp: bytes, dropped: bool) -> None:
        self._fates[stamp] = dropped
        self._dropping += dropped
        if len(self._fates) > MOST_EVENTS:
            self._dropping -= self._fates.popitem(last=False)[1]

    @staticmethod
    def _worth(text: bytes) -> int:
        found = _NUMBERS.search(text, _STAMP_START, _NUMBERS_LIMIT)
        return VITAL if found is None else _worth_of_numbers(*found.groups())


@lru_cache(maxsize=4096)
def _worth_of_numbers(arch: bytes | None, number: bytes | None, operation: bytes | None) -> int:
    """The worth of a call or an io_uring operation; VITAL for what is not known."""
    if operation is not None:
        known = OPERATIONS.get(uring_name(int(operation)) or "")
        return VITAL if known is None else worth_of(known.event_type)
    machine = machine_name(int(arch or b"0", 16))
    name = syscall_name(machine, int(number or b"0")) if machine is not None else None
    return VITAL if name is None else worth_of(name)
