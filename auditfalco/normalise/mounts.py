"""Mounts and quotas.

The type of a mount and the keys and values of fsconfig are only pointers in the record, so they are absent, as are the
limits of a quota.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments, naming
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.layout import descriptor, path, telling
from auditfalco.normalise.paths import named
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.audit.facts import PathFacts
from kernel_sources.tables import fileflags

_WORD = 0xFFFFFFFF
_WITH_ID = ("Q_GETQUOTA", "Q_SETQUOTA", "Q_XGETQUOTA", "Q_XSETQLIM")
_NO_FORMAT = 1
"""Falco's QFMT_NOT_USED."""


def _mounted(call: Call, event: Event) -> None:
    naming.tell_mount(call, event)
    bits = call.facts.args[3] & _WORD  # Falco's bits are the kernel's
    if bits & fileflags.MOUNT_MAGIC_MASK == fileflags.MOUNT_MAGIC:
        bits &= ~fileflags.MOUNT_MAGIC_MASK
    call.tell(event, "flags", bits)


def _quota(call: Call, event: Event) -> None:
    """quotactl(command, device, id or format, address): the command holds the type of quota in its lowest 8 bits."""
    command, quota_type = (call.facts.args[0] & _WORD) >> 8, call.facts.args[0] & 0xFF
    name = next((name for name, number in fileflags.QUOTA_COMMANDS.items() if number == command), None)
    given = call.facts.args[2] & _WORD
    _quota_paths(call, event, turned_on=name == "Q_QUOTAON")
    call.tell(event, "cmd", _of_name(event, "cmd", name))
    call.tell(event, "type", _of_name(event, "type", _key(fileflags.QUOTA_TYPES, quota_type)))
    call.tell(event, "id", given if name in _WITH_ID else 0)
    quota_format = _key(fileflags.QUOTA_FORMATS, given) if name == "Q_QUOTAON" else None
    call.tell(event, "quota_fmt", _of_name(event, "quota_fmt", quota_format) or _NO_FORMAT)


def _key(table: dict[str, int], value: int) -> str | None:
    return next((name for name, number in table.items() if number == value), None)


def _of_name(event: Event, parameter: str, name: str | None) -> int:
    """Falco's number for a name of one of its parameters; 0 without a name."""
    return dict(arguments.parameter_of(event.type, parameter).values).get(name or "", 0)


def _quota_paths(call: Call, event: Event, turned_on: bool) -> None:
    """The device, which the kernel records twice, and before it the file of quotas that is to be turned on."""
    paths: list[PathFacts] = named(call.paths)
    start = naming.working_directory(call)
    if turned_on and len(paths) > 1 and paths[0].name != paths[-1].name:
        naming.tell_path(call, event, "quotafilepath", paths[0], start)
    naming.tell_path(call, event, "special", paths[-1] if paths else None, start)


BUILDERS: dict[str, Builder] = {
    "mount": telling(_mounted),
    "umount": telling(path("name")),
    "umount2": telling(path("name"), told_by_registers(flags=(1, fileflags.UMOUNT))),
    "fsconfig": telling(descriptor("fd", 0), told_by_registers(cmd=1)),
    "quotactl": telling(_quota),
}
