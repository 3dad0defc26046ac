"""Who was whose parent at which time, on the host and on the way into a container; the bound; images set right."""

from __future__ import annotations

from typing import Any

from auditfalco.model.container import HOST
from auditfalco.model.process import Capabilities, Process
from auditfalco.state.processes import DEAD_KEPT_NS, DEEPEST_ANCESTRY, ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
IN_CONTAINER = "/system.slice/docker-" + "ab" * 32 + ".scope"
SUPERVISOR, RUNTIME, INIT = 100, 200, 300


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


def living(table: ProcessTable, pid: int) -> Process:
    """The process that has `pid` now."""
    process = table.alive(pid)
    assert process is not None
    return process


def chain(table: ProcessTable, process: Process, ms: int) -> list[int]:
    """The pids of the ancestors at a time, from the parent upwards."""
    return [ancestor.pid for ancestor in table.ancestors(process, at(ms))]


def names(table: ProcessTable, process: Process, ms: int) -> list[str | None]:
    """What the ancestors were called at a time, from the parent upwards."""
    return [table.image_at(ancestor, at(ms)).comm for ancestor in table.ancestors(process, at(ms))]


def double_fork(table: ProcessTable, proc: Any) -> Process:
    """init runs a shell that forks (10) a process that forks (20) a daemon and exits (100)."""
    proc.run(1, 0, "/sbin/init")
    proc.run(100, 1, "/bin/sh")
    table.forked(100, 200, at(10))
    table.forked(200, 300, at(20))
    proc.run(300, 1, "/bin/daemon", start_ms=20)
    table.exited(200, at(100))
    process = table.find(300, at(101))
    assert process is not None
    return process


def test_the_parent_is_the_one_at_the_time_of_the_event(table: ProcessTable, proc: Any) -> None:
    daemon = double_fork(table, proc)
    assert chain(table, daemon, 25) == [200, 100, 1]
    assert chain(table, daemon, 110) == [1]
    assert living(table, 1).children[300] is daemon


def test_a_late_record_of_the_first_parent_time_changes_nothing(table: ProcessTable, proc: Any) -> None:
    daemon = double_fork(table, proc)
    table.set_parent(daemon, 200, at(25))
    assert (chain(table, daemon, 25), chain(table, daemon, 110)) == ([200, 100, 1], [1])


def test_without_proc_a_record_tells_who_took_an_orphan_in(offline: ProcessTable) -> None:
    offline.forked(100, 200, at(10))
    offline.forked(200, 300, at(20))
    offline.exited(200, at(100))
    daemon = living(offline, 300)
    assert chain(offline, daemon, 110) == []
    offline.set_parent(daemon, 1, at(120))
    assert chain(offline, daemon, 121) == [1]
    assert chain(offline, daemon, 25) == [200, 100]


def test_a_child_that_died_before_its_parent_keeps_it(table: ProcessTable, proc: Any) -> None:
    proc.run(100, 1, "/bin/sh")
    table.forked(100, 200, at(10))
    table.exited(200, at(20))
    proc.stop(100)
    table.exited(100, at(30))
    child = table.find(200, at(15))
    assert child is not None
    assert chain(table, child, 15)[0] == 100


def test_a_parent_that_is_forgotten_is_not_kept_by_those_it_left(table: ProcessTable, proc: Any) -> None:
    daemon = double_fork(table, proc)
    table.forked(1, 400, at(40))
    table.exited(400, at(101) + DEAD_KEPT_NS)
    assert daemon.former == ()
    assert (chain(table, daemon, 25), chain(table, daemon, 110)) == ([], [1])


def container_starts(table: ProcessTable, proc: Any) -> Process:
    """A supervisor forks a runtime that forks a container's first process, which then moves and executes."""
    proc.run(1, 0, "/sbin/init")
    proc.run(SUPERVISOR, 1, "/usr/bin/containerd-shim-runc-v2")
    proc.run(RUNTIME, SUPERVISOR, "/usr/bin/runc")
    table.obtain(RUNTIME, at(5))
    table.forked(RUNTIME, INIT, at(10))
    proc.run(INIT, RUNTIME, "/bin/nginx", IN_CONTAINER, start_ms=10, vpid=1)
    table.executed(INIT, at(20))
    return living(table, INIT)


def test_a_forked_process_that_moves_into_a_container_is_found_there_at_its_exec(
    table: ProcessTable, proc: Any
) -> None:
    init = container_starts(table, proc)
    assert init.container is not None
    assert (init.container.id, init.container.runtime) == ("abababababab", "docker")
    assert init.container.start_ns == at(10)
    assert living(table, RUNTIME).container is HOST


def test_when_the_runtime_is_gone_the_containers_first_process_belongs_to_the_supervisor(
    table: ProcessTable, proc: Any
) -> None:
    init = container_starts(table, proc)
    proc.stop(RUNTIME)
    proc.run(INIT, SUPERVISOR, "/bin/nginx", IN_CONTAINER, start_ms=10, vpid=1)
    table.exited(RUNTIME, at(100))
    assert names(table, init, 101) == ["containerd-shim-runc-v2", "init"]
    assert names(table, init, 29) == ["runc", "containerd-shim-runc-v2", "init"]
    assert living(table, SUPERVISOR).children[INIT] is init


def test_a_record_of_the_containers_first_process_names_the_supervisor(table: ProcessTable, proc: Any) -> None:
    init = container_starts(table, proc)
    table.set_parent(init, SUPERVISOR, at(25))
    assert init.parent is living(table, SUPERVISOR)
    assert INIT not in living(table, RUNTIME).children


def test_an_orphan_inside_a_container_belongs_to_its_first_process(table: ProcessTable, proc: Any) -> None:
    init = container_starts(table, proc)
    table.forked(INIT, 301, at(30))
    table.forked(301, 302, at(31))
    proc.run(302, INIT, "/bin/worker", IN_CONTAINER)
    table.exited(301, at(32))
    worker = living(table, 302)
    assert worker.container is init.container
    assert chain(table, worker, 31)[0] == 301
    assert chain(table, worker, 33)[0] == INIT


def test_a_process_in_a_container_never_gets_back_to_the_host(table: ProcessTable, proc: Any) -> None:
    init = container_starts(table, proc)
    proc.run(INIT, SUPERVISOR, "/bin/nginx", "/somewhere/else", start_ms=10)
    table.executed(INIT, at(40))
    assert init.container is not None
    assert init.container.id == "abababababab"


def test_a_process_of_which_nothing_is_known_is_in_no_known_place(table: ProcessTable) -> None:
    assert table.obtain(4000, at(1)).container is None


def test_ancestry_is_cut_at_its_bound(offline: ProcessTable) -> None:
    for generation in range(1, 300):
        offline.forked(generation, generation + 1, at(generation))
    youngest = living(offline, 300)
    assert chain(offline, youngest, 400) == list(range(299, 299 - DEEPEST_ANCESTRY, -1))
    kept, ancestor = 0, youngest.parent
    while ancestor is not None:
        kept, ancestor = kept + 1, ancestor.parent
    assert kept <= DEEPEST_ANCESTRY


def test_a_record_corrects_an_image_whose_exec_was_not_seen(table: ProcessTable, proc: Any) -> None:
    proc.run(100, 1, "/bin/sh")
    process = table.obtain(100, at(1))
    sets = process.image.capabilities = Capabilities(1, 1, 0)
    proc.run(100, 1, "/usr/bin/nc")
    table.correct_image(process, "/usr/bin/nc", "nc")
    assert (process.image.exe_path, process.image.comm, process.image.argv) == ("/usr/bin/nc", "nc", ["nc", "-x"])
    assert process.image.capabilities is sets


def test_a_correction_believes_the_record_where_proc_shows_something_else_by_now(
    table: ProcessTable, proc: Any
) -> None:
    proc.run(100, 1, "/bin/sh")
    process = table.obtain(100, at(1))
    proc.run(100, 1, "/usr/bin/later")
    table.correct_image(process, "/usr/bin/nc", "nc")
    assert (process.image.exe_path, process.image.comm, process.image.argv) == ("/usr/bin/nc", "nc", None)


def test_a_correction_does_not_touch_those_who_shared_the_wrong_image(table: ProcessTable, proc: Any) -> None:
    proc.run(100, 1, "/bin/sh")
    table.forked(100, 200, at(10))
    table.correct_image(living(table, 200), "memfd:x", "x")
    assert living(table, 200).image.from_memfd
    assert living(table, 100).image.exe_path == "/bin/sh"
