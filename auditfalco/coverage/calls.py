"""Every system call and io_uring operation of a machine, and what becomes of it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditfalco.coverage import unseen
from auditfalco.coverage.unseen import LEVELS, Risk
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.syscallnames import event_type_of
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise.told import told_by_operation, told_parameters
from kernel_sources.tables import UNAUDITED, URING_OPERATIONS, syscall_names

IO_URING = "io_uring"

MULTIPLEXED = "socketcall"
"""The 32-bit call that stands for the calls about sockets, and is told as the one that it stands for."""


@dataclass(frozen=True)
class KernelCall:
    """One entry of a machine's tables.

    Attributes:
        abi: the table: a machine's name, or IO_URING.
        number: the kernel's number in it.
        name: the kernel's name.
        event_type: the type of the events that it becomes; None when it becomes none.
        knowledge: what Falco has of that type: "parameters", "name" (it is generic), or "" without one.
        told: Falco's parameters that are told.
        untold: the others, which no record tells.
        risk: for what becomes no event, or not always, how grave that is; else None.
    """

    abi: str
    number: int
    name: str
    event_type: str | None
    knowledge: str = ""
    told: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    risk: Risk | None = None

    @property
    def is_missing(self) -> bool:
        """Whether it may pass without an event."""
        return self.risk is not None


def kernel_calls(machines: Iterable[str]) -> list[KernelCall]:
    """The calls of these machines' tables, in the order of their numbers, and behind them io_uring's operations."""
    calls = [
        _call(machine, number, name) for machine in machines for number, name in sorted(syscall_names(machine).items())
    ]
    return calls + [_operation(number, name) for number, name in enumerate(URING_OPERATIONS)]


def missing(calls: Iterable[KernelCall]) -> list[KernelCall]:
    """Those that may pass without an event, the gravest first."""
    found = [call for call in calls if call.risk is not None]
    return sorted(found, key=lambda call: LEVELS.index(call.risk.level) if call.risk is not None else len(LEVELS))


def _call(machine: str, number: int, name: str) -> KernelCall:
    event_type = event_type_of(name)
    if name == MULTIPLEXED:
        return KernelCall(machine, number, name, MULTIPLEXED, "name")
    if event_type not in EVENT_TYPES_BY_NAME:
        return KernelCall(machine, number, name, None, risk=unseen.CALLS.get(name, unseen.UNKNOWN))
    risk = unseen.CALLS.get(name) if name in unseen.NOT_ALWAYS_MADE else None
    return _known(machine, number, name, event_type, told_parameters(event_type), risk)


def _operation(number: int, name: str) -> KernelCall:
    operation = OPERATIONS.get(name)
    risk = unseen.OPERATIONS.get(name)
    if operation is None or name in UNAUDITED:
        return KernelCall(IO_URING, number, name, None, risk=risk or unseen.UNKNOWN)
    return _known(IO_URING, number, name, operation.event_type, told_by_operation(name), risk)


def _known(abi: str, number: int, name: str, event_type: str, told: tuple[str, ...], risk: Risk | None) -> KernelCall:
    known = EVENT_TYPES_BY_NAME[event_type]
    untold = tuple(parameter.name for parameter in known.parameters if parameter.name not in told)
    return KernelCall(abi, number, name, event_type, "name" if known.generic else "parameters", told, untold, risk)
