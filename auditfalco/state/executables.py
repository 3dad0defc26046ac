"""What the kernel says of an executed file: memory files, deleted files, and whether its user could have written it."""

from __future__ import annotations

from auditfalco.model.process import Capabilities, Process

_DELETED = " (deleted)"
_MEMFD = "/memfd:"
_DAC_OVERRIDE = 1 << 1


def deleted_name(exe: str) -> str:
    """The path of an executable without the kernel's mark for a file that has no name any more."""
    return exe[: -len(_DELETED)] if exe.endswith(_DELETED) else exe


def memfd_name(exe: str | None) -> str | None:
    """`memfd:NAME`, as Falco spells it, when an exec's file is an anonymous memory file; None otherwise.

    The kernel's d_path gives such files as `/memfd:NAME (deleted)`; a file of that name on a disk has no such mark
    unless it was deleted as well, and then lies on no anonymous device, which `exe=` alone cannot tell (mm/memfd.c).
    """
    if exe is None or not exe.startswith(_MEMFD) or not exe.endswith(_DELETED):
        return None
    return deleted_name(exe)[1:]


def may_write(mode: int, owner: int, group: int, process: Process, capabilities: Capabilities | None) -> bool | None:
    """Whether a process may write a file by its mode bits or by CAP_DAC_OVERRIDE; None when its user is unknown."""
    uid = process.fsuid if process.fsuid is not None else process.euid
    gid = process.fsgid if process.fsgid is not None else process.egid
    if uid is None:
        return None
    if capabilities is not None and capabilities.effective & _DAC_OVERRIDE:
        return True
    if uid == owner:
        return bool(mode & 0o200)
    if gid == group:
        return bool(mode & 0o020)
    return bool(mode & 0o002)
