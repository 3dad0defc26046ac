"""Nothing that rules match is kept from them by what the kernel is asked: random rules, random calls, made-up files."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest
from madeup.conditions import ConditionMaker
from madeup.kernelfilter import KernelFilter
from madeup.place import Place
from madeup.treecalls import TreeCall, TreeCallMaker

from auditfalco.coverage.kernel import Abilities
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.engine.compile import Chain, Compiler
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.eventset import event_set
from auditfalco.language.parser import parse
from auditfalco.language.tree import Node
from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.rule import Rule
from auditfalco.state.host import HostState
from kernel_sources.audit.rule import AuditRule, Field

RULE_SETS, RULES_EACH, CALLS_EACH, POOL = 250, 4, 800, 20_000
PLACES = frozenset({"path", "dir", "inode", "devminor"})
LOGIN = 1000
LANDMARKS = "evt.type = chmod and fs.path.name in (/etc/shadow, /srv/www/shadow, /etc/ssh/x, /tmp/hosts)"
"""The files with hard links are known by the names that a rule gives them, and so by none if none does."""


class Trial(NamedTuple):
    """Rules, what the kernel is asked because of them, and who is meant."""

    texts: Sequence[str]
    types: frozenset[str]
    chains: Sequence[Chain]
    asked: Sequence[AuditRule]
    scoped: bool
    kernel: Abilities

    def matches(self, one: TreeCall) -> str | None:
        """The condition that matches a call."""
        if self.scoped and one.call.ids["auid"] != LOGIN:
            return None
        found = (text for text, chain in zip(self.texts, self.chains) if chain.holds(one.call.event))
        return next(found, None)


@pytest.fixture(autouse=True)
def on_x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "x86_64")))


@cache
def template() -> Rule:
    text = b"- rule: r\n  desc: d\n  condition: evt.type = open\n  output: seen\n  priority: INFO\n"
    return load_texts([("rules.yaml", text)]).ruleset.rules[0]


def pool_of(place: Place, seed: int) -> list[TreeCall]:
    """Calls on the host, every second one an open."""
    maker = TreeCallMaker(seed, place)
    opens = ("open", "openat", "openat2", "creat")
    return [maker.tree_call(opens[number // 2 % 4] if number % 2 else None) for number in range(POOL)]


def rule_of(text: str, number: int) -> Rule:
    node: Node = parse(text)
    return replace(template(), name=f"r{number}", condition=node, condition_text=text, events=event_set(node))


def about_a_file(source: random.Random, one: TreeCall, make: ConditionMaker) -> str:
    """A condition on one of the names of a call's files, mostly with another check beside it."""
    name = source.choice(sorted(one.call.files))
    directory = name.rpartition("/")[0] or "/"
    field = source.choice(("fd.name", "fs.path.name", "fs.path.source", "fs.path.target", "evt.abspath", "evt.arg[1]"))
    checks = (
        *(f"{field} = {name}", f"{field} in ({name}, /etc/y)", f"{field} startswith {directory}/", f"fd.name = {name}"),
        *(f"fd.name startswith {directory}/", f"fd.directory = {directory}", f"{field} pmatch ({directory})"),
    )
    check = source.choice(checks)
    access = f"evt.is_open_{source.choice(('read', 'write'))} = true"
    beside = (check, f"{check} and evt.rawres >= 0", f"{check} and ({make.text(1)})", f"{check} and {access}", access)
    return source.choice(beside)


def calls_for(source: random.Random, trial: Trial, pool: Sequence[TreeCall]) -> list[TreeCall]:
    """Calls to try rules on, half of them of types that the rules are about."""
    near = [one for one in pool if one.call.event.type in trial.types]
    return [*source.choices(near, k=CALLS_EACH // 2), *source.choices(pool, k=CALLS_EACH - CALLS_EACH // 2)]


def trials(place: Place, pool: Sequence[TreeCall], seed: int, many: int) -> list[Trial]:
    """Rule sets, each aimed at some calls of the pool, with what their plans ask."""
    source, make = random.Random(seed), ConditionMaker(seed)
    compiler = Compiler(EventBinder(HostState("testbox", None, ())), CATALOGUE.resolve)
    found = []
    for number in range(many):
        texts = [LANDMARKS]
        for one in source.sample(pool, RULES_EACH):
            types = ", ".join(sorted({one.call.event.type, source.choice(pool).call.event.type}))
            condition = make.text() if source.random() < 0.2 else make.aimed(one.call.event)
            if one.call.files and source.random() < 0.85:
                condition = about_a_file(source, one, make)
            texts.append(f"evt.type in ({types}) and ({condition})")
        rules = [rule_of(text, index) for index, text in enumerate(texts)]
        kernel = Abilities(source.random() < 0.8, source.random() < 0.8)
        scoped = number % 5 == 0
        plan = Plan(needs_of(rules, CATALOGUE.resolve_output), (LOGIN,) if scoped else (), 7, kernel=kernel)
        planned = (*plan.audit_rules(), *plan.file_rules(Places(place.files)), *plan.container_rules(place.scopes))
        asked = [one.rule for one in planned]
        chains = [compiler.compile(rule.condition) for rule in rules]
        types = frozenset(name for rule in rules[1:] for name in rule.events.known_names())
        found.append(Trial(texts, types, chains, asked, scoped, kernel))
    return found


def lost(place: Place, calls: Sequence[TreeCall], trial: Trial, asked: Sequence[AuditRule]) -> Iterator[str]:
    """The calls that a rule of the trial matches and these audit rules leave out."""
    kernel = KernelFilter(asked, place.host, openat2_access=trial.kernel.openat2_access)
    for one in calls:
        matched = None if kernel.records(one.seen) else trial.matches(one)
        if matched is not None:
            about = [f"{rule.action} {[*map(str, rule.fields)]}" for rule in asked if one.seen.number in rule.syscalls]
            yield "\n".join((matched, str(one), *about))


@pytest.mark.slow
def test_nothing_that_rules_match_is_filtered_out() -> None:
    """At least 100,000 calls; the numbers at the end say that the comparison is not about nothing."""
    source, place = random.Random(2), Place()
    pool = pool_of(place, 3)
    seen: Counter[str] = Counter()
    for trial in trials(place, pool, 4, RULE_SETS):
        calls = calls_for(source, trial, pool)
        assert next(lost(place, calls, trial, trial.asked), None) is None
        everywhere = [rule for rule in trial.asked if not PLACES.intersection(field.name for field in rule.fields)]
        access = trial.kernel.openat2_access
        kernel, unplaced = (
            KernelFilter(rules, place.host, openat2_access=access) for rules in (trial.asked, everywhere)
        )
        for one in calls:
            recorded, matched = kernel.records(one.seen), trial.matches(one) is not None
            near = one.call.event.type in trial.types
            seen["calls"] += 1
            seen["matched"] += matched
            seen["matched by where the file is"] += matched and not unplaced.records(one.seen)
            seen["filtered out of asked types"] += near and not recorded
    assert seen["calls"] >= 100_000
    assert seen["matched"] > 10_000
    assert seen["matched by where the file is"] > 1_000
    assert seen["filtered out of asked types"] > 20_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["drop", "narrow", "never", *sorted(PLACES)])
def test_a_plan_that_asks_for_less_is_caught(name: str) -> None:
    """Each trial's rules with one left out or narrowed at a time, or with all of one kind gone."""
    source, place = random.Random(5), Place()
    pool = pool_of(place, 6)
    assert any(
        any(lost(place, calls_for(source, trial, pool), trial, changed(source, trial, name)))
        for trial in trials(place, pool, 7, RULE_SETS)
    )


def changed(source: random.Random, trial: Trial, how: str) -> list[AuditRule]:
    """The rules that ask for less."""
    asked = list(trial.asked)
    if how in PLACES:
        return [rule for rule in asked if rule.value_of(how) is None]
    one = source.choice([rule for rule in asked if rule.action == "always"])
    if how == "never":
        silence = replace(one, action="never", fields=one.fields[:1], prepend=True)
        return [*asked, silence]
    asked.remove(one)
    if how == "narrow":
        asked.append(replace(one, fields=(*one.fields, Field("euid", "=", 7))))
    return asked
