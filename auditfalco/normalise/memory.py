"""Memory: mappings, their protection, locks, the program break. Sizes of the process are read where a rule asks."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.audit import facts
from kernel_sources.tables import MLOCK_FLAGS, PROTECTIONS, map_flags, mlockall_flags, syscall_number


def mapped(call: Call, event: Event) -> None:
    """mmap(addr, length, prot, flags, fd, offset): the descriptor is in the MMAP record, the offset in none.

    Where a machine has mmap2, and on s390x, mmap takes the address of its arguments instead.
    """
    machine = call.facts.arch or ""
    behind_pointer = call.facts.name == "mmap" and (
        syscall_number(machine, "mmap2") is not None or machine.startswith("s390")
    )
    recorded = facts.mmap(call.raw)
    flags = recorded.flags if recorded is not None else None
    if not behind_pointer:
        told_by_registers(addr=0, length=1, prot=(2, PROTECTIONS))(call, event)
        flags = call.facts.args[3]
    call.tell_result(event)
    if flags is not None:
        parameter = arguments.parameter_of(event.type, "flags")
        call.tell(event, "flags", arguments.translated(flags, map_flags(machine), parameter))
    if recorded is not None:
        event.fd_number = -1 if recorded.fd is None else recorded.fd
        event.descriptor = call.tell_descriptor(event, "fd", event.fd_number)


def break_set(call: Call, event: Event) -> None:
    """brk(addr): it returns where the break is now, also when it refuses."""
    if event.result is not None:
        call.tell(event, "res", event.result)
    call.tell(event, "addr", call.facts.args[0])


BUILDERS: dict[str, Builder] = {
    "mmap": mapped,
    "mmap2": mapped,
    "munmap": told_by_registers(addr=0, length=1),
    "mprotect": told_by_registers(addr=0, length=1, prot=(2, PROTECTIONS)),
    "mlock": told_by_registers(addr=0, len=1),
    "mlock2": told_by_registers(addr=0, len=1, flags=(2, MLOCK_FLAGS)),
    "munlock": told_by_registers(addr=0, len=1),
    "mlockall": told_by_registers(flags=(0, mlockall_flags)),
    "munlockall": told_by_registers(),
    "brk": break_set,
}
