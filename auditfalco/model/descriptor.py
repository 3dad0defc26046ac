"""An open file as an event shows it: what a descriptor stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from auditfalco.model.endpoints import Endpoints

FILE, DIRECTORY, PIPE = "file", "directory", "pipe"
IPV4, IPV6, UNIX, NETLINK = "ipv4", "ipv6", "unix", "netlink"
EVENT, SIGNAL, EVENTPOLL, INOTIFY, TIMER = "event", "signalfd", "eventpoll", "inotify", "timerfd"
BPF, USERFAULT, IO_URING, MEMORY, PROCESS = "bpf", "userfaultfd", "io_uring", "memfd", "pidfd"
OTHER = "unsupported"
"""Of a kind that Falco has no word for: its fd.type is the text <NA>."""

TYPE_CHARACTERS = {
    FILE: "f",
    DIRECTORY: "d",
    PIPE: "p",
    IPV4: "4",
    IPV6: "6",
    UNIX: "u",
    NETLINK: "n",
    EVENT: "e",
    SIGNAL: "s",
    EVENTPOLL: "l",
    INOTIFY: "i",
    TIMER: "t",
    BPF: "b",
    USERFAULT: "u",
    IO_URING: "r",
    MEMORY: "m",
    PROCESS: "P",
    OTHER: "X",
}
"""Falco's one-letter spelling of each kind of descriptor (fd.typechar)."""

PROTOCOL_CHARACTERS = {"tcp": "t", "udp": "u", "icmp": "i", "raw": "r"}
"""What Falco writes behind the type's character of an internet socket in an argument: `<4t>`."""


@dataclass(frozen=True)
class Descriptor:
    """What an event's file descriptor stands for.

    `name` is the absolute path inside the process's root, or both ends of a socket as Falco writes them; None when it
    cannot be known for certain, and "" for what has no name. It may be a `model.names.Names`. `name_raw` is the path as
    the caller spelled it. `device` is (major, minor), `inode` the file's number on it. `layer` is "upper" or "lower" on
    a container's overlay. `endpoints` is set for sockets. `file_type` are the S_IFMT bits of a file's mode where the
    record of its open tells them.
    """

    kind: str
    name: str | None
    name_raw: str | None = None
    device: tuple[int, int] | None = None
    inode: int | None = None
    layer: str | None = None
    endpoints: Endpoints | None = None
    file_type: int | None = None

    @property
    def mark(self) -> str:
        """What stands between angle brackets before the name where Falco prints a descriptor as an argument."""
        return TYPE_CHARACTERS[self.kind] + PROTOCOL_CHARACTERS.get(self.shown_protocol or "", "")

    @property
    def shown_protocol(self) -> str | None:
        """The protocol of an internet socket as Falco tells it: of others than raw ones once they have a role."""
        ends = self.endpoints
        if ends is None or self.kind not in (IPV4, IPV6):
            return None
        return ends.protocol if ends.has_role or ends.protocol == "raw" else None


class OpenFile:
    """An open file: what several descriptors stand for when they were duplicated or inherited from one.

    A socket that is connected through one of them is connected for all.
    """

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor


class Slot(NamedTuple):
    """What a number of a process's descriptor table stands for since a time (ns since the epoch).

    `file` is None for a number that was closed. `before` is what the number stood for earlier, the newest first.
    """

    since_ns: int
    file: OpenFile | None
    close_on_exec: bool = False
    before: tuple[Slot, ...] = ()


def device_number(major: int, minor: int) -> int:
    """A device number as the kernel's new_encode_dev packs it, which is how Falco prints fd.dev."""
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)
