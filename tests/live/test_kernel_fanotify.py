"""The kernel library against the running kernel's fanotify, on directories of the tests' own."""

from __future__ import annotations

import os
import select
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel_sources.errors import NotPermitted
from kernel_sources.fanotify import (
    CLOSE_NOWRITE,
    CLOSE_WRITE,
    EVENT_ON_CHILD,
    ON_DIRECTORY,
    OPEN,
    OPEN_EXEC,
    FanotifyGroup,
    FileEvent,
)
from kernel_sources.procfs import ProcFS

pytestmark = pytest.mark.live

WAIT = 15.0  # seconds an event may take before its test fails; it takes milliseconds
IN_DIRECTORY = OPEN | CLOSE_WRITE | CLOSE_NOWRITE | EVENT_ON_CHILD
NOBODY = 65534


@pytest.fixture
def group() -> Iterator[FanotifyGroup]:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with FanotifyGroup(ProcFS(), with_open_flags=True) as opened:
        yield opened


Wanted = Callable[[FileEvent], bool]


def until(group: FanotifyGroup, wanted: Wanted) -> list[FileEvent]:
    """Collect events up to the first one wanted, that one included."""
    deadline = time.monotonic() + WAIT
    seen: list[FileEvent] = []
    while time.monotonic() < deadline:
        select.select([group], [], [], 0.2)
        for event in group.read_batch():
            seen.append(event)
            if wanted(event):
                return seen
    raise AssertionError(f"the event has not come; the last ones were {seen[-20:]}")


def shell(script: str) -> subprocess.Popen[bytes]:
    """Start a shell that waits for a line, or for the end of its input, where the script says ``read``."""
    return subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=WAIT)


def run(*arguments: str) -> int:
    """Run a command to its end; returns its pid."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    process.wait(WAIT)
    return process.pid


def test_an_open_for_reading_and_its_close(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    group.mark(str(tmp_path), IN_DIRECTORY)
    pid = run("cat", str(file))
    seen = until(group, lambda event: event.closed_after_reading)
    assert {event.path for event in seen} == {str(file)}
    assert {event.pid for event in seen} == {pid}
    assert {(event.device, event.inode) for event in seen} == {(file.stat().st_dev, file.stat().st_ino)}
    assert any(event.opened for event in seen)
    assert not any(event.closed_after_writing for event in seen)


def test_while_a_file_is_open_its_access_mode_is_known(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    group.mark(str(tmp_path), IN_DIRECTORY)
    writer = shell(f"exec 7>'{file}'; read line; exec 7>&-")
    try:
        event = until(group, lambda event: event.opened)[-1]
        assert event.pid == writer.pid
        assert event.gone is False
        assert event.open_flags is not None
        assert [flags & os.O_ACCMODE for flags in event.open_flags] == [os.O_WRONLY]
    finally:
        finish(writer)
    closed = until(group, lambda event: event.closed_after_writing)[-1]
    assert closed.path == str(file)
    assert closed.open_flags is None


def test_a_process_that_has_ended_is_told(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    group.mark(str(tmp_path), IN_DIRECTORY)
    run("cat", str(file))
    for event in until(group, lambda event: event.closed_after_reading):
        assert event.gone is True
        assert event.open_flags is None


def test_the_name_of_a_link_is_not_believed(group: FanotifyGroup, tmp_path: Path) -> None:
    real, elsewhere = tmp_path / "real", tmp_path / "elsewhere"
    real.mkdir()
    elsewhere.mkdir()
    (real / "file").write_text("x")
    (elsewhere / "innocent").symlink_to(real / "file")
    group.mark(str(real), IN_DIRECTORY)
    run("cat", str(elsewhere / "innocent"))
    assert until(group, lambda event: event.opened)[-1].path == str(real / "file")


def test_an_unlinked_file_is_shown_as_such(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    group.mark(str(file), OPEN)
    run("sh", "-c", f"exec 7<'{file}'; rm '{file}'")
    event = until(group, lambda event: event.opened)[-1]
    assert event.path == f"{file} (deleted)"


def test_an_exec_opens_the_program_for_execution(group: FanotifyGroup, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(Path("/bin/true").resolve().read_bytes())
    program.chmod(0o755)
    group.mark(str(program), OPEN_EXEC)
    pid = run(str(program))
    event = until(group, lambda event: event.executed)[-1]
    assert (event.path, event.pid) == (str(program), pid)


def test_a_mark_on_the_file_system_sees_every_directory(group: FanotifyGroup, tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    file = deep / "file"
    file.write_text("x")
    mark = group.mark(str(tmp_path), OPEN, "filesystem")
    pid = run("cat", str(file))
    seen = until(group, lambda event: event.path == str(file))
    assert seen[-1].pid == pid
    assert group.unmark(mark)
    while group.read_batch():
        pass
    run("cat", str(file))
    assert group.read_batch() == []


def test_directories_are_seen_where_wanted(group: FanotifyGroup, tmp_path: Path) -> None:
    group.mark(str(tmp_path), OPEN | ON_DIRECTORY)
    run("ls", str(tmp_path))
    event = until(group, lambda event: event.opened)[-1]
    assert stat.S_ISDIR(event.mode)
    assert event.path == str(tmp_path)


def test_no_event_after_the_mark_is_removed(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    opens = group.mark(str(file), OPEN)
    closes = group.mark(str(file), CLOSE_NOWRITE)
    assert group.unmark(opens)
    run("cat", str(file))
    seen = until(group, lambda event: event.closed_after_reading)
    assert not any(event.opened for event in seen)
    assert group.unmark(closes)
    assert group.marks == ()
    run("cat", str(file))
    assert group.read_batch() == []


def test_a_file_that_took_the_place_of_another_keeps_its_peace(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    mark = group.mark(str(file), OPEN)
    (tmp_path / "other").write_text("y")
    (tmp_path / "other").replace(file)
    assert not group.unmark(mark)


def test_our_own_opens_are_left_out(group: FanotifyGroup, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    group.mark(str(tmp_path), IN_DIRECTORY)
    file.read_text()
    pid = run("cat", str(file))
    assert {event.pid for event in until(group, lambda event: event.closed_after_reading)} == {pid}


def test_an_overflow_is_counted(group: FanotifyGroup, tmp_path: Path) -> None:
    limit = int(ProcFS().sysctl("fs.fanotify.max_queued_events") or 16384)
    group.mark(str(tmp_path), OPEN | EVENT_ON_CHILD)
    # Events on one file are merged, so it takes as many files as the queue is long.
    run(
        "python3",
        "-c",
        f"import sys\nfor n in range({limit} + 100): open(f'{{sys.argv[1]}}/{{n}}', 'w')",
        str(tmp_path),
    )
    received = 0
    deadline = time.monotonic() + WAIT
    while group.overflows == 0 and time.monotonic() < deadline:
        received += len(group.read_batch())
    assert group.overflows == 1
    assert received >= limit


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    before = len(os.listdir("/proc/self/fd"))
    with FanotifyGroup(ProcFS(), with_open_flags=True) as group:
        for kind in ("inode", "mount", "filesystem"):
            group.unmark(group.mark(str(tmp_path), OPEN_EXEC, kind))
        group.mark(str(tmp_path), IN_DIRECTORY)
        run("sh", "-c", f"for n in 1 2 3 4 5 6 7 8 9; do echo x > '{tmp_path}'/$n; done")
        until(group, lambda event: event.path.endswith("/9") and event.closed_after_writing)
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_privileges_it_is_refused(group: FanotifyGroup, tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresuid(NOBODY, NOBODY, NOBODY)
            try:
                FanotifyGroup(ProcFS()).mark("/", OPEN, "filesystem")
            except NotPermitted:
                os._exit(42)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
