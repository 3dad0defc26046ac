"""What the gate has seen of an exec is put into its process, and into no other."""

from __future__ import annotations

import pytest

from auditfalco.model.admission import Admission, AncestorSeen
from auditfalco.model.container import HOST
from auditfalco.model.process import Environment, Process
from auditfalco.state.admissions import Admissions
from auditfalco.state.containers import ContainerTable
from auditfalco.state.environments import Environments
from auditfalco.state.processes import ProcessTable

MS = 1_000_000
FORKED, STOPPED, EXECUTED = 1_000 * MS, 1_005 * MS, 1_006 * MS
DOCKER = "a" * 64
SEEN = Admission(
    time_ns=STOPPED,
    pid=30,
    start_ns=FORKED - 5 * MS,  # in ticks of 10 ms
    tty=34816,
    pgid=30,
    sid=20,
    vpid=3,
    vpgid=3,
    vsid=1,
    cgroups=(f"/docker/{DOCKER}",),
    file="/bin/act",
    device=1,
    inode=2,
    cwd="/",
    argv=("act",),
    environment=("A=1",),
    whole=True,
    ancestors=(AncestorSeen(20, 500 * MS, "sh", "/bin/sh", ("sh", "-c")), AncestorSeen(10, 0, "top", "/bin/top", ())),
)


@pytest.fixture
def processes() -> ProcessTable:
    table = ProcessTable(None, ContainerTable(None), clock=lambda: EXECUTED)
    table.forked(10, 20, 500 * MS)
    table.executed(20, 600 * MS)
    table.forked(20, 30, FORKED)
    return table


@pytest.fixture
def admissions(processes: ProcessTable) -> Admissions:
    return Admissions(processes, ContainerTable(None), Environments(None), capacity=3)


def executed(processes: ProcessTable) -> Process:
    processes.executed(30, EXECUTED)
    process = processes.alive(30)
    assert process is not None
    processes.confirm_exec(process, STOPPED - MS)
    return process


def test_everything_is_taken_over(processes: ProcessTable, admissions: Admissions) -> None:
    admissions.add(SEEN)
    process = executed(processes)
    assert admissions.apply(process, process.image, STOPPED - MS) == STOPPED
    assert (process.tty, process.pgid, process.sid) == (34816, 30, 20)
    assert (process.vpid, process.vpgid, process.vsid, process.group_read) == (3, 3, 1, True)
    assert process.container is not None and process.container.full_id == DOCKER
    assert process.image.environment == Environment(("A=1",), True)
    chain = processes.ancestors(process, STOPPED)
    assert [parent.pid for parent in chain] == [20, 10]
    shown = [processes.image_at(parent, STOPPED) for parent in chain]
    assert [(image.comm, image.exe_path) for image in shown] == [("sh", "/bin/sh"), ("top", "/bin/top")]
    assert len(admissions) == 0


def test_a_parent_that_dies_at_once_stays_certain(processes: ProcessTable, admissions: Admissions) -> None:
    admissions.add(SEEN)
    process = executed(processes)
    processes.exited(20, EXECUTED + MS, 10)
    assert admissions.apply(process, process.image, STOPPED - MS) == STOPPED
    assert [parent.pid for parent in processes.ancestors(process, STOPPED)] == [20, 10]


@pytest.mark.parametrize(
    "other",
    [
        SEEN._replace(pid=31),
        SEEN._replace(start_ns=FORKED - 500 * MS),
        SEEN._replace(time_ns=STOPPED - 100 * MS),
        SEEN._replace(time_ns=EXECUTED + MS),
    ],
    ids=["another pid", "the pid of another life", "an exec before", "an exec after"],
)
def test_what_is_about_something_else_is_not(processes: ProcessTable, admissions: Admissions, other: Admission) -> None:
    admissions.add(other)
    process = executed(processes)
    assert admissions.apply(process, process.image, STOPPED - MS) is None
    assert process.tty is None
    assert process.image.environment is None


def test_the_last_try_before_the_exec_counts(processes: ProcessTable, admissions: Admissions) -> None:
    for tty, time_ns in ((1, STOPPED - 100), (2, STOPPED), (3, EXECUTED + MS)):
        admissions.add(SEEN._replace(tty=tty, time_ns=time_ns))
    process = executed(processes)
    assert admissions.apply(process, process.image, STOPPED - MS) == STOPPED
    assert process.tty == 2
    assert len(admissions) == 1  # the next exec's


def test_of_two_execs_within_a_tick_it_is_the_one_that_was_stopped(
    processes: ProcessTable, admissions: Admissions
) -> None:
    admissions.add(SEEN)
    processes.executed(30, STOPPED - MS // 2)  # has no record
    processes.executed(30, EXECUTED)
    process = processes.alive(30)
    assert process is not None
    record_ns = STOPPED - MS
    assert admissions.earliest(30, record_ns, ["other"]) == record_ns
    image = processes.confirm_exec(process, admissions.earliest(30, record_ns, ["act"]))
    assert image.exec_ns == EXECUTED
    assert admissions.apply(process, image, record_ns) == STOPPED


def test_a_process_in_a_container_does_not_get_out(processes: ProcessTable, admissions: Admissions) -> None:
    process = executed(processes)
    inside = admissions._containers.of_paths(30, [f"/docker/{DOCKER}"])
    process.container = inside
    admissions.add(SEEN._replace(cgroups=("/user.slice",)))
    admissions.apply(process, process.image, STOPPED - MS)
    assert process.container is inside is not HOST


def test_a_cut_environment_is_said_to_be(processes: ProcessTable, admissions: Admissions) -> None:
    admissions.add(SEEN._replace(whole=False))
    process = executed(processes)
    admissions.apply(process, process.image, STOPPED - MS)
    assert process.image.environment == Environment(("A=1",), False)


def test_the_oldest_are_forgotten(admissions: Admissions) -> None:
    for pid in range(5):
        admissions.add(SEEN._replace(pid=pid))
    assert (len(admissions), admissions.evictions) == (3, 2)
