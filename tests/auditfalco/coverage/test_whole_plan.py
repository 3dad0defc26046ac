"""Whatever a rule matches, the whole plan has recorded: random rules, 100,000 random calls, a model of the filter."""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Sequence

import pytest
from madeup.calls import CallMaker, MadeUpCall
from madeup.conditions import ConditionMaker
from madeup.recorded import CONTAINERS_FROM, recorded

from auditfalco.coverage.files import Links
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.scopes import MinorsFrom
from auditfalco.engine.compile import Chain, Compiler
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.rule import Rule
from auditfalco.state.host import HostState
from kernel_sources.audit.rule import AuditRule
from kernel_sources.procfs import Mount

SETS, CALLS_EACH, AIMED, FILES, RANDOM = 250, 400, 3, 6, 2
OPENS = ("open", "openat", "openat2", "creat", "open_by_handle_at")


class PlainFiles:
    """A file system without links or mounts, in which every name may be a directory."""

    def real(self, path: str) -> str | None:
        return path

    def target(self, path: str) -> str:
        return path

    def mode(self, path: str) -> int | None:
        return stat.S_IFDIR | 0o755

    def inode(self, path: str) -> int | None:
        return 1

    def links(self, directory: str, most: int) -> Links | None:
        return Links((), 0)

    def mounts(self) -> Sequence[Mount]:
        return ()


def about(call: MadeUpCall, condition: str) -> str:
    """A condition about the event type of a call: without one it is about all, which no plan can ask for."""
    return f"evt.type = {call.event.type} and ({condition})"


def about_files(calls: CallMaker, batch: Sequence[MadeUpCall]) -> list[str]:
    """Conditions as people write them about the files of some calls."""
    chosen, found = calls.random, []
    for call in chosen.sample([call for call in batch if call.files], FILES):
        name = chosen.choice(sorted(call.files))
        above = name.rpartition("/")[0] or "/"
        field = "fd.name" if call.event.type in OPENS else chosen.choice(["fs.path.name", "fs.path.target"])
        test = chosen.choice(
            [
                f"{field} = {name}",
                f"{field} in ({name}, /srv/none)",
                f"{field} startswith {above}/",
                f"{field} glob {above}/*",
            ]
            + ([f"fd.directory = {above}"] if call.event.type in OPENS else [])
        )
        more = chosen.choice(
            [
                "",
                " and not evt.failed=true",
                " and evt.is_open_read=true",
                " and evt.is_open_write=true",
                " and user.uid = 0",
            ]
        )
        found.append(about(call, test + more))
    return found


def ruleset(conditions: Sequence[str]) -> list[Rule]:
    """The rules of some conditions, those left out that name no event type."""
    text = "".join(
        f"- rule: r{number}\n  desc: d\n  condition: {json.dumps(condition)}\n  output: o\n  priority: INFO\n"
        for number, condition in enumerate(conditions)
    )
    loaded = load_texts([("made up", text.encode("utf-8", "surrogateescape"))])
    return [rule for rule in loaded.ruleset if not rule.events.all_but]


def planned(rules: Sequence[Rule]) -> list[AuditRule]:
    """All audit rules of the plan for some rules."""
    plan = Plan(needs_of(rules, CATALOGUE.resolve_output))
    container = plan.container_rules([MinorsFrom(CONTAINERS_FROM)])
    return [one.rule for one in (*plan.audit_rules(), *plan.file_rules(Places(PlainFiles())), *container)]


def matching(rules: Sequence[Rule]) -> list[tuple[Rule, Chain]]:
    """The rules, ready to be tried on events."""
    compiler = Compiler(EventBinder(HostState("testbox", None, ())), CATALOGUE.resolve)
    return [(rule, compiler.compile(rule.condition)) for rule in rules]


@pytest.mark.slow
def test_the_plan_loses_nothing_that_a_rule_matches() -> None:
    """The numbers at the end say that rules do match, and that the plan does leave out."""
    make, calls = ConditionMaker(21), CallMaker(22)
    seen: Counter[str] = Counter()
    for _ in range(SETS):
        batch = [calls.call() for _ in range(CALLS_EACH)]
        aimed = [about(call, make.aimed(call.event)) for call in calls.random.sample(batch, AIMED)]
        rules = ruleset([*aimed, *about_files(calls, batch), *(make.text() for _ in range(RANDOM))])
        asked, compiled = planned(rules), matching(rules)
        for call in batch:
            matched = [rule for rule, chain in compiled if call.event.type in rule.events and chain.holds(call.event)]
            told = recorded(call, asked)
            assert told or not matched, (matched[0].condition_text, call, [str(one) for one in asked])
            seen["calls"] += 1
            seen["matched"] += bool(matched)
            seen["left out"] += not told
    assert seen["calls"] >= 100_000
    assert seen["matched"] > 2_000
    assert seen["left out"] > 50_000


def test_a_plan_with_a_rule_less_is_caught() -> None:
    make, calls = ConditionMaker(23), CallMaker(24)
    caught = 0
    for _ in range(60):
        call = calls.call()
        rules = ruleset([about(call, make.aimed(call.event))])
        if not any(call.event.type in rule.events and chain.holds(call.event) for rule, chain in matching(rules)):
            continue
        asked = planned(rules)
        assert recorded(call, asked)
        needed = [one for one in asked if not recorded(call, [other for other in asked if other != one])]
        caught += bool(needed)
    assert caught > 10
