"""Few audit rules for many demands: the kernel walks its list of rules for every call that a process makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from auditfalco.coverage.filters import Filter
from kernel_sources.audit.rule import Field


class Demand(NamedTuple):
    """A system call to be recorded where it passes a filter, and the names of the Falco rules that ask for it."""

    call: str
    passes: Filter
    serves: tuple[str, ...] = ()


class Asking(NamedTuple):
    """Calls to be recorded where they pass the same filter, and for each call the rules that ask for it."""

    calls: tuple[str, ...]
    passes: Filter
    served: tuple[tuple[str, ...], ...]

    def serves(self, calls: Iterable[str]) -> tuple[str, ...]:
        """The rules that ask for any of some of the calls."""
        wanted = frozenset(calls)
        named = (names for call, names in zip(self.calls, self.served) if call in wanted)
        return tuple(dict.fromkeys(name for names in named for name in names))

    def demands(self) -> Iterable[Demand]:
        """The same, call by call."""
        return (Demand(call, self.passes, names) for call, names in zip(self.calls, self.served))


_EITHER = (
    (Field("perm", "=", "r"), Field("perm", "=", "w")),
    (Field("success", "=", 0), Field("success", "=", 1)),
)
"""Of each of these one always holds: what is asked for with either needs neither."""


def merged(demands: Iterable[Demand]) -> list[Asking]:
    """The fewest askings that let pass what the demands do, in the order of their first call and of their fields."""
    by_call: dict[str, dict[Filter, dict[str, None]]] = {}
    for demand in demands:
        by_call.setdefault(demand.call, {}).setdefault(demand.passes, {}).update(dict.fromkeys(demand.serves))
    by_filter: dict[Filter, dict[str, tuple[str, ...]]] = {}
    for call in sorted(by_call):
        for passes, names in _widest(_joined(by_call[call])).items():
            by_filter.setdefault(passes, {})[call] = tuple(names)
    found = [Asking(tuple(calls), passes, tuple(calls.values())) for passes, calls in by_filter.items()]
    return sorted(found, key=lambda asking: (asking.calls, _order(asking.passes)))


def _joined(filters: dict[Filter, dict[str, None]]) -> dict[Filter, dict[str, None]]:
    """With those put together that together ask for either of two things."""
    found = dict(filters)
    again = True
    while again:  # each turn leaves one filter less
        again = False
        for passes in sorted(found, key=_order):
            twin, wider = _twin(passes, found)
            if twin is not None:
                names = {**found.pop(passes), **found.pop(twin)}
                found[wider] = {**found.get(wider, {}), **names}
                again = True
                break
    return found


def _twin(passes: Filter, found: Iterable[Filter]) -> tuple[Filter | None, Filter]:
    for one, other in _EITHER:
        if one in passes.fields:
            rest = passes.fields - {one}
            twin = Filter(rest | {other}, passes.place)
            if twin in found:
                return twin, Filter(rest, passes.place)
    return None, passes


def _widest(filters: dict[Filter, dict[str, None]]) -> dict[Filter, dict[str, None]]:
    """Without those that another one covers, which serves their rules too."""
    found: dict[Filter, dict[str, None]] = {}
    for passes in sorted(filters, key=lambda one: (len(one.fields), one.place is not None, _order(one))):
        cover = next((wider for wider in found if wider.covers(passes)), None)
        if cover is None:
            # Of as many fields, a directory may come after what lies below it.
            for narrower in [other for other in found if passes.covers(other)]:
                filters = {**filters, passes: {**filters[passes], **found.pop(narrower)}}
            found[passes] = dict(filters[passes])
        else:
            found[cover].update(filters[passes])
    return found


def _order(passes: Filter) -> tuple[str, ...]:
    return (str(passes.place), *sorted(map(str, passes.fields)))
