"""Reading, writing and waiting on descriptors. Data, vectors of buffers and sets of descriptors are behind pointers."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import told_by_registers

_WHENCES = {"SEEK_SET": 0, "SEEK_CUR": 1, "SEEK_END": 2}


def at_position(call: Call, event: Event) -> None:
    """pread, pwrite and their like (fd, buffer, size, position): a 32-bit call has the position in two registers."""
    vector = event.type.endswith("v")
    told_by_registers(**({"fd": 0} if vector else {"fd": 0, "size": 2}))(call, event)
    if call.facts.bits == 64:
        call.tell(event, "pos", call.facts.args[3])


def sought(call: Call, event: Event) -> None:
    """lseek(fd, offset, whence); llseek has its offset in two registers, and whence in a fifth."""
    if event.type == "llseek":
        told_by_registers(fd=0)(call, event)
        call.tell(event, "offset", (call.facts.args[1] & 0xFFFFFFFF) << 32 | call.facts.args[2] & 0xFFFFFFFF)
        return
    told_by_registers(fd=0, offset=1, whence=(2, _WHENCES))(call, event)


def waited(call: Call, event: Event) -> None:
    """epoll_wait(epfd, events, maxevents, timeout)."""
    call.tell_result(event)
    event.arguments["maxevents"] = arguments.integer(arguments.signed32(call.facts.args[2]))


BUILDERS: dict[str, Builder] = {
    "read": told_by_registers(fd=0, size=2),
    "write": told_by_registers(fd=0, size=2),
    "readv": told_by_registers(fd=0),
    "writev": told_by_registers(fd=0),
    "pread": at_position,
    "pwrite": at_position,
    "preadv": at_position,
    "pwritev": at_position,
    "lseek": sought,
    "llseek": sought,
    "ioctl": told_by_registers(fd=0, request=1, argument=2),
    "epoll_wait": waited,
    "poll": told_by_registers(timeout=2),
    "ppoll": told_by_registers(),
    "select": told_by_registers(),
}
