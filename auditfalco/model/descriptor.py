"""An open file as an event shows it."""

from __future__ import annotations

from dataclasses import dataclass

FILE, DIRECTORY = "file", "directory"

TYPE_CHARACTERS = {FILE: "f", DIRECTORY: "d"}
"""Falco's one-letter spelling of each kind of descriptor (fd.typechar)."""


@dataclass(frozen=True)
class Descriptor:
    """What an event's file descriptor stands for.

    `name` is the absolute path inside the process's root, None when it cannot be known for certain; `name_raw` is the
    path as the caller spelled it. `device` is (major, minor), `inode` the file's number on it. `layer` is "upper" or
    "lower" on a container's overlay.
    """

    kind: str
    name: str | None
    name_raw: str | None = None
    device: tuple[int, int] | None = None
    inode: int | None = None
    layer: str | None = None


def device_number(major: int, minor: int) -> int:
    """A device number as the kernel's new_encode_dev packs it, which is how Falco prints fd.dev."""
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)
