"""Processes that enter containers, and containers that stop and start again."""

from __future__ import annotations

from typing import Any

from auditfalco.model.container import HOST
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.containers import ContainerTable, Place
from auditfalco.state.processes import ProcessTable
from kernel_sources.procfs import mounts

START_NS = 1_700_000_000_000_000_000
OUTER, INNER = "/docker/" + "ab" * 32, "/docker/" + "ab" * 32 + "/docker/" + "cd" * 32


def at(ms: int) -> int:
    """A moment, in milliseconds from the beginning."""
    return START_NS + ms * 1_000_000


def first_process(table: ProcessTable, proc: Any, pid: int, ms: int, cgroup: str = OUTER) -> Any:
    """A runtime on the host forks a process that enters a container and executes there."""
    proc.run(1)
    table.obtain(1, at(0))
    table.forked(1, pid, at(ms))
    proc.run(pid, 1, "/bin/app", cgroup, start_ms=ms, vpid=1)
    table.executed(pid, at(ms + 1))
    process = table.alive(pid)
    assert process is not None
    return process


def test_a_container_inside_a_container_is_entered(table: ProcessTable, proc: Any) -> None:
    outer = first_process(table, proc, 50, 10)
    table.forked(50, 60, at(20))
    inner = table.alive(60)
    assert inner is not None
    assert inner.container is outer.container
    proc.run(60, 50, "/bin/app", INNER, start_ms=20, vpid=1)
    table.executed(60, at(21))
    assert inner.container is not None
    assert (inner.container.full_id, inner.container.start_ns) == ("cd" * 32, at(20))
    assert outer.container.full_id == "ab" * 32


def test_a_container_that_has_ended_is_still_known_to_late_records(
    table: ProcessTable, containers: ContainerTable, proc: Any
) -> None:
    process = first_process(table, proc, 50, 10)
    process.container.described = True
    proc.stop(50)
    table.exited(50, at(12))
    container = process.container
    assert (container.stopped_ns, container.described, container.start_ns) == (at(12), True, at(10))
    assert table.find(50, at(11)) is process
    assert containers.of_process(50) is None


def test_a_container_that_starts_again_is_described_anew(table: ProcessTable, proc: Any) -> None:
    container = first_process(table, proc, 50, 10).container
    container.described, container.root, container.upper = True, "/proc/50/root", "/srv/upper"
    proc.stop(50)
    table.exited(50, at(12))
    assert first_process(table, proc, 70, 30).container is container
    assert (container.stopped_ns, container.described, container.root, container.upper) == (None, False, None, None)
    assert (container.start_ns, container.init_pid) == (at(30), 70)


def test_a_process_put_into_a_running_container_does_not_start_it(table: ProcessTable, proc: Any) -> None:
    container = first_process(table, proc, 50, 10).container
    first_process(table, proc, 60, 500)
    assert (container.start_ns, container.init_pid) == (at(10), 50)


def test_a_process_gone_before_its_control_group_was_read_is_not_said_to_be_on_the_host(
    table: ProcessTable, proc: Any
) -> None:
    proc.run(1)
    host = table.obtain(1, at(0)).container
    assert host is not None
    assert host.is_host
    table.forked(1, 50, at(10))
    process = table.alive(50)
    assert process is not None
    assert (process.container, process.place_read) == (host, True)  # a fork stays where its parent is
    table.executed(50, at(11))
    assert (process.container, process.place_read) == (None, False)


def test_a_process_gone_from_a_container_stays_there(table: ProcessTable, proc: Any) -> None:
    first = first_process(table, proc, 50, 10)
    table.forked(50, 60, at(20))
    process = table.alive(60)
    assert process is not None
    table.executed(60, at(21))
    assert (process.container, process.place_read) == (first.container, False)


def test_a_file_on_a_containers_root_tells_the_container(containers: ContainerTable, proc: Any) -> None:
    container = containers.obtain(ContainerReference("cd" * 32, "docker"))
    lines = [
        "25 1 254:1 / / rw - ext4 /dev/vda1 rw",
        "40 25 0:51 / /srv/a/merged rw - overlay overlay rw",
        "41 25 0:52 / /srv/b/merged rw - overlay overlay rw",
    ]
    proc.mount_tables[None] = mounts.parse("\n".join(lines).encode())
    proc.run(50)
    proc.places[50] = Place("/srv/a/merged", None, (0, 51))
    container.started(50, at(0))
    assert containers.of_device((0, 51), at(0)) is None
    containers.describe(container, 50, at(0))
    assert containers.of_device((0, 51), at(1)) is container
    assert containers.of_device((254, 1), at(2)) is HOST
    container.stopped_ns = at(100)
    assert containers.of_device((0, 51), at(100)) is container
    assert containers.of_device((0, 51), at(101)) is None  # another container may have the number by now
    assert containers.of_device((0, 52), at(200)) is None
    assert containers.of_device((0, 99), at(400)) is None
    proc.mount_tables[None] = mounts.parse(b"26 25 0:99 / /run rw - tmpfs tmpfs rw")
    assert containers.of_device((0, 99), at(600)) is HOST
