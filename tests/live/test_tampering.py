"""Every way to blind audit raises an alert that names who did it, and detection works again afterwards."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from harness.agent import AgentProcess, StartAgent
from harness.machine import AuditState, program
from harness.scope import AuditScope

TAMPERING = "auditfalco internal: audit tampering"
SOON = 2.0  # seconds within which tampering is told
REPAIR_ALL = ("-o", "auditfalco.tampering.repair=all")
RULE = "Program started"


@pytest.fixture
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(
        f"- rule: {RULE}\n  desc: d\n  condition: evt.type=execve and proc.args contains probe-\n"
        "  output: started %proc.cmdline\n  priority: NOTICE\n"
    )
    yield path


class Bench:
    """An agent, and auditctl as the culprit runs it."""

    def __init__(self, running: AgentProcess, scope: AuditScope) -> None:
        self.running = running
        self.scope = scope
        self._probes = 0

    def auditctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.scope.run([program("auditctl") or "auditctl", *arguments])

    def is_told(self, what: str, after: int, timeout: float = SOON) -> dict[str, object]:
        """The alert about some tampering, once it has come; whatever else it says, it names auditctl in the scope."""
        alert = self.running.wait_alert(
            lambda one: one["rule"] == TAMPERING and one["output_fields"].get("what") == what, timeout, after
        )
        fields = alert["output_fields"]
        assert fields["auid"] == self.scope.login_uid, alert
        assert fields["exe"].endswith("/auditctl"), alert
        return alert

    def sees(self, timeout: float = 5.0) -> None:
        """Wait until the start of a program in the scope is told."""
        deadline = time.monotonic() + timeout
        while True:
            self._probes += 1
            word = f"probe-{self._probes}-"
            self.scope.run(["/bin/true", word])
            try:
                self.running.wait_alert(lambda one, word=word: one["rule"] == RULE and word in one["output"], 1.0)
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise


@pytest.fixture
def bench(agent: StartAgent, audit_scope: AuditScope, rules: object) -> Callable[..., Bench]:
    def start(options: Sequence[str] = ()) -> Bench:
        made = Bench(agent(rules, options=options), audit_scope)  # type: ignore[arg-type]
        made.sees()
        return made

    return start


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("-D",), "removed"),
        (("-e", "0"), "disabled"),
        (("-r", "1"), "rate"),
        (("-b", "1"), "backlog"),
    ],
)
def test_what_is_taken_away_is_told_and_put_back(
    bench: Callable[..., Bench], arguments: tuple[str, ...], what: str
) -> None:
    at = bench()
    before, count = AuditState.read(), at.running.alert_count()
    at.auditctl(*arguments)
    alert = at.is_told(what, count)
    assert (alert["priority"], "; mended" in str(alert["output"])) == ("Critical", True), alert
    at.sees()
    assert before.changes(AuditState.read()) == []


def test_one_rule_removed_is_told_with_its_text(bench: Callable[..., Bench]) -> None:
    at = bench()
    line = next(line for line in AuditState.read().rules if "execve" in line and "auditfalco-" in line)
    count = at.running.alert_count()
    at.auditctl(*line.replace("-a ", "-d ", 1).split())
    assert "-S 59" in str(at.is_told("removed", count)["output"])
    at.sees()
    assert line in AuditState.read().rules


@pytest.mark.parametrize("add", ["-A", "-a"])
def test_a_filter_that_silences_us_is_told_and_passed_over(bench: Callable[..., Bench], add: str) -> None:
    at = bench()
    count = at.running.alert_count()
    filter_ = ("never,exit", "-S", "all", "-F", f"auid={at.scope.login_uid}")
    try:
        at.auditctl(add, *filter_)
        assert at.is_told("silenced", count)["priority"] == "Critical"
        at.sees()
        assert [line for line in AuditState.read().rules if "never,exit" in line], "the foreign filter is left alone"
    finally:
        at.auditctl("-d", *filter_)


@pytest.mark.parametrize(
    "filter_",
    [
        ("exclude,always", "-F", "msgtype=SYSCALL", "-F", "auid={auid}"),
        ("exclude,always", "-F", "auid={auid}"),
        ("task,never", "-F", "uid=54321"),
    ],
)
def test_a_filter_that_cannot_be_passed_over_is_told_and_removed_where_that_is_allowed(
    bench: Callable[..., Bench], filter_: tuple[str, ...]
) -> None:
    at = bench(REPAIR_ALL)
    count = at.running.alert_count()
    rule = tuple(part.format(auid=at.scope.login_uid) for part in filter_)
    try:
        at.auditctl("-a", *rule)
        assert at.is_told("silenced", count)["priority"] == "Critical"
        at.sees()
        assert not [line for line in AuditState.read().rules if rule[0].split(",")[0] in line]
    finally:
        at.auditctl("-d", *rule)


def test_rules_removed_in_a_loop_neither_stop_the_agent_nor_make_it_spin(bench: Callable[..., Bench]) -> None:
    at = bench()
    count = at.running.alert_count()
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        at.auditctl("-D")
    at.is_told("removed", count, 5.0)
    at.sees(15.0)
    told = [one for one in at.running.alerts(TAMPERING) if one["output_fields"].get("what") == "removed"]
    assert len(told) <= 8, "bursts are summed up"
    assert at.running.process.poll() is None
