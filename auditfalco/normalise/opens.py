"""The open family: open, openat, openat2, creat, open_by_handle_at."""

from __future__ import annotations

from dataclasses import replace

from auditfalco.model import openflags
from auditfalco.model.descriptor import DIRECTORY, FILE, Descriptor
from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.paths import is_working_directory, target
from kernel_sources.audit import facts
from kernel_sources.audit.facts import PathFacts

_RESOLVE = {
    0x08: ("RESOLVE_BENEATH", 1),
    0x10: ("RESOLVE_IN_ROOT", 2),
    0x02: ("RESOLVE_NO_MAGICLINKS", 4),
    0x04: ("RESOLVE_NO_SYMLINKS", 8),
    0x01: ("RESOLVE_NO_XDEV", 16),
    0x20: ("RESOLVE_CACHED", 32),
}
"""Falco's names and bits of the kernel's RESOLVE_ flags (include/uapi/linux/openat2.h)."""

_CREAT_LAYER_BITS = {"upper": 1, "lower": 2}
_LAYER_BITS = {"upper": openflags.FD_UPPER_LAYER, "lower": openflags.FD_LOWER_LAYER}


def opened(call: Call, event: Event) -> None:
    """open(name, flags, mode)."""
    _open(call, event, call.facts.args[1], call.facts.args[2], None)


def opened_at(call: Call, event: Event) -> None:
    """openat(dirfd, name, flags, mode)."""
    _open(call, event, call.facts.args[2], call.facts.args[3], call.facts.args[0])


def opened_how(call: Call, event: Event) -> None:
    """openat2(dirfd, name, how, size): the flags are behind a pointer, and in the OPENAT2 record since Linux 5.16."""
    how = facts.openat2(call.raw)
    _open(call, event, how.flags if how else None, how.mode if how else None, call.facts.args[0])
    if how is not None and how.resolve is not None:
        bits = sum(falco for kernel, (_, falco) in _RESOLVE.items() if how.resolve & kernel)
        event.arguments["resolve"] = arguments.flags(bits, _RESOLVE.values())


def created(call: Call, event: Event) -> None:
    """creat(name, mode): an open for writing; Falco gives it no flags but those of a container's layers."""
    _open(call, event, 0o1101, call.facts.args[1], None)
    event.arguments.pop("flags", None)
    layer = event.descriptor.layer if event.descriptor is not None else None
    call.tell(event, "creat_flags", _CREAT_LAYER_BITS.get(layer or "", 0))


def opened_by_handle(call: Call, event: Event) -> None:
    """open_by_handle_at(mount, handle, flags): no name is passed.

    The record has the inode; the name is read from the new descriptor while that is open.
    """
    _open(call, event, call.facts.args[2], None, None)
    event.arguments.pop("name", None)
    call.tell_directory(event, "mountfd", call.facts.args[0])
    number = event.fd_number
    if number is None or number < 0 or event.descriptor is None:
        return
    known = call.host.descriptor(call.process, number, call.raw.time_ns)
    name = known.name if known is not None and known.inode == event.descriptor.inode else None
    event.descriptor = replace(event.descriptor, name=name, name_raw=name)
    if name is not None:
        event.arguments["fd"] = arguments.descriptor(number, event.descriptor)
        event.arguments["path"] = arguments.text(name)


def _open(call: Call, event: Event, flags: int | None, mode: int | None, dirfd: int | None) -> None:
    path = target(call.paths)
    number = event.result if event.result is not None else -1
    bits = None if flags is None else openflags.from_kernel(flags & 0xFFFFFFFF, call.facts.arch or "")
    if bits is not None and path is not None and path.nametype == "CREATE":
        bits |= openflags.O_F_CREATED
    descriptor = _descriptor(call, path, bits, dirfd)
    if bits is not None:
        bits |= _LAYER_BITS.get(descriptor.layer or "", 0)
    event.fd_number = number if number >= 0 else -1
    event.descriptor = descriptor
    event.open_flags = bits
    event.open_mode = None if mode is None else mode & 0o7777 if _makes_files(bits, event) else 0
    if number >= 0:
        on_exec = bool((bits or 0) & openflags.O_CLOEXEC)
        call.host.remember_descriptor(call.process, number, descriptor, call.raw.time_ns, on_exec)
    _describe(call, event, path, number, dirfd)


def _makes_files(bits: int | None, event: Event) -> bool:
    """Whether the call's mode argument counts: without a creating flag it is whatever the register held."""
    return event.type == "creat" or bool((bits or 0) & (openflags.O_CREAT | openflags.O_TMPFILE))


def _descriptor(call: Call, path: PathFacts | None, bits: int | None, dirfd: int | None) -> Descriptor:
    kind = DIRECTORY if bits is not None and bits & openflags.O_DIRECTORY else FILE
    if path is None or path.name is None:
        device, inode, file_type = (path.dev, path.inode, path.file_type) if path else (None, None, None)
        return Descriptor(kind, None, None, device, inode, file_type=file_type)
    relative_to_descriptor = dirfd is not None and not is_working_directory(dirfd)
    name = call.file_name(path, _start(call, dirfd), certain=not relative_to_descriptor)
    layer = call.host.layer_of(call.process, name, path.dev) if name is not None else None
    return Descriptor(kind, name, path.name, path.dev, path.inode, layer, file_type=path.file_type)


def _start(call: Call, dirfd: int | None) -> str | None:
    return call.cwd if dirfd is None else call.directory(dirfd)


def _describe(call: Call, event: Event, path: PathFacts | None, number: int, dirfd: int | None) -> None:
    descriptor = event.descriptor
    name = descriptor.name if descriptor is not None else None
    add = event.arguments.__setitem__
    add("fd", arguments.descriptor(number, descriptor))
    if dirfd is not None:
        call.tell_directory(event, "dirfd", dirfd)
    if path is not None and path.name is not None:
        add("name", Argument(path.name, name or path.name))
    if event.open_flags is not None:
        add("flags", Argument(event.open_flags, openflags.text(event.open_flags)))
    if event.open_mode is not None:
        add("mode", arguments.mode(event.open_mode))
    _tell_place(event, path)


def _tell_place(event: Event, path: PathFacts | None) -> None:
    """Device and inode of what was opened; Falco takes them from the new descriptor, and gives zeros without one."""
    add = event.arguments.__setitem__
    if event.result is not None and event.result < 0:
        add("dev", arguments.device(0, 0))
        add("ino", arguments.integer(0))
    elif path is not None and path.dev is not None and path.inode is not None:
        add("dev", arguments.device(*path.dev))
        add("ino", arguments.integer(path.inode))


BUILDERS: dict[str, Builder] = {
    "open": opened,
    "openat": opened_at,
    "openat2": opened_how,
    "creat": created,
    "open_by_handle_at": opened_by_handle,
}
