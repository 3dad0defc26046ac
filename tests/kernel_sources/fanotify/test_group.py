"""Reading and marking by a fanotify group, with a pipe for the kernel's queue and a record of what it was told."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel_sources.errors import Malformed, NotPermitted, NotSupported
from kernel_sources.fanotify import CLOSE_WRITE, EVENT_ON_CHILD, OPEN, OPEN_EXEC, FanotifyGroup, marks

REPORT_PIDFD = 0x80
OVERFLOW = 0x4000
ADD, REMOVE = 1, 2


class LittleProc:
    """Stands in for the proc file system."""

    def own_descriptor(self, number: int) -> str:
        return f"/dev/fd/{number}"

    def flags_of_open(self, pid: int, path: str, device: int, inode: int) -> list[int]:
        return [os.O_RDWR]


class LittleExtension:
    """Stands in for the extension module: its queue is a pipe, its marks a list of calls."""

    def __init__(self) -> None:
        self.queue = -1
        self.refuses: dict[int, int] = {}
        self.calls: list[tuple[int, int]] = []
        self.mark_error = 0

    def create(self) -> int:
        return 1

    def init(self, context: int, flags: int, event_flags: int) -> int:
        number = self.refuses.get(flags & REPORT_PIDFD)
        if number:
            raise OSError(number, os.strerror(number))
        reading, self.queue = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        return reading

    def mark(self, context: int, flags: int, mask: int, directory: int, path: str | None) -> None:
        if self.mark_error:
            raise OSError(self.mark_error, os.strerror(self.mark_error))
        self.calls.append((flags, mask))


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[LittleExtension]:
    little = LittleExtension()
    for name in ("create", "init", "mark"):
        monkeypatch.setattr(f"pyfanotify.ext.{name}", getattr(little, name))
    yield little
    if little.queue >= 0:
        os.close(little.queue)


@pytest.fixture
def opened(extension: LittleExtension) -> Iterator[FanotifyGroup]:
    with FanotifyGroup(LittleProc(), with_open_flags=True) as made:
        yield made


@pytest.fixture
def push(extension: LittleExtension) -> Callable[..., None]:
    """Put an event into the queue."""

    def write(mask: int, descriptor: int, pid: int, pidfd: int = -1) -> None:
        info = struct.pack("=BBHi", 4, 0, 8, pidfd)
        os.write(extension.queue, struct.pack("=IBBHQii", 32, 3, 0, 24, mask, descriptor, pid) + info)

    return write


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


Push = Callable[..., None]


def test_an_event_tells_the_file_and_its_descriptors_are_closed(
    opened: FanotifyGroup, push: Push, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    descriptor = os.open(file, os.O_RDONLY)
    alive = os.pidfd_open(os.getpid())
    push(OPEN, descriptor, 4242, alive)
    (event,) = opened.read_batch()
    assert event.path == str(file)
    assert (event.device, event.inode) == (file.stat().st_dev, file.stat().st_ino)
    assert event.pid == 4242
    assert event.gone is False
    assert event.open_flags == (os.O_RDWR,)
    assert not is_open(descriptor)
    assert not is_open(alive)


def test_what_a_process_that_has_ended_had_open_is_not_believed(
    opened: FanotifyGroup, push: Push, tmp_path: Path
) -> None:
    push(OPEN, os.open(tmp_path, os.O_RDONLY), 4242, -1)
    (event,) = opened.read_batch()
    assert event.gone is True
    assert event.open_flags is None


def test_a_close_asks_for_no_flags(opened: FanotifyGroup, push: Push, tmp_path: Path) -> None:
    push(CLOSE_WRITE, os.open(tmp_path, os.O_RDONLY), 4242, os.pidfd_open(os.getpid()))
    assert opened.read_batch()[0].open_flags is None


def test_our_own_events_are_left_out_and_closed(opened: FanotifyGroup, push: Push, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    push(OPEN, descriptor, os.getpid())
    assert opened.read_batch() == []
    assert not is_open(descriptor)


def test_an_overflow_is_counted(opened: FanotifyGroup, push: Push) -> None:
    push(OVERFLOW, -1, 0)
    assert opened.read_batch() == []
    assert opened.overflows == 1


def test_a_file_that_does_not_tell_is_counted_and_the_others_come(
    opened: FanotifyGroup, push: Push, tmp_path: Path
) -> None:
    push(OPEN, -1, 4242)
    push(OPEN, 1_000_000, 4242)  # not open, so that closing it fails too
    descriptor = os.open(tmp_path, os.O_RDONLY)
    push(OPEN, descriptor, 4242)
    assert [event.path for event in opened.read_batch()] == [str(tmp_path)]
    assert opened.unreadable == 2
    assert not is_open(descriptor)


def test_descriptors_are_closed_when_an_event_fails(
    opened: FanotifyGroup, push: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: LittleProc, pid: int, path: str, device: int, inode: int) -> list[int]:
        raise MemoryError

    monkeypatch.setattr(LittleProc, "flags_of_open", fail)
    descriptors = [os.open(tmp_path, os.O_RDONLY) for _ in range(3)]
    for descriptor in descriptors:
        push(OPEN, descriptor, 4242)
    with pytest.raises(MemoryError):
        opened.read_batch()
    assert not any(is_open(descriptor) for descriptor in descriptors)


def test_an_event_the_kernel_cannot_open_is_counted(
    opened: FanotifyGroup, push: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(OPEN, os.open(tmp_path, os.O_RDONLY), 4242)
    failures = [errno.EMFILE, errno.ENXIO]
    read = os.read

    def failing_first(descriptor: int, size: int) -> bytes:
        if descriptor == opened.fileno() and failures:
            raise OSError(failures.pop(), "no")
        return read(descriptor, size)

    monkeypatch.setattr("kernel_sources.fanotify.group.os.read", failing_first)
    assert len(opened.read_batch()) == 1
    assert opened.unreadable == 2


def test_another_version_of_the_format_is_malformed(opened: FanotifyGroup, extension: LittleExtension) -> None:
    os.write(extension.queue, struct.pack("=IBBHQii", 24, 9, 0, 24, OPEN, -1, 1))
    with pytest.raises(Malformed):
        opened.read_batch()


def test_older_kernels_cannot_tell_exits(extension: LittleExtension, push: Push, tmp_path: Path) -> None:
    extension.refuses[REPORT_PIDFD] = errno.EINVAL
    with FanotifyGroup(LittleProc()) as opened:
        assert not opened.tells_exits
        push(OPEN, os.open(tmp_path, os.O_RDONLY), 4242)
        assert opened.read_batch()[0].gone is None


@pytest.mark.parametrize(("number", "kind"), [(errno.EPERM, NotPermitted), (errno.ENOSYS, NotSupported)])
def test_a_refused_group(extension: LittleExtension, number: int, kind: type[Exception]) -> None:
    extension.refuses = {REPORT_PIDFD: number, 0: number}
    with pytest.raises(kind):
        FanotifyGroup(LittleProc())


def test_marks_are_remembered_and_removed(opened: FanotifyGroup, extension: LittleExtension, tmp_path: Path) -> None:
    mark = opened.mark(str(tmp_path), OPEN | EVENT_ON_CHILD)
    assert opened.marks == (mark,)
    assert opened.unmark(mark)
    assert not opened.unmark(mark)
    assert extension.calls == [(ADD, OPEN | EVENT_ON_CHILD), (REMOVE, OPEN | EVENT_ON_CHILD)]
    assert opened.marks == ()


def test_the_kind_of_a_mark_is_told_to_the_kernel(
    opened: FanotifyGroup, extension: LittleExtension, tmp_path: Path
) -> None:
    opened.mark(str(tmp_path), OPEN, "mount")
    opened.mark(str(tmp_path), OPEN, "filesystem")
    assert extension.calls == [(ADD | marks.KINDS["mount"], OPEN), (ADD | marks.KINDS["filesystem"], OPEN)]
    with pytest.raises(ValueError):
        opened.mark(str(tmp_path), OPEN, "universe")


def test_removing_leaves_the_bits_that_other_marks_want(
    opened: FanotifyGroup, extension: LittleExtension, tmp_path: Path
) -> None:
    both = opened.mark(str(tmp_path), OPEN | CLOSE_WRITE)
    opens = opened.mark(str(tmp_path), OPEN)
    execs = opened.mark(str(tmp_path), OPEN_EXEC)
    extension.calls.clear()
    assert opened.unmark(opens)
    assert opened.unmark(both)
    assert opened.unmark(execs)
    assert extension.calls == [(REMOVE, OPEN | CLOSE_WRITE), (REMOVE, OPEN_EXEC)]


def test_another_file_at_the_path_is_left_alone(
    opened: FanotifyGroup, extension: LittleExtension, tmp_path: Path
) -> None:
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text("x")
    other.write_text("y")
    mark = opened.mark(str(file), OPEN)
    other.replace(file)
    assert not opened.unmark(mark)
    file.unlink()
    gone = opened.mark(str(tmp_path), OPEN)
    assert opened.unmark(gone)
    assert [flags for flags, _ in extension.calls] == [ADD, ADD, REMOVE]


def test_a_refused_mark_is_not_remembered(opened: FanotifyGroup, extension: LittleExtension, tmp_path: Path) -> None:
    extension.mark_error = errno.EPERM
    with pytest.raises(NotPermitted):
        opened.mark(str(tmp_path), OPEN)
    with pytest.raises(FileNotFoundError):
        opened.mark(str(tmp_path / "absent"), OPEN)
    assert opened.marks == ()


def test_no_descriptor_is_left_open(extension: LittleExtension, tmp_path: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    with FanotifyGroup(LittleProc()) as made:
        for kind in ("inode", "mount", "filesystem"):
            made.unmark(made.mark(str(tmp_path), OPEN, kind))
    os.close(extension.queue)
    extension.queue = -1
    assert len(os.listdir("/dev/fd")) == before


def test_closing_twice_is_harmless(extension: LittleExtension) -> None:
    made = FanotifyGroup(LittleProc())
    made.close()
    made.close()
    assert made.fileno() == -1
