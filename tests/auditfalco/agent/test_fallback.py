"""What stands in for audit: which file systems are marked, and when audit is blind at all."""

from __future__ import annotations

import os

import pytest

from auditfalco.agent.blindness import blindness
from auditfalco.agent.fallback import OPENS, FallbackSensors
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.needs import EXECUTIONS, Needs
from auditfalco.coverage.plan import Plan
from auditfalco.model.container import Container
from auditfalco.model.process import Image, Process
from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotPermitted
from kernel_sources.fanotify import OPEN_EXEC, Mark
from kernel_sources.procfs import Mount, mounts

HOST = """\
25 1 254:1 / / rw - ext4 /dev/vda1 rw
26 25 0:5 / /dev rw - devtmpfs udev rw
27 25 0:22 / /proc rw - proc proc rw
28 25 0:30 / /tmp rw - tmpfs tmpfs rw
29 25 254:1 /srv /bound rw - ext4 /dev/vda1 rw
30 25 0:40 / /mnt/far rw - fuse.sshfs far rw
90 25 0:51 / /var/lib/docker/overlay2/aa/merged rw - overlay overlay rw
"""
INSIDE = """\
600 500 0:51 / / rw - overlay overlay rw
601 600 0:60 / /data rw - tmpfs tmpfs rw
602 600 0:61 / /proc rw - proc proc rw
"""
OPENAT = frozenset({"openat"})
EVERYWHERE = Needs.whole(EXECUTIONS | OPENAT)
CONTAINERS = Needs.whole(EXECUTIONS, OPENAT)


class Machine:
    """Mount tables, and the kernel's side of fanotify."""

    def __init__(self) -> None:
        self.host = HOST
        self.marks: dict[str, int] = {}
        self.refuses = False
        self.said: list[str] = []

    def mountinfo(self, pid: object = "self") -> list[Mount] | None:
        return mounts.parse((self.host if pid == "self" else INSIDE).encode())

    def root_path(self, pid: int) -> str:
        return f"/proc/{pid}/root"

    def mark(self, path: str, mask: int, kind: str) -> Mark:
        if self.refuses:
            raise NotPermitted("no")
        assert kind == "filesystem"
        self.marks[path] = mask
        return Mark(kind, path, mask, os.makedev(1, 1), 2)

    def unmark(self, mark: Mark) -> bool:
        del self.marks[mark.path]
        return True

    def fallback(self, needs: Needs) -> FallbackSensors:
        return FallbackSensors(self, needs, self, self.said.append)  # type: ignore[arg-type]


@pytest.fixture
def machine() -> Machine:
    return Machine()


def contained(pid: int = 777) -> Process:
    process = Process(pid, 0, None, Image())
    process.container = Container("aa" * 32, "docker")
    return process


def test_each_file_system_is_marked_once_while_it_lasts(machine: Machine) -> None:
    fallback = machine.fallback(EVERYWHERE)
    assert (machine.marks, fallback.engaged) == ({}, False)
    fallback.engage("locked")
    fallback.engage("locked")
    assert fallback.engaged
    assert machine.marks == dict.fromkeys(["/", "/tmp", "/var/lib/docker/overlay2/aa/merged"], OPENS)
    assert len(machine.said) == 1
    assert "locked" in machine.said[0]
    fallback.release()
    fallback.release()
    assert (machine.marks, fallback.engaged, len(machine.said)) == ({}, False, 2)


def test_opens_are_asked_for_as_rules_need_them(machine: Machine) -> None:
    machine.fallback(CONTAINERS).engage("locked")
    assert machine.marks == {"/": OPEN_EXEC, "/tmp": OPEN_EXEC, "/var/lib/docker/overlay2/aa/merged": OPENS}
    other = Machine()
    other.fallback(Needs.whole(EXECUTIONS)).engage("locked")
    assert set(other.marks.values()) == {OPEN_EXEC}


def test_what_containers_have_of_their_own_is_marked_as_they_come(machine: Machine) -> None:
    fallback = machine.fallback(CONTAINERS)
    fallback.entered(contained())
    assert machine.marks == {}
    fallback.engage("locked", [contained()])
    assert machine.marks["/proc/777/root/data"] == OPENS
    assert not any(path.endswith("/proc") for path in machine.marks)


def test_file_systems_that_come_are_marked(machine: Machine) -> None:
    fallback = machine.fallback(EVERYWHERE)
    fallback.engage("locked")
    machine.host += "91 25 0:77 / /new rw - xfs /dev/x rw\n"
    fallback.mounts_changed()
    assert machine.marks["/new"] == OPENS


def test_refusals_are_kept(machine: Machine) -> None:
    machine.refuses = True
    fallback = machine.fallback(EVERYWHERE)
    fallback.engage("locked")
    assert set(fallback.refused.values()) == {"no"}


def test_without_fanotify_executions_are_left(machine: Machine) -> None:
    fallback = FallbackSensors(None, EVERYWHERE, machine, machine.said.append)  # type: ignore[arg-type]
    fallback.engage("locked")
    fallback.mounts_changed()
    fallback.entered(contained())
    fallback.release()
    assert len(machine.said) == 2


def status(enabled: int) -> AuditStatus:
    return AuditStatus(enabled, failure=1, pid=0, rate_limit=0, backlog_limit=8192, lost=0, backlog=0)


class TestBlindness:
    ASKED = Plan(EVERYWHERE).audit_rules()

    def test_audit_that_can_be_asked_is_not_blind(self) -> None:
        assert blindness(Auditing(status=status(1), rules=()), self.ASKED) == ""

    def test_locked_without_rules(self) -> None:
        assert "locked" in blindness(Auditing(status=status(2), rules=()), self.ASKED)

    def test_locked_with_rules_that_serve(self) -> None:
        present = tuple(one.rule for one in self.ASKED)
        assert blindness(Auditing(status=status(2), rules=present), self.ASKED) == ""

    def test_locked_with_rules_for_executions_alone(self) -> None:
        present = tuple(one.rule for one in Plan(Needs.whole(EXECUTIONS)).audit_rules())
        assert "locked" in blindness(Auditing(status=status(2), rules=present), self.ASKED)

    def test_new_processes_are_kept_from_audit(self) -> None:
        never = AuditRule("task", "never")
        assert "task" in blindness(Auditing(status=status(1), rules=(never,)), self.ASKED)

    def test_no_right_to_ask(self) -> None:
        assert "no right" in blindness(Auditing(refusal="no right to"), self.ASKED)
