"""``/proc/<pid>/fdinfo/<n>``: how a descriptor was opened and where it stands (proc(5))."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FdInfo:
    """Facts of one descriptor.

    Attributes:
        flags: ``O_*`` bits; those of open(2) that make a file last no longer than the call (``O_CREAT`` …) are gone.
        position: offset in bytes.
        mount_id: mount the file was opened through (``Mount.id``), None on kernels that do not tell.
    """

    flags: int
    position: int
    mount_id: int | None = None


def parse(data: bytes) -> FdInfo | None:
    """Return the facts, None when the file lacks them."""
    lines = dict(line.split(b":", 1) for line in data.split(b"\n") if b":" in line)
    try:
        mount = lines.get(b"mnt_id")
        return FdInfo(
            flags=int(lines[b"flags"], 8),
            position=int(lines[b"pos"]),
            mount_id=None if mount is None else int(mount),
        )
    except (KeyError, ValueError):
        return None
