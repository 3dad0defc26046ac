"""Random system calls: what the kernel's filter sees of one, and the event that its records become.

The two are made from the same numbers, each on its own: registers, result, ids, names and addresses go into records as
the kernel writes them (kernel/auditsc.c), and these through the assembler and the normaliser.
"""

from __future__ import annotations

import posixpath
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from auditfalco.model.container import HOST, Container
from auditfalco.model.event import Event
from auditfalco.model.names import named
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.state.host import HostState
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.tables import machine_number, record_type_number, syscall_number

DIRECTORIES = ("/etc", "/etc/ssh", "/etcetera", "/srv/www", "/tmp", "/root/.ssh", "/")
LEAVES = ("x", "y", "shadow", "x.conf", "hosts")
DEVIOUS = ("../etc/x", "./x", "..//etc/ssh/y", "x/", "/etc/../srv/www/x", "//etc//shadow", "/tmp/./y", "..", "/")
MACHINES = ("x86_64", "x86_64", "i386")
ERRORS = (-1, -2, -9, -11, -13, -17, -22, -97, -115)
IDS = (0, 1, 7, 33, 999, 1000, 1001, 65534, 0xFFFFFFFE)
UNSET = 0xFFFFFFFF
AT_FDCWD = 0xFFFFFF9C

OPENS = ("open", "openat", "openat2", "creat", "open_by_handle_at")
_ONE_NAME = (
    *("unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat", "chmod", "fchmodat", "chown", "lchown"),
    *("truncate", "chdir", "access", "umount2"),
)
_TWO_NAMES = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mount")
_SOCKETS = ("connect", "bind")
_PLAIN = (
    *("socket", "socketpair", "ptrace", "prctl", "bpf", "fcntl", "kill", "tkill", "tgkill", "unshare", "setns"),
    *("clone", "mprotect", "read", "dup", "dup2", "setsockopt", "shutdown", "fchmod", "seccomp", "keyctl", "flock"),
    *("setrlimit", "memfd_create", "lseek", "setuid", "finit_module", "delete_module", "ioctl", "fsconfig"),
)
CALLS = (*OPENS, *OPENS, *OPENS, *_ONE_NAME, *_TWO_NAMES, *_SOCKETS, *_SOCKETS, *_SOCKETS, *_PLAIN)
"""System calls by the kernel's names; some are made more often."""

_AT = frozenset(
    {
        *("openat", "openat2", "unlinkat", "mkdirat", "mknodat", "fchmodat", "renameat", "renameat2", "linkat"),
        "symlinkat",
    }
)
_KINDS = {"unlink": "DELETE", "unlinkat": "DELETE", "rmdir": "DELETE"}
_KINDS.update(dict.fromkeys(("mkdir", "mkdirat", "mknod", "mknodat"), "CREATE"))
_FAMILIES = (0, 1, 2, 10, 16, 40)
_MAY_GET = {1: (0, 1), 2: (0, 2), 10: (0, 2, 10), 16: (16,), 40: (40,)}
"""Families of sockets, and those of the addresses with which their connect and bind succeed."""

_O_CREAT, _TMPFILE = 0o100, 0o20000000


@dataclass(frozen=True)
class MadeUpCall:
    """One call.

    Attributes:
        machine: the ABI by which it was made, `name` the kernel's name for it.
        registers: the first four arguments, unsigned, as wide as the machine.
        result: what it returned.
        ids: the caller's, by the kernel's field names.
        files: every name of every file that it named.
        family: that of the socket address that it was given; None without one.
        open_flags: what was asked of an open, for perm=; None for other calls.
        contained: whether the caller is in a container; None if nobody knows.
        event: what becomes of it.
    """

    machine: str
    name: str
    registers: tuple[int, ...]
    result: int
    ids: dict[str, int]
    files: frozenset[str]
    family: int | None
    open_flags: int | None
    contained: bool | None
    event: Event

    @property
    def succeeded(self) -> bool:
        """Whether the kernel counts it as a success (include/linux/err.h)."""
        return not -4095 <= self.result < 0


class CallMaker:
    """Makes random calls on a host of its own, each by a new process."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._normaliser = Normaliser(HostState("testbox", None, ()))
        self._assembler = Assembler()
        self._serial = 0

    def call(self, name: str | None = None) -> MadeUpCall:
        """A call, of this name or any."""
        choose = self.random.choice
        name = name or choose(CALLS)
        machines = [machine for machine in MACHINES if syscall_number(machine, name) is not None]
        draft = self._draft(choose(machines), name)
        draft.fill()
        pid = 1000 + self._serial
        if draft.socket_family is not None:
            made = Draft(self.random, draft.machine, "socket", (draft.socket_family, 1, 0, 0), 3)
            made.ids = draft.ids
            if syscall_number(draft.machine, "socket") is not None:
                self._event(self._raw(made, pid))
        event = self._event(self._raw(draft, pid))
        assert event.process is not None
        event.process.container = {True: Container("a" * 64, "docker"), False: HOST, None: None}[draft.contained]
        files = self._with_other_names(event, draft)
        return MadeUpCall(
            draft.machine,
            name,
            draft.registers,
            draft.result,
            draft.ids,
            files,
            draft.family,
            draft.flags_of_open,
            draft.contained,
            event,
        )

    def _draft(self, machine: str, name: str) -> Draft:
        return Draft(self.random, machine, name)

    def _with_other_names(self, event: Event, draft: Draft) -> frozenset[str]:
        """The names of the call's files; some of what was opened have others beside the one that was spelled."""
        known = event.descriptor
        if draft.name not in OPENS or known is None or known.name is None or self.random.random() < 0.6:
            return frozenset(draft.files)
        also = tuple(self._place() for _ in range(self.random.randrange(3)))
        trusted = tuple(self._place() for _ in range(self.random.randrange(2)))
        event.descriptor = replace(known, name=named(known.name, also, trusted))
        return frozenset({*draft.files, *also, *trusted})

    def _place(self) -> str:
        return posixpath.join(self.random.choice(DIRECTORIES), self.random.choice(LEAVES))

    def _event(self, raw: RawEvent) -> Event:
        event = self._normaliser.event(raw)
        assert event is not None
        return event

    def _raw(self, draft: Draft, pid: int) -> RawEvent:
        self._serial += 1
        stamp = f"audit(17000{self._serial:05}.000:{self._serial}): "
        finished: list[RawEvent] = []
        for kind, text in (*draft.records(pid), ("EOE", "")):
            number = record_type_number(kind) or 0
            finished += self._assembler.feed(Record.from_netlink(number, (stamp + text).encode()), 0.0)
        return finished[0]


class Draft:
    """A call on its way."""

    def __init__(
        self,
        source: random.Random,
        machine: str,
        name: str,
        registers: tuple[int, ...] = (0, 0, 0, 0),
        result: int = 0,
    ) -> None:
        self.random, self.machine, self.name = source, machine, name
        self.registers, self.result = registers, result
        self.ids: dict[str, int] = {}
        self.cwd = source.choice(DIRECTORIES)
        self.paths: list[tuple[str | None, str]] = []
        self.files: list[str] = []
        self.family: int | None = None
        self.address: bytes | None = None
        self.socket_family: int | None = None
        self.flags_of_open: int | None = None
        self.how: int | None = None
        self.contained: bool | None = source.choice((True, False, None))

    def fill(self) -> None:
        """Choose everything at random."""
        choose = self.random.choice
        fields = ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid")
        self.ids = {field: choose(IDS) for field in fields}
        self.ids["auid"] = choose((*IDS, UNSET))
        self.registers = tuple(self._register() for _ in range(4))
        self.result = choose((0, 0, 3, 5, 77, 5000, *ERRORS))
        if self.name in ("fcntl", "lseek", "prctl", "ioctl"):
            self.result = choose((self.result, -5000, -4095, -4096))
        if self.name in _AT or self.name in OPENS:
            self._set(0, AT_FDCWD)
            if self.name == "linkat" or self.name.startswith("renameat"):
                self._set(2, AT_FDCWD)
            if self.name == "symlinkat":
                self._set(1, AT_FDCWD)
        if self.name in OPENS:
            self._open()
        elif self.name in _ONE_NAME:
            self._names(_KINDS.get(self.name, "NORMAL"))
        elif self.name in _TWO_NAMES:
            self._two_names()
        elif self.name in _SOCKETS:
            self._address()
        if self.name in ("kill", "tkill", "tgkill"):
            signal = self.registers[2 if self.name == "tgkill" else 1] & 0xFFFFFFFF
            if signal > 64:
                self.result = choose((-22, -3))

    def _register(self) -> int:
        """A number that some argument has a meaning for, at times with other bits beside it."""
        choose = self.random.choice
        few = choose((0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 15, 16, 17, 22, 24, 0x1000, 0x4206, 0x4202, 0x10000000))
        wide = choose((few, few, few, few, 0o644, 0o4755, 0o2711, 1 << self.random.randrange(32), UNSET))
        if self.random.random() < 0.1:
            wide |= self.random.getrandbits(32)
        if self.machine == "i386" or self.random.random() < 0.8:
            return wide
        return wide | self.random.getrandbits(32) << 32

    def _set(self, index: int, value: int) -> None:
        registers = list(self.registers)
        registers[index] = value
        self.registers = tuple(registers)

    def _spelled(self) -> str:
        choose = self.random.choice
        if self.random.random() < 0.3:
            return choose((*DEVIOUS, *LEAVES))
        return posixpath.join(choose(DIRECTORIES), choose(LEAVES))

    def _name(self, kind: str) -> None:
        spelled = self._spelled()
        self.paths.append((spelled, kind if self.result >= 0 else self.random.choice((kind, "UNKNOWN"))))
        self.files.append(straight(self.cwd, spelled))

    def _names(self, kind: str) -> None:
        if kind != "NORMAL":
            self.paths.append((self.cwd, "PARENT"))
        self._name(kind)

    def _two_names(self) -> None:
        if self.name == "mount":
            self._name("NORMAL")
            self._name("NORMAL")
            return
        self.paths += [(self.cwd, "PARENT")] * (2 if self.name.startswith("rename") else 1)
        if self.name.startswith("symlink"):
            self.paths.append((self._spelled(), "UNKNOWN"))
            self._name("CREATE")
            return
        if self.name.startswith("link"):
            self.paths.insert(0, (self._spelled(), "NORMAL"))
            self.files.append(straight(self.cwd, str(self.paths[0][0])))
            self._name("CREATE")
            return
        self._name("DELETE")
        self._name("CREATE")

    def _open(self) -> None:
        choose = self.random.choice
        flags = choose((0, 1, 2, 3)) | choose((0, 0, 0o100, 0o1100, 0o2000000, 0o200000, 0o20200000, 0o4000, 0o1000))
        mode = choose((0, 0o600, 0o755, 0o4711))
        registers = {"open": (1, 2), "openat": (2, 3), "openat2": None, "creat": None, "open_by_handle_at": (2, 3)}
        places = registers[self.name]
        if places is not None:
            self._set(places[0], flags)
            self._set(places[1], mode)
        elif self.name == "creat":
            flags = 0o1101
            self._set(1, mode)
        else:
            self.how = flags
        self.flags_of_open = flags
        if self.name == "open_by_handle_at":
            self.paths.append((None, "NORMAL"))
            return
        made = bool(flags & _O_CREAT) and not flags & _TMPFILE and choose((True, False))
        self._names("CREATE" if made else "NORMAL")

    def _address(self) -> None:
        """A socket that is known or not, and an address that it takes or not."""
        choose = self.random.choice
        kind = choose(tuple(_MAY_GET))
        self.socket_family = choose((kind, None))
        self._set(0, 3)
        if self.result >= 0:
            self.result, self.family = 0, choose(_MAY_GET[kind])
        else:
            self.family = choose((*_FAMILIES, None))
        if self.family is not None:
            self.address = _sockaddr(self.random, self.family)

    def records(self, pid: int) -> Sequence[tuple[str, str]]:
        """The records of the call, by a process."""
        number, arch = syscall_number(self.machine, self.name), machine_number(self.machine) or 0
        outcome = f"success={'no' if -4095 <= self.result < 0 else 'yes'} exit={self.result}"
        registers = " ".join(f"a{index}={value:x}" for index, value in enumerate(self.registers))
        ids = " ".join(f"{name}={value}" for name, value in self.ids.items())
        call = f"arch={arch:x} syscall={number} {outcome} {registers} items={len(self.paths)} ppid=1 pid={pid}"
        lines = [("SYSCALL", f'{call} {ids} tty=(none) ses=1 comm="cat" exe="/usr/bin/cat" key=(null)')]
        if self.how is not None:
            lines.append(("OPENAT2", f"oflag=0{self.how:o} mode=0644 resolve=0x0"))
        if self.address is not None:
            lines.append(("SOCKADDR", f"saddr={self.address.hex().upper()}"))
        lines.append(("CWD", f'cwd="{self.cwd}"'))
        for item, (name, kind) in enumerate(self.paths):
            spelled = "(null)" if name is None else f'"{name}"'
            found = "" if kind == "UNKNOWN" else f"inode={10 + item} dev=08:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 "
            lines.append(("PATH", f"item={item} name={spelled} {found}nametype={kind}"))
        return lines


def straight(directory: str, spelled: str) -> str:
    """A name from a directory, without dots and double slashes."""
    return "/" + posixpath.normpath(posixpath.join(directory, spelled)).lstrip("/")


def _sockaddr(source: random.Random, family: int) -> bytes:
    """A socket address of a family (bits/sockaddr.h)."""
    port = source.choice((22, 80, 8080))
    if family == 2:
        return struct.pack("<H", 2) + struct.pack(">H", port) + bytes((10, 0, 0, source.randrange(3))) + bytes(8)
    if family == 10:
        mapped = bytes(10) + b"\xff\xff" + bytes((10, 0, 0, source.randrange(3)))
        address = source.choice((mapped, bytes.fromhex("20010db8000000000000000000000001")))
        return struct.pack("<H", 10) + struct.pack(">H", port) + bytes(4) + address + bytes(4)
    if family == 1:
        return struct.pack("<H", 1) + source.choice((b"/run/x\0", b"\0abstract"))
    return struct.pack("<H", family) + bytes(14)
