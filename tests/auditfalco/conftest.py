"""What the tests of the middle share: a host that is told its story in hand-written audit records.

The records are written as the kernel writes them (kernel/auditsc.c) and go the whole way: netlink payload, assembler,
normaliser. Nothing of what the tests compare with comes from the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable

import pytest

from auditfalco.model.event import Event
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.state.engines.engine import Engine
from auditfalco.state.host import HostState
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.procfs import ProcFS

SYSCALL, PATH, CWD, EXECVE, EOE, BPRM_FCAPS, PROCTITLE, OPENAT2 = 1300, 1302, 1307, 1309, 1320, 1321, 1327, 1337
X86_64, I386 = "c000003e", "40000003"
START_NS = 1_700_000_000_000_000_000
MS = 1_000_000

Line = tuple[int, str]


def quoted(text: str) -> str:
    """A string as the kernel writes it: between quotes, or in hexadecimal when it holds what quotes cannot."""
    raw = text.encode("utf-8", "surrogateescape")
    plain = all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in raw)
    return f'"{text}"' if plain else raw.hex().upper()


class Records:
    """Writes records, each as its number and the text behind the stamp."""

    def syscall(
        self, number: int, a: Iterable[str] = ("0", "0", "0", "0"), exit: int | None = 0, **changes: object
    ) -> Line:
        """A SYSCALL record of x86_64 by root's `cat`, pid 500 under pid 400, without terminal.

        `changes` replaces fields: `arch="40000003"` makes it a call of the 32-bit ABI. `exit=None` never returned.
        """
        values: dict[str, object] = {
            "arch": X86_64,
            "ppid": 400,
            "pid": 500,
            "auid": 4294967295,
            **dict.fromkeys(("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"), 0),
            "tty": "(none)",
            "ses": 4294967295,
            "comm": "cat",
            "exe": "/usr/bin/cat",
            **changes,
        }
        outcome = "" if exit is None else f" success={'no' if exit < 0 else 'yes'} exit={exit}"
        registers = " ".join(f"a{index}={value}" for index, value in enumerate(a))
        ids = ["ppid", "pid", "auid", "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid", "tty", "ses"]
        named = " ".join(f"{name}={values[name]}" for name in ids)
        program = f"comm={quoted(str(values['comm']))} exe={quoted(str(values['exe']))}"
        return (
            SYSCALL,
            f"arch={values['arch']} syscall={number}{outcome} {registers} items=1 {named} {program} key=(null)",
        )

    def path(
        self, item: int, name: str | None, nametype: str = "NORMAL", inode: int | None = 77, **changes: str
    ) -> Line:
        """A PATH record of a regular file of root's on 08:01, mode 0644; without inode it is one that was not found."""
        values = {"dev": "08:01", "mode": "0100644", "ouid": "0", "ogid": "0", **changes}
        spelled = "(null)" if name is None else quoted(name)
        about = ""
        if inode is not None:
            about = (
                f" inode={inode} dev={values['dev']} mode={values['mode']} ouid={values['ouid']} ogid={values['ogid']}"
                " rdev=00:00"
            )
        return (
            PATH,
            f"item={item} name={spelled}{about} nametype={nametype} cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
        )

    def cwd(self, directory: str) -> Line:
        """A CWD record."""
        return CWD, f"cwd={quoted(directory)}"

    def execve(self, *arguments: str) -> Line:
        """An EXECVE record."""
        listed = " ".join(f"a{index}={quoted(argument)}" for index, argument in enumerate(arguments))
        return EXECVE, f"argc={len(arguments)} {listed}"

    def capabilities(self, permitted: int, effective: int, inheritable: int = 0, ambient: int = 0) -> Line:
        """A BPRM_FCAPS record with these new sets."""
        old = "old_pp=0000000000000000 old_pi=0000000000000000 old_pe=0000000000000000 old_pa=0000000000000000"
        new = f"pp={permitted:016x} pi={inheritable:016x} pe={effective:016x} pa={ambient:016x}"
        return BPRM_FCAPS, f"fver=0 fp=0 fi=0 fe=0 {old} {new} frootid=0"

    def openat2(self, flags: int, mode: int, resolve: int) -> Line:
        """An OPENAT2 record."""
        return OPENAT2, f"oflag=0{flags:o} mode=0{mode:o} resolve=0x{resolve:x}"


class Machine:
    """A host and its normaliser. Without a door to /proc it knows what the records tell and nothing else."""

    def __init__(self, proc: ProcFS | None = None, engines: Sequence[Engine] = ()) -> None:
        self.host = HostState("testbox", proc, engines)
        self.normaliser = Normaliser(self.host)
        self._assembler = Assembler()
        self._serial = 0

    def raw(self, *lines: Line, at_ms: int = 0) -> RawEvent:
        """One raw event: these records and an EOE, stamped START_NS + `at_ms` milliseconds."""
        self._serial += 1
        time_ms = START_NS // MS + at_ms
        stamp = f"audit({time_ms // 1000}.{time_ms % 1000:03}:{self._serial}): "
        finished: list[RawEvent] = []
        for number, text in (*lines, (EOE, "")):
            payload = (stamp + text).encode("utf-8", "surrogateescape")
            finished += self._assembler.feed(Record.from_netlink(number, payload), 0.0)
        assert len(finished) == 1
        return finished[0]

    def maybe(self, *lines: Line, at_ms: int = 0) -> Event | None:
        """What the normaliser makes of one raw event."""
        return self.normaliser.event(self.raw(*lines, at_ms=at_ms))

    def event(self, *lines: Line, at_ms: int = 0) -> Event:
        """The event of one raw event that must be one."""
        event = self.maybe(*lines, at_ms=at_ms)
        assert event is not None
        return event


@pytest.fixture
def records() -> Records:
    """A writer of audit records."""
    return Records()


@pytest.fixture
def machine() -> Machine:
    """A host that is known by its records alone, as in a replay."""
    return Machine()


@pytest.fixture
def machine_with() -> Callable[..., Machine]:
    """Makes hosts with a recorded /proc, or with engines' state files."""
    return Machine
