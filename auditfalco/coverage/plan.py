"""What the kernel is asked for: from the rules' needs to audit rules.

What a rule proves of the calls that it is about (coverage.constraints) is tested by the kernel (coverage.filters), in
as few rules as serve (coverage.merging). There are four kinds: rules for the whole host, rules for the files that rules
name (coverage.places), rules for the files of containers (coverage.scopes), and rules for io_uring, which no system
call rule sees: its operations have a filter list of their own, and are rare enough to be asked for on the whole host.

A file that a rule names is another file in every container. Containers' files are told by their devices, which are
known before any container exists, and not by names, which are not.

Calls about sockets are asked for twice where the machine has socketcall too, which makes any of them: by their own
numbers, and as socketcall with the argument that chooses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import normpath

from auditfalco.coverage.constraints import Below, Contained, Named
from auditfalco.coverage.filters import OPENS, SOCKETCALL, Filter, filters_of, through_socketcall
from auditfalco.coverage.kernel import Abilities
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.merging import Asking, Demand, merged
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.places import Places
from auditfalco.coverage.rulemaking import Maker, PlannedRule
from auditfalco.coverage.scopes import Scope
from auditfalco.coverage.silence import ourselves, programs
from auditfalco.coverage.worth import worth_of
from auditfalco.model.syscallnames import calls_of, event_type_of
from auditfalco.model.uringoperations import ENTER, OPERATIONS, Operation, operations_for
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import socketcall_number, uring_number


@dataclass(frozen=True)
class Plan:
    """What to install.

    `audit_rules` ask for what is recorded wherever it happens, `file_rules` for what rules name, `container_rules` for
    the same and more in containers, given their scopes, and `uring_rules` for all of it where it is done through
    io_uring.

    Attributes:
        needs: what the rules ask for.
        login_uids: when there are any, only processes with one of these login uids are recorded.
        own_pid: the agent, whose own opens are not recorded.
        keys: of every audit rule (coverage.keys).
        noisy_exes: programs whose calls are not recorded, but for the vital ones (coverage.worth).
        kernel: what can be asked.
    """

    needs: Needs
    login_uids: tuple[int, ...] = ()
    own_pid: int | None = None
    keys: tuple[str, ...] = (KEY,)
    noisy_exes: tuple[str, ...] = ()
    kernel: Abilities = field(default_factory=Abilities)

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """Every call with every filter that it may pass, as rules say it."""
        found = []
        for call, made in sorted(self.needs.asked.items()):
            for way, serves in made.items():
                filters = filters_of(call, way, self.kernel)
                found += [Demand(call, passes, serves) for passes in filters]
                chosen = socketcall_number(call)
                if chosen is not None:
                    found += [Demand(SOCKETCALL, passes, serves) for passes in through_socketcall(chosen, filters)]
        return tuple(found)

    @cached_property
    def _askings(self) -> tuple[Asking, ...]:
        return tuple(merged(self.demands))

    @property
    def askings_anywhere(self) -> tuple[Asking, ...]:
        """What is asked for wherever files are."""
        return tuple(asking for asking in self._askings if asking.passes.place is None)

    @property
    def asks_in_containers(self) -> bool:
        """Whether anything is asked for of the files of containers alone."""
        return any(asking.passes.place == Contained() for asking in self._askings)

    @property
    def followed_calls(self) -> frozenset[str]:
        """The calls that are asked for as files and containers come and go, and may be in no rule yet."""
        return frozenset(call for asking in self._askings if asking.passes.place is not None for call in asking.calls)

    def audit_rules(self) -> tuple[PlannedRule, ...]:
        """The audit rules that hold for the whole host, wherever files are."""
        calls = sorted(self.needs.calls)
        return (
            *ourselves(self.own_pid, self.keys, OPENS.intersection(calls)),
            *programs(self.noisy_exes, self.keys, calls),
            *self._maker.rules(self.askings_anywhere),
        )

    def named(self) -> tuple[Named | Below, ...]:
        """The files and directories that are asked for by their names."""
        places = (asking.passes.place for asking in self._askings)
        return tuple(dict.fromkeys(place for place in places if isinstance(place, (Named, Below))))

    def file_rules(self, places: Places) -> tuple[PlannedRule, ...]:
        """The audit rules for what rules name, as the file system is now.

        Args:
            places: finds where names lead.
        """
        demands = [demand for asking in self.askings_anywhere for demand in asking.demands()]
        for asking in self._askings:
            place = asking.passes.place
            if isinstance(place, (Named, Below)):
                found = (where for one in (place, *self._named_below(place)) for where in places.fields_of(one))
                filters = [Filter(asking.passes.fields, where) for where in dict.fromkeys(found)]
                demands += [one._replace(passes=passes) for one in asking.demands() for passes in filters]
        askings = [asking for asking in merged(demands) if not _stands(asking, self.askings_anywhere)]
        return tuple(self._maker.rules(askings))

    def _named_below(self, place: Named | Below) -> Iterator[Named]:
        """The files below a directory that rules name: their hard links may lie anywhere, and bear these names."""
        if isinstance(place, Below):
            for path in self.needs.files:
                if path.startswith(f"{place.directory}/") and path == normpath(path):
                    yield Named(path)

    def container_rules(self, scopes: Iterable[Scope]) -> tuple[PlannedRule, ...]:
        """The audit rules for the files of containers: of each scope, what all ways to ask for a call have in common.

        There may be many scopes, so each has as few rules as can be.
        """
        common: dict[str, tuple[frozenset[Field], dict[str, None]]] = {}
        for asking in self._askings:
            if asking.passes.place == Contained():
                for call, _, serves in asking.demands():
                    fields, names = common.setdefault(call, (asking.passes.fields, {}))
                    common[call] = (fields & asking.passes.fields, {**names, **dict.fromkeys(serves)})
        demands = [Demand(call, Filter(fields), tuple(serves)) for call, (fields, serves) in sorted(common.items())]
        askings = merged(demands)
        return tuple(
            planned for scope in sorted(scopes, key=str) for planned in self._maker.rules(askings, scope.fields())
        )

    def operations(self) -> list[Operation]:
        """The io_uring operations that stand for the calls.

        Where one of them takes a name, all that take names are among them: names are told apart from operations, and
        only who knows of all operations knows which name is whose.
        """
        wanted = operations_for(frozenset(event_type_of(call) for call in self.needs.calls))
        if any(operation.names for operation in wanted):
            named = [operation for operation in OPERATIONS.values() if operation.names and operation not in wanted]
            return [*wanted, *named]
        return wanted

    def uring_rules(self) -> Iterator[PlannedRule]:
        """The audit rules for the same acts done through io_uring, which hold for the whole host.

        They ask for the operations, and for the calls of io_uring_enter that carried names or addresses for them: the
        fields that these rules compare are unset, and never match, in a call that was given neither.
        """
        operations = self.operations()
        numbers = [
            number for number in (uring_number(operation.name) for operation in operations) if number is not None
        ]
        if not numbers:
            return
        served = self.needs.serves(call for operation in operations for call in sorted(calls_of(operation.event_type)))
        for scoped in self._maker.scoped(()):
            made = rule("io_uring", "always", *scoped, syscalls=numbers, keys=self.keys)
            yield PlannedRule(made, served, worth_of(ENTER))
        submits = []
        if any(operation.names for operation in operations):
            submits.append(Field("devmajor", ">=", 0))
        if any(operation.takes_address for operation in operations):
            submits.append(Field("saddr_fam", ">=", 1))
        for submitted in submits:
            yield from self._maker.rules([Asking((ENTER,), Filter(frozenset({submitted})), (served,))])

    @property
    def _maker(self) -> Maker:
        return Maker(self.login_uids, self.keys)


def _stands(asking: Asking, standing: Iterable[Asking]) -> bool:
    """Whether the rules for an asking stand already, whichever names it serves."""
    return any(asking.passes == one.passes and frozenset(asking.calls) <= frozenset(one.calls) for one in standing)
