"""Audit and fanotify compared: what one saw and the other did not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from auditfalco.agent.disagreements import TELL_SECONDS, UNSEEN_BY_AUDIT, WAIT_SECONDS, Disagreements
from auditfalco.coverage.asked_for import Opened, asks_for, keeps_quiet
from auditfalco.coverage.needs import EXECUTIONS, Needs
from auditfalco.coverage.plan import Plan
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process
from auditfalco.normalise.sightings import Sighting
from kernel_sources.audit.rule import AuditRule, Field
from kernel_sources.fanotify import OPEN, FileEvent

NOW = 1_700_000_000_000_000_000
FAMILY = frozenset({"open", "openat", "openat2"})
RULES = [one.rule for one in Plan(Needs.whole(EXECUTIONS | FAMILY), (1000,)).audit_rules()]
DEVICE, INODE = 0x801, 7


def opening(*fields: Field) -> AuditRule:
    """A rule for the open family of x86_64, with more conditions."""
    return AuditRule("exit", "always", frozenset({2, 257, 437}), (*fields, Field("key", "=", "k")))


@pytest.mark.parametrize(
    ("fields", "asks"),
    [
        ((), True),
        ((Field("auid", "=", 1000),), True),
        ((Field("auid", "=", 1001),), False),
        ((Field("pid", "!=", 4),), True),
        ((Field("pid", "!=", 500),), False),
        ((Field("path", "=", "/etc/shadow"),), True),
        ((Field("path", "=", "/etc/passwd"),), False),
        ((Field("dir", "=", "/etc"),), True),
        ((Field("dir", "=", "/et"),), False),
        ((Field("devmajor", "=", 8), Field("devminor", "=", 1)), True),
        ((Field("devmajor", "=", 8), Field("devminor", "=", 2)), False),
        ((Field("perm", "=", "w"),), False),
        ((Field("success", "=", 1),), True),
        ((Field("success", "=", 0),), False),
    ],
)
def test_what_a_rule_certainly_asks_for(fields: tuple[Field, ...], asks: bool) -> None:
    assert asks_for(opening(*fields), Opened(500, 1000, "/etc/shadow", (8, 1))) is asks


def test_other_rules_ask_for_nothing() -> None:
    opened = Opened(500, -1, "/etc/shadow", (8, 1))
    assert asks_for(opening(Field("auid", "=", 0xFFFFFFFF)), opened)
    assert not asks_for(AuditRule("exit", "never", frozenset({2, 257, 437})), opened)
    assert not asks_for(AuditRule("exit", "always", frozenset({59})), opened)


class World:
    """What surrounds the comparison."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lost = 0
        self.rings: set[int] = set()
        self.told: list[tuple[str, str, Mapping[str, object]]] = []
        self.disagreements = Disagreements(
            lambda: RULES,
            lambda number: number == (DEVICE, INODE),
            lambda: self.lost,
            lambda pid: pid in self.rings,
            self,  # type: ignore[arg-type]
            lambda: self.now,
        )

    def tell(self, rule: str, priority: str, message: str, fields: Mapping[str, object], time_ns: int) -> None:
        self.told.append((rule, priority, fields))

    def sees(self, login_uid: int = 1000) -> Sighting:
        """Fanotify alone tells of an open."""
        process = Process(500, NOW, None, Image())
        process.login_uid = login_uid
        sighting = Sighting(process, FileEvent(NOW, OPEN, 500, "/etc/shadow", DEVICE, INODE, 0o100640), 0.0)
        self.disagreements.fanotify_alone(sighting)
        return sighting

    def later(self, seconds: float = WAIT_SECONDS) -> int:
        """Time passes; returns how many alerts there are."""
        self.now += seconds
        self.disagreements.look()
        return len(self.told)


@pytest.fixture
def world() -> World:
    return World()


def test_what_audit_should_have_told_is_an_alert(world: World) -> None:
    world.sees()
    assert world.later(WAIT_SECONDS / 2) == 0
    assert world.later() == 1
    rule, priority, fields = world.told[0]
    assert (rule, priority) == (UNSEEN_BY_AUDIT, "Warning")
    assert (fields["fd.name"], fields["proc.pid"], fields["opens"]) == ("/etc/shadow", 500, 1)


def test_alerts_are_rare_and_count(world: World) -> None:
    for _ in range(3):
        world.sees()
    assert world.later() == 1
    world.now += TELL_SECONDS
    world.sees()
    assert world.later() == 2
    assert world.told[1][2]["opens"] == 3
    assert world.disagreements.unseen_by_audit == 4


def test_records_may_come_late(world: World) -> None:
    world.sees().confirmed = True
    assert world.later() == 0
    assert world.disagreements.unseen_by_audit == 0


def test_what_audit_was_not_asked_for_is_none(world: World) -> None:
    world.sees(login_uid=1001)
    assert world.later() == 0


def test_records_of_rings_come_when_they_come(world: World) -> None:
    world.rings.add(500)
    world.sees()
    assert world.later() == 0


def test_what_was_lost_meanwhile_is_counted_only(world: World) -> None:
    world.sees()
    world.lost += 1
    assert world.later() == 0
    assert world.disagreements.unseen_by_audit == 1


@pytest.mark.parametrize(("inode", "number", "count"), [(INODE, 3, 1), (8, 3, 0), (INODE, -1, 0)])
def test_opens_of_marked_files_that_fanotify_did_not_see(world: World, inode: int, number: int, count: int) -> None:
    event = Event("openat", NOW)
    event.fd_number = number
    event.descriptor = Descriptor("file", "/etc/shadow", None, (8, 1), inode)
    world.disagreements.audit_alone(event)
    assert world.disagreements.unseen_by_fanotify == count


def test_the_summary_tells_what_there_was(world: World) -> None:
    assert world.disagreements.summary() == []
    world.sees()
    world.later()
    assert [line.split()[0] for line in world.disagreements.summary()] == ["1"]


def test_programs_that_are_kept_quiet() -> None:
    quiet = AuditRule("exit", "never", frozenset({2}), (Field("exe", "=", "/usr/bin/x"),))
    assert keeps_quiet(quiet, "/usr/bin/x")
    assert not keeps_quiet(quiet, "/usr/bin/y") and not keeps_quiet(quiet, None) and not keeps_quiet(opening(), "/x")
