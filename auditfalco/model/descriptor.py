"""An open file as an event shows it: what a descriptor stands for."""

from __future__ import annotations

from dataclasses import dataclass

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
    a container's overlay. `endpoints` is set for sockets.
    """

    kind: str
    name: str | None
    name_raw: str | None = None
    device: tuple[int, int] | None = None
    inode: int | None = None
    layer: str | None = None
    endpoints: Endpoints | None = None

    @property
    def mark(self) -> str:
        """What stands between angle brackets before the name where Falco prints a descriptor as an argument."""
        protocol = self.endpoints.protocol if self.endpoints is not None and self.kind in (IPV4, IPV6) else None
        return TYPE_CHARACTERS[self.kind] + PROTOCOL_CHARACTERS.get(protocol or "", "")


def device_number(major: int, minor: int) -> int:
    """A device number as the kernel's new_encode_dev packs it, which is how Falco prints fd.dev."""
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)
