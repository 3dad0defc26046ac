"""What is seen of a thread that an exec has stopped: here of this very process, in a call that is made up."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import pytest

from auditfalco.agent.gate.examination import Awake, Examiner, Unseen
from auditfalco.model.admission import Admission
from kernel_sources.fanotify.permission import OPEN_EXEC_PERM, Request
from kernel_sources.procfs import ProcFS, StatFacts
from kernel_sources.procfs.calls import CallFacts

ARGV = (ctypes.c_char_p * 3)(b"act", b"1", None)
ENVP = (ctypes.c_char_p * 3)(b"NONCE=n1", b"A=", None)
EXECVE, EXECVEAT = 59, 322
CALL = CallFacts(EXECVE, (1, ctypes.addressof(ARGV), ctypes.addressof(ENVP), 0, 0, 0), 7)


class LittleProc(ProcFS):
    """The live proc file system, but for the call and the login uid."""

    def __init__(self) -> None:
        super().__init__()
        self.now: CallFacts | None = CALL
        self.cmdlines = 0

    def call(self, tid: int | str) -> CallFacts | None:
        return self.now

    def loginuid(self, pid: int | str) -> int | None:
        return 77

    def cmdline(self, pid: int | str) -> list[str] | None:
        self.cmdlines += 1
        return super().cmdline(pid)


class ProcOfTheGone(LittleProc):
    def stat(self, pid: int | str) -> StatFacts | None:
        return None


@pytest.fixture
def proc() -> LittleProc:
    return LittleProc()


@pytest.fixture
def files() -> Iterator[list[int]]:
    opened = [os.open(path, os.O_RDONLY) for path in ("/proc/self/exe", "/dev/null")]
    yield opened
    for descriptor in opened:
        os.close(descriptor)


def examined(proc: ProcFS, descriptor: int, *login_uids: int) -> Admission | None:
    return Examiner(proc, login_uids).examine(Request(OPEN_EXEC_PERM, descriptor, os.getpid()))


def test_everything_is_seen(proc: LittleProc, files: list[int]) -> None:
    seen = examined(proc, files[0])
    assert seen is not None
    assert (seen.pid, seen.pgid, seen.sid) == (os.getpid(), os.getpgid(0), os.getsid(0))
    assert (seen.argv, seen.environment, seen.whole) == (("act", "1"), ("NONCE=n1", "A="), True)
    assert (seen.inode, seen.cwd) == (os.fstat(files[0]).st_ino, os.getcwd())
    assert seen.cgroups == tuple(group.path for group in proc.cgroups("self") or ())
    assert seen.ancestors[0].pid == os.getppid()


def test_execveat_has_its_arguments_elsewhere(proc: LittleProc, files: list[int]) -> None:
    proc.now = CallFacts(EXECVEAT, (3, *CALL.arguments[:5]), 7)
    seen = examined(proc, files[0])
    assert seen is not None and seen.argv == ("act", "1")


def test_another_call_leaves_arguments_unknown(proc: LittleProc, files: list[int]) -> None:
    proc.now = CALL._replace(number=221)
    seen = examined(proc, files[0])
    assert seen is not None and (seen.argv, seen.environment, seen.whole) == (None, None, False)


def test_of_one_exec_the_first_file_counts(proc: LittleProc, files: list[int]) -> None:
    examiner = Examiner(proc, ())

    def seen(descriptor: int) -> bool:
        return examiner.examine(Request(OPEN_EXEC_PERM, descriptor, os.getpid())) is not None

    assert [seen(files[0]), seen(files[1])] == [True, False]
    assert [seen(files[0]), seen(files[1])] == [True, False]  # the same call once more
    proc.now = CALL._replace(stack=8)
    assert seen(files[1])


def test_an_ancestors_arguments_are_read_once(proc: LittleProc, files: list[int]) -> None:
    examiner = Examiner(proc, ())
    for stack in range(3):
        proc.now = CALL._replace(stack=stack)
        seen = examiner.examine(Request(OPEN_EXEC_PERM, files[0], os.getpid()))
        assert seen is not None
    assert proc.cmdlines <= len(seen.ancestors)


def test_others_are_let_go_at_once(proc: LittleProc, files: list[int]) -> None:
    proc.now = None
    assert examined(proc, files[0], 78) is None
    with pytest.raises(Awake):
        examined(proc, files[0], 77, 78)


def test_who_is_gone_is_not_seen(files: list[int]) -> None:
    with pytest.raises(Unseen):
        examined(ProcOfTheGone(), files[0])
