"""Overload: what is withdrawn, what is told, and what remains of it; the kernel's side is made up."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.agent.asked import Asked
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.kernel_queue import KernelQueue
from auditfalco.agent.overload import OVERLOAD, Overload
from auditfalco.agent.overload_signs import OverloadSigns
from auditfalco.agent.waiting import Batch, WaitingBatches
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import CONNECTIONS, OPENS, VITAL
from auditfalco.model.alert import Alert
from kernel_sources.audit.rule import AuditRule, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotPermitted, RuleRefused


class Kernel:
    """The audit rules that the kernel has; locked on demand."""

    def __init__(self) -> None:
        self.ours: list[AuditRule] = []
        self.locked = False

    def add_all(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        self.ours += [one for one in rules if one not in self.ours]
        return []

    def remove(self, one: AuditRule) -> bool:
        if self.locked:
            raise NotPermitted("locked")
        if one not in self.ours:
            return False
        self.ours.remove(one)
        return True


class Loaded:
    """An agent whose signs of overload a test makes up."""

    def __init__(self, *planned: PlannedRule) -> None:
        self.kernel = Kernel()
        self.asked = Asked(self.kernel)  # type: ignore[arg-type]
        self.asked.add(planned)
        self.now = 0.0
        self.signs: list[str] = []
        self.alerts: list[Alert] = []
        self.said: list[str] = []
        internal = InternalAlerts("box", self.alerts.append)
        self.overload = Overload(self.asked, lambda: self.signs, internal, self.said.append, lambda: self.now)

    def look(self, now: float, *signs: str) -> list[str]:
        """Look at a moment; what the alerts say."""
        self.now, self.signs, before = now, list(signs), len(self.alerts)
        self.overload.look()
        self.overload.tell()
        assert all((alert.rule, alert.priority) == (OVERLOAD, "Warning") for alert in self.alerts)
        return [alert.output.partition(" (overload.")[0] for alert in self.alerts[before:]]


OPEN = PlannedRule(rule("exit", "always", syscalls=[257]), ("Read sensitive file", "Other"), OPENS)
CONNECT = PlannedRule(rule("exit", "always", syscalls=[42]), ("Other",), CONNECTIONS)
EXEC = PlannedRule(rule("exit", "always", syscalls=[59]), ("Shell",), VITAL)


def test_rules_go_step_by_step_and_come_back_and_the_blind_are_named() -> None:
    loaded = Loaded(EXEC, OPEN, CONNECT)
    assert loaded.look(0.0) == []
    assert loaded.look(1.0, "A", "B") == [
        "Too many events (A; B): no longer recorded for now are opens; blind meanwhile, wholly or in part:"
        " Read sensitive file, Other"
    ]
    assert loaded.kernel.ours == [EXEC.rule, CONNECT.rule]
    assert loaded.alerts[0].output_fields == {
        "overload.signs": "A; B",
        "overload.withdrawn": "opens",
        "overload.blind": "Read sensitive file, Other",
    }
    assert "opens, calls about sockets; blind" in loaded.look(2.0, "A")[0]
    assert loaded.look(9.0, "A") == []
    assert loaded.kernel.ours == [EXEC.rule]
    (partly,) = loaded.look(19.0)
    assert partly.startswith("Recorded again is part of what was withdrawn under overload; still missing are opens;")
    assert loaded.look(29.0) == ["Everything that was withdrawn under overload is recorded again"]
    assert set(loaded.kernel.ours) == {EXEC.rule, OPEN.rule, CONNECT.rule}
    (span,) = loaded.overload.spans
    assert (span.since, span.until, span.classes) == (1.0, 29.0, ["opens", "calls about sockets"])
    assert loaded.said == []
    assert loaded.overload.summary() == [
        "not recorded under overload: opens, calls about sockets (1 times, 28.0 s in all)"
    ]


def test_what_is_vital_is_never_withdrawn() -> None:
    loaded = Loaded(EXEC)
    assert [told for now in range(10) for told in loaded.look(float(now), "A")] == []
    assert (loaded.kernel.ours, loaded.overload.spans) == ([EXEC.rule], [])
    assert loaded.overload.summary() == []


def test_a_rule_of_the_agents_own_account_blinds_no_rule() -> None:
    loaded = Loaded(PlannedRule(rule("exit", "always", syscalls=[41]), (), CONNECTIONS))
    assert loaded.look(0.0, "A")[0].endswith(
        "calls about sockets; no rule is about them, but less is known of descriptors"
    )


def test_a_kernel_that_refuses_is_told_of_once_and_nothing_counts_as_withdrawn() -> None:
    loaded = Loaded(EXEC, OPEN)
    loaded.kernel.locked = True
    assert [told for now in range(5) for told in loaded.look(float(now), "A")] == []
    assert len(loaded.said) == 1
    assert "cannot be withdrawn or given back: locked" in loaded.said[0]
    assert (loaded.asked.withdrawn, loaded.overload.spans) == ((), [])


def test_the_thread_looks_and_ends() -> None:
    loaded = Loaded(OPEN)
    loaded.signs = ["A"]
    loaded.overload.start()
    for _ in range(1000):
        if loaded.asked.withdrawn:
            break
        loaded.overload._stopping.wait(0.01)
    loaded.overload.stop()
    assert loaded.kernel.ours == []
    loaded.overload.tell()
    assert len(loaded.alerts) == 1


def test_signs_of_overload() -> None:
    overruns, lost, waited = [0], [0], [0]
    batches = WaitingBatches(capacity=100)
    kernel_queue = KernelQueue(lambda: AuditStatus(1, 1, 0, 0, 8192, lost[0], 0, 127, 15000, waited[0]))
    signs = OverloadSigns(lambda: overruns[0], kernel_queue, batches)
    assert signs.look() == []
    overruns[0] += 1
    assert signs.look() == ["the audit receive buffer overflowed"]
    waited[0] += 4
    assert signs.look() == []
    waited[0] += 1
    lost[0] += 1
    assert signs.look() == ["the kernel's audit queue dropped records"]
    assert signs.look() == []
    for size, long in ((30, False), (40, True), (0, True)):
        if size:
            batches.put(Batch([], [(1300, b"")] * size, False))
        assert bool(signs.look()) is long
    batches.get()
    assert signs.look() == []
