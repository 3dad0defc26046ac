"""Audit rules that follow containers as they come and go; the kernel's side is made up, the thread is real."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator

import pytest

from auditfalco.agent.container_opens import ContainerOpens
from auditfalco.coverage.constraints import Contained, Succeeded
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.model.container import HOST, Container
from auditfalco.model.process import Image, Process
from kernel_sources.audit import rule_text
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import RuleRefused
from kernel_sources.procfs import Mount, mounts

ROOT = "25 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
OVERLAY_A = "90 25 0:51 / /var/lib/docker/overlay2/aa/merged rw - overlay overlay rw\n"
OVERLAY_B = "91 25 0:52 / /var/lib/docker/overlay2/bb/merged rw - overlay overlay rw\n"
INSIDE_A = "600 500 0:51 / / rw - overlay overlay rw\n601 600 0:60 / /proc rw - proc proc rw\n"
INSIDE_B = "610 510 0:52 / / rw - overlay overlay rw\n611 610 0:60 / /proc rw - proc proc rw\n"


class Machine:
    """The mount tables of /proc, and the kernel's list of audit rules."""

    def __init__(self) -> None:
        self.tables: dict[object, str] = {"self": ROOT}
        self.devices: list[tuple[int, int]] = []
        self.refuses = False
        self.broken = False

    def mountinfo(self, pid: object = "self") -> list[Mount] | None:
        text = self.tables.get(pid)
        return None if text is None else mounts.parse(text.encode())

    def add(self, planned: list[PlannedRule]) -> list[RuleRefused]:
        if self.broken:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        if self.refuses:
            return [RuleRefused(rule_text.text(one.rule), errno.ENOSPC) for one in planned]
        self.devices += [device(one.rule) for one in planned]
        return []

    def remove(self, rule: AuditRule) -> None:
        if self.broken:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        if not self.refuses:
            self.devices.remove(device(rule))


def device(rule: AuditRule) -> tuple[int, int]:
    """The device that a rule is about."""
    found = {field.name: field.value for field in rule.fields}
    return int(found["devmajor"]), int(found["devminor"])


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def opens(machine: Machine) -> Iterator[ContainerOpens]:
    made = ContainerOpens(Plan(Needs({"openat": {frozenset({Contained(), Succeeded(True)}): ()}})), machine, machine)  # type: ignore[arg-type]
    yield made
    made.stop()


def process_in(pid: int, container: Container | None) -> Process:
    """A process in a place."""
    process = Process(pid, 0, None, Image())
    process.container = container
    return process


A, B = Container("aa" * 32, "docker"), Container("bb" * 32, "docker")


def test_existing_overlays_are_asked_for_before_the_start_returns(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables["self"] = ROOT + OVERLAY_A
    opens.start()
    assert set(machine.devices) == {(0, 51)}


def test_a_new_overlay_is_asked_for_and_goes_with_its_container(machine: Machine, opens: ContainerOpens) -> None:
    opens.start()
    machine.tables.update({"self": ROOT + OVERLAY_A, 300: INSIDE_A})
    opens.mounts_changed()
    opens.entered(process_in(300, A))
    opens.stop()
    assert set(machine.devices) == {(0, 51), (0, 60)}


def test_everything_of_a_container_goes_when_its_overlay_does(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables.update({"self": ROOT + OVERLAY_A, 300: INSIDE_A})
    opens.start()
    opens.entered(process_in(300, A))
    opens.mounts_changed()
    wait_for(opens, machine, {(0, 51), (0, 60)})
    machine.tables["self"] = ROOT
    opens.mounts_changed()
    opens.stop()
    assert machine.devices == []


def test_what_two_containers_share_stays_until_the_last_is_gone(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables.update({"self": ROOT + OVERLAY_A + OVERLAY_B, 300: INSIDE_A, 301: INSIDE_B})
    opens.start()
    opens.entered(process_in(300, A))
    opens.entered(process_in(301, B))
    wait_for(opens, machine, {(0, 51), (0, 52), (0, 60)})
    machine.tables["self"] = ROOT + OVERLAY_B
    opens.mounts_changed()
    opens.stop()
    assert set(machine.devices) == {(0, 52), (0, 60)}


def wait_for(opens: ContainerOpens, machine: Machine, devices: set[tuple[int, int]]) -> None:
    """Wait until the thread has asked for these devices; a bug makes the test hang no longer than its patience."""
    for _ in range(10_000):
        if set(machine.devices) == devices:
            return
        opens.mounts_changed()
        time.sleep(0.001)
    pytest.fail(f"asked for {machine.devices}")


@pytest.mark.parametrize("place", [None, HOST])
def test_processes_outside_containers_are_passed_over(
    machine: Machine, opens: ContainerOpens, place: Container | None
) -> None:
    opens.start()
    machine.tables[300] = INSIDE_A
    opens.entered(process_in(300, place))
    opens.stop()
    assert machine.devices == []


def test_a_helper_on_its_way_in_leaves_it_to_the_next_process(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables.update({"self": ROOT + OVERLAY_A, 299: ROOT + OVERLAY_A, 300: INSIDE_A})
    opens.start()
    opens.entered(process_in(299, A))
    for _ in range(10_000):
        opens.entered(process_in(300, A))
        if (0, 60) in machine.devices:
            break
        time.sleep(0.001)
    assert set(machine.devices) == {(0, 51), (0, 60)}


def test_a_process_that_is_gone_leaves_it_to_the_next(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables["self"] = ROOT + OVERLAY_A
    opens.start()
    opens.entered(process_in(300, A))
    machine.tables[301] = INSIDE_A
    opens.entered(process_in(301, A))
    opens.stop()
    assert set(machine.devices) == {(0, 51), (0, 60)}


def test_mounts_that_no_rule_can_single_out_are_told(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables.update({"self": ROOT + OVERLAY_A, 300: INSIDE_A + "700 600 254:1 / /host rw - ext4 /dev/vda1 rw\n"})
    opens.start()
    opens.entered(process_in(300, A))
    opens.stop()
    assert opens.unseen == {"/host"}


def test_refusals_are_kept_up_to_a_bound(machine: Machine, opens: ContainerOpens) -> None:
    machine.refuses = True
    machine.tables["self"] = ROOT + "".join(
        f"{100 + number} 25 0:{100 + number} / /o/{number} rw - overlay overlay rw\n" for number in range(150)
    )
    opens.start()
    assert len(opens.refused) == 100
    assert "No space left" in opens.refused[0]


def test_a_kernel_that_cannot_be_asked_is_told_and_does_not_end_the_thread(
    machine: Machine, opens: ContainerOpens
) -> None:
    machine.tables["self"] = ROOT + OVERLAY_A
    opens.start()
    machine.broken = True
    machine.tables["self"] = ROOT + OVERLAY_B
    opens.mounts_changed()
    for _ in range(10_000):
        if len(opens.refused) == 3:
            break
        time.sleep(0.001)
    assert len(opens.refused) == 3  # one addition, two removals: one for each ABI
    machine.broken = False
    machine.tables.update({"self": ROOT + OVERLAY_B, 300: INSIDE_B})
    opens.entered(process_in(300, B))
    opens.stop()
    assert (0, 60) in machine.devices


def test_a_mount_table_that_cannot_be_read_changes_nothing(machine: Machine, opens: ContainerOpens) -> None:
    machine.tables["self"] = ROOT + OVERLAY_A
    opens.start()
    del machine.tables["self"]
    opens.mounts_changed()
    opens.stop()
    assert set(machine.devices) == {(0, 51)}


def test_without_container_calls_nothing_is_done(machine: Machine) -> None:
    machine.tables["self"] = ROOT + OVERLAY_A
    idle = ContainerOpens(Plan(Needs.whole(["openat"])), machine, machine)  # type: ignore[arg-type]
    idle.start()
    idle.mounts_changed()
    idle.entered(process_in(300, A))
    idle.stop()
    assert machine.devices == []
