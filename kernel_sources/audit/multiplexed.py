"""Calls about sockets that were made through socketcall(2), seen as what they are."""

from __future__ import annotations

from kernel_sources import tables
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.specials import SocketcallFacts, socketcall
from kernel_sources.audit.subject import SyscallFacts, syscall

MULTIPLEXER = "socketcall"

_REGISTERS = 4
"""Arguments that a SYSCALL record has; a call with fewer leaves the last ones without meaning."""


class SocketCall(SyscallFacts):
    """The call that a socketcall stood for: its name, and its arguments from the SOCKETCALL record."""

    __slots__ = ("_name", "_told")

    def __init__(self, record: Record, name: str, told: SocketcallFacts) -> None:
        super().__init__(record)
        self._name = name
        self._told = told

    @property
    def name(self) -> str:
        """The name of the call that was meant."""
        return self._name

    @property
    def args(self) -> tuple[int, ...]:
        """The call's first four arguments, with zeros in place of those that it does not have."""
        return (*self._told.args, *(0,) * _REGISTERS)[:_REGISTERS]

    def arg(self, index: int) -> int | None:
        """Return one argument (0 to 3) as unsigned number."""
        return self.args[index]


def meant_call(raw: RawEvent) -> SyscallFacts | None:
    """Return the event's system call, as the one that was meant where it was made through socketcall.

    None when the event has no SYSCALL record. A socketcall whose SOCKETCALL record is missing stays one: its arguments
    are not known.
    """
    made = syscall(raw)
    if made is None or made.name != MULTIPLEXER:
        return made
    told, chosen = socketcall(raw), made.arg(0)
    name = None if chosen is None else tables.socketcall_name(chosen)
    return made if told is None or name is None else SocketCall(made.record, name, told)
