"""Users, groups and capabilities: what a process makes itself, and what it asks about itself.

A record shows the ids as they are after the call, so that `user.uid` is the new one.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.model.process import Capabilities
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.caller import tell_capabilities
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.audit import facts


def capabilities_set(call: Call, event: Event) -> None:
    """capset(header, data): the sets are behind a pointer, and in the CAPSET record when the kernel agreed."""
    call.tell_result(event)
    asked = facts.capset(call.raw)
    if asked is not None and call.succeeded:
        call.process.capabilities_lost = False
        call.process.capabilities = Capabilities(
            asked.permitted or 0, asked.effective or 0, asked.inheritable or 0, asked.ambient or 0
        )
    tell_capabilities(call, event)


def _set(**registers: int) -> Builder:
    """A call that gives a process other user ids, and with them other capabilities."""
    told = told_by_registers(**registers)

    def build(call: Call, event: Event) -> None:
        told(call, event)
        if call.succeeded:
            call.host.capabilities_changed(call.process)

    return build


def _asked(name: str, is_group: bool) -> Builder:
    """A call that returns an id, which is its event's one parameter."""

    def build(call: Call, event: Event) -> None:
        if event.result is None:
            return
        tell = call.tell_group if is_group else call.tell_user
        tell(event, name, event.result & 0xFFFFFFFF)

    return build


def three_ids_asked(call: Call, event: Event) -> None:
    """getresuid and getresgid: the answer is behind pointers."""
    call.tell_result(event)


BUILDERS: dict[str, Builder] = {
    "setuid": _set(uid=0),
    "setgid": told_by_registers(gid=0),
    "setreuid": _set(ruid=0, euid=1),
    "setregid": told_by_registers(rgid=0, egid=1),
    "setresuid": _set(ruid=0, euid=1, suid=2),
    "setresgid": told_by_registers(rgid=0, egid=1, sgid=2),
    "getuid": _asked("uid", is_group=False),
    "geteuid": _asked("euid", is_group=False),
    "getgid": _asked("gid", is_group=True),
    "getegid": _asked("egid", is_group=True),
    "getresuid": three_ids_asked,
    "getresgid": three_ids_asked,
    "capset": capabilities_set,
}
