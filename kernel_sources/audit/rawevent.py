"""A raw event: the records that share one key, as they arrived."""

from __future__ import annotations

from kernel_sources.audit.record import EventKey, Record


class RawEvent:
    """The records of one event. Its records are not to be changed once they were looked up.

    Their order is that of arrival: mostly what the kernel wrote (extra records first, SYSCALL, …, PATH, PROCTITLE,
    EOE), but logs may be interleaved or, from ausearch, reversed. Look records up by type.

    Attributes:
        records: at least one record, the closing EOE included.
        complete: True when an EOE closed the event or its type never has more than one record; False when it was let go
            after a time-out, by lack of room or at the end of the input, and may lack records.
    """

    __slots__ = ("_by_type", "_opened_at", "_opened_clock", "complete", "records")

    def __init__(self, records: list[Record], complete: bool = False, opened_at: float = 0.0, opened_clock: int = 0):
        self.records = records
        self.complete = complete
        self._by_type: dict[int, list[Record]] | None = None
        self._opened_at = opened_at
        self._opened_clock = opened_clock

    @property
    def key(self) -> EventKey:
        """What the records share: node, seconds, milliseconds, serial."""
        return self.records[0].key

    @property
    def node(self) -> str:
        """Name of the host, empty when the records give none."""
        return self.key.node

    @property
    def serial(self) -> int:
        """The kernel's event counter, 32 bits."""
        return self.key.serial

    @property
    def time_ns(self) -> int:
        """Nanoseconds since the epoch at which the system call was entered, to the millisecond."""
        key = self.key
        return (key.sec * 1000 + key.milli) * 1_000_000

    def first(self, type: int) -> Record | None:
        """Return the first record of a type, or None."""
        found = (self._by_type or self._sort()).get(type)
        return found[0] if found else None

    def last(self, type: int) -> Record | None:
        """Return the last record of a type, or None."""
        found = (self._by_type or self._sort()).get(type)
        return found[-1] if found else None

    def every(self, type: int) -> list[Record]:
        """Return all records of a type, in order of arrival."""
        return list((self._by_type or self._sort()).get(type, ()))

    def expired(self, now: float, clock: int, seconds: float) -> bool:
        """Tell whether the event has been open too long by the caller's clock or by the records' own (milliseconds)."""
        return now - self._opened_at > seconds or clock - self._opened_clock > seconds * 1000

    def _sort(self) -> dict[int, list[Record]]:
        by_type: dict[int, list[Record]] = {}
        for record in self.records:
            if record.type in by_type:
                by_type[record.type].append(record)
            else:
                by_type[record.type] = [record]
        self._by_type = by_type
        return by_type

    def __repr__(self) -> str:
        """Show the key and the types of the records."""
        key = self.key
        types = ",".join(record.type_name for record in self.records)
        return f"<RawEvent {key.sec}.{key.milli:03}:{key.serial} {types}>"
