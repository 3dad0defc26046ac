"""Calls that change or ask the kernel: modules, keys, seccomp; and waiting: futex, nanosleep, semaphores.

The image of a module and its parameters are only pointers in the record, so they are absent.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.audit import facts
from kernel_sources.tables import IPC_64, SEMCTL_COMMANDS, SEMGET_FLAGS, open_flags

_SETVAL = SEMCTL_COMMANDS["SETVAL"]


def module_removed(call: Call, event: Event) -> None:
    """delete_module(name, flags): the name is in the KERN_MODULE record."""
    told_by_registers(flags=(1, open_flags))(call, event)
    name = facts.kern_module(call.raw)
    if name is not None:
        event.arguments["name"] = arguments.text(name)


def semaphores_controlled(call: Call, event: Event) -> None:
    """semctl(semid, semnum, cmd, arg): the last is a number for SETVAL alone, for which Falco has it."""
    told_by_registers(semid=0, semnum=1)(call, event)
    command = call.facts.args[2] & 0xFFFFFFFF & ~IPC_64
    parameter = arguments.parameter_of(event.type, "cmd")
    call.tell(event, "cmd", arguments.enumerated(command, SEMCTL_COMMANDS, parameter))
    call.tell(event, "val", arguments.signed32(call.facts.args[3]) if command == _SETVAL else 0)


def semaphores_made(call: Call, event: Event) -> None:
    """semget(key, nsems, semflg)."""
    told_by_registers(nsems=1, semflg=(2, SEMGET_FLAGS))(call, event)
    call.tell(event, "key", call.facts.args[0] & 0xFFFFFFFF)  # signed, but printed by its 32 bits


BUILDERS: dict[str, Builder] = {
    "init_module": told_by_registers(length=1),
    "finit_module": told_by_registers(fd=0, flags=2),  # Falco's bits are the kernel's
    "delete_module": module_removed,
    "seccomp": told_by_registers(op=0, flags=1),
    "keyctl": told_by_registers(operation=0),  # what the other arguments are, depends on it
    "futex": told_by_registers(addr=0, op=1, val=2),
    "nanosleep": told_by_registers(),
    "semget": semaphores_made,
    "semctl": semaphores_controlled,
    "semop": told_by_registers(semid=0, nsops=1),
}
