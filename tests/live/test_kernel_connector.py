"""The kernel library against the running kernel's process connector."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent, ProcessEventReader, Ptrace, Sid, Uid
from kernel_sources.connector.reader import kernel_release
from kernel_sources.errors import NotPermitted, NotSupported

pytestmark = pytest.mark.live

WAIT = 15.0  # seconds an event may take before its test fails; it takes milliseconds
NOBODY = 65534
PTRACE_SEIZE = 0x4206


@pytest.fixture
def reader() -> Iterator[ProcessEventReader]:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    try:
        opened = ProcessEventReader()
    except NotSupported as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def until(reader: ProcessEventReader, wanted: Callable[[ProcessEvent], bool]) -> list[ProcessEvent]:
    """Collect events up to the first one wanted, that one included."""
    deadline = time.monotonic() + WAIT
    seen: list[ProcessEvent] = []
    while time.monotonic() < deadline:
        select.select([reader], [], [], 0.2)
        for event in reader.read_batch():
            seen.append(event)
            if wanted(event):
                return seen
    raise AssertionError(f"the event has not come; the last ones were {seen[-20:]}")


def of(pid: int, events: list[ProcessEvent]) -> list[ProcessEvent]:
    """Return the events about one process, its birth included."""
    return [event for event in events if (event.child_tgid if isinstance(event, Fork) else event.tgid) == pid]


def ending_with(reader: ProcessEventReader, pid: int) -> list[ProcessEvent]:
    """Return the events of the whole machine up to the end of one process."""
    return until(reader, lambda event: isinstance(event, Exit) and event.pid == pid)


def life_of(reader: ProcessEventReader, pid: int) -> list[ProcessEvent]:
    """Return the events of a process from its birth to its end."""
    return of(pid, ending_with(reader, pid))


def forked(work: Callable[[], object]) -> int:
    """Run ``work`` in a child and wait for its end; returns its pid."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(3)
    os.waitpid(child, 0)
    return child


def test_a_child_is_born_executes_and_ends(reader: ProcessEventReader) -> None:
    before = time.monotonic_ns()
    child = subprocess.Popen(["false"])
    child.wait(WAIT)
    events = life_of(reader, child.pid)
    kinds = [type(event) for event in events]
    assert kinds[0] is Fork
    assert Exec in kinds
    assert kinds[-1] is Exit
    born, ended = events[0], events[-1]
    assert isinstance(born, Fork)
    assert isinstance(ended, Exit)
    assert (born.parent_tgid, born.child_pid, born.is_thread) == (os.getpid(), child.pid, False)
    assert (ended.code, ended.signal, ended.parent_tgid) == (1 << 8, signal.SIGCHLD, os.getpid())
    times = [event.timestamp_ns for event in events]
    assert before <= times[0] <= times[-1] <= time.monotonic_ns()
    assert times == sorted(times)


def test_a_signal_that_kills_is_in_the_code(reader: ProcessEventReader) -> None:
    child = subprocess.Popen(["sleep", "60"])
    child.kill()
    child.wait(WAIT)
    ended = life_of(reader, child.pid)[-1]
    assert isinstance(ended, Exit)
    assert ended.code & 0x7F == signal.SIGKILL


def test_changes_of_identity(reader: ProcessEventReader) -> None:
    def change() -> None:
        os.setsid()
        with open("/proc/self/comm", "wb") as comm:
            comm.write(b"a) b\xff")
        os.setuid(NOBODY)

    pid = forked(change)
    events = life_of(reader, pid)
    assert [event.tgid for event in events if isinstance(event, Sid)] == [pid]
    assert [event.comm for event in events if isinstance(event, Comm)] == ["a) b\udcff"]
    assert [(event.real, event.effective) for event in events if isinstance(event, Uid)] == [(NOBODY, NOBODY)]


def test_a_tracer_is_told(reader: ProcessEventReader) -> None:
    target = subprocess.Popen(["sleep", "60"])
    try:
        source = f"import ctypes; ctypes.CDLL(None).ptrace({PTRACE_SEIZE}, {target.pid}, 0, 0)"
        tracer = subprocess.Popen(["python3", "-c", source])
        tracer.wait(WAIT)
        seen = until(reader, lambda event: isinstance(event, Ptrace) and event.tgid == target.pid)
        attached = seen[-1]
        assert isinstance(attached, Ptrace)
        assert (attached.pid, attached.tracer_tgid) == (target.pid, tracer.pid)
    finally:
        target.kill()
        target.wait(WAIT)


def test_threads_are_told_from_processes(reader: ProcessEventReader) -> None:
    source = "import threading; t = threading.Thread(target=lambda: None); t.start(); t.join()"
    child = subprocess.Popen(["python3", "-c", source])
    child.wait(WAIT)
    events = life_of(reader, child.pid)
    assert [event.child_tgid for event in events if isinstance(event, Fork) and event.is_thread] == [child.pid]
    assert len([event for event in events if isinstance(event, Exit) and event.is_thread]) == 1


def test_the_kernel_leaves_out_what_is_not_wanted(reader: ProcessEventReader) -> None:
    with ProcessEventReader((Exec,)) as narrow:
        child = subprocess.Popen(["true"])
        child.wait(WAIT)
        seen = until(narrow, lambda event: isinstance(event, Exec) and event.tgid == child.pid)
        assert {type(event) for event in seen} == {Exec}
    # The other subscription goes on as it was.
    assert Exit in {type(event) for event in life_of(reader, child.pid)}


def test_losses_are_counted(reader: ProcessEventReader) -> None:
    children = 300
    with ProcessEventReader(receive_buffer=4096) as small:
        received = len(visit_every_cpu(small))  # from now on the number of the next event is known for each CPU
        for _ in range(children):
            forked(lambda: None)
        received += len(small.read_batch())
        received += len(visit_every_cpu(small))  # a gap shows with the next event of the same CPU
        assert small.overruns >= 1
        assert small.lost >= 1
        assert received + small.lost >= 2 * children  # each was born and has ended


def visit_every_cpu(reader: ProcessEventReader) -> list[ProcessEvent]:
    """Make and read events on each CPU that this process may use."""
    cpus = os.sched_getaffinity(0)
    events = []
    try:
        for cpu in cpus:
            os.sched_setaffinity(0, {cpu})
            events += ending_with(reader, forked(lambda: None))
    finally:
        os.sched_setaffinity(0, cpus)
    return events


def test_nothing_is_lost_in_a_buffer_that_is_large_enough(reader: ProcessEventReader) -> None:
    children = [forked(lambda: None) for _ in range(300)]
    events = ending_with(reader, children[-1])
    ended = {event.pid for event in events if isinstance(event, Exit)}
    born = {event.child_pid for event in events if isinstance(event, Fork)}
    assert set(children) <= ended
    assert set(children) <= born
    assert (reader.lost, reader.overruns, reader.malformed) == (0, 0, 0)


def test_without_privileges_it_depends_on_the_kernel(reader: ProcessEventReader) -> None:
    permitted, refused = 42, 43

    def attempt() -> None:
        os.setgroups([])
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            ProcessEventReader().close()
        except NotPermitted:
            os._exit(refused)
        os._exit(permitted)

    child = os.fork()
    if child == 0:
        try:
            attempt()
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == (permitted if kernel_release() >= (6, 6) else refused)
