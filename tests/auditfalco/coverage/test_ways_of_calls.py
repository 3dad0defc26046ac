"""Whatever the engine matches takes one of the ways: random conditions on random calls."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from madeup.calls import CallMaker
from madeup.conditions import ConditionMaker
from madeup.filtering import holds

from auditfalco.coverage.way_sets import MOST_CONSTRAINTS, MOST_WAYS
from auditfalco.coverage.ways import ways
from auditfalco.engine.compile import Chain, Compiler
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.parser import parse
from auditfalco.language.tree import Node
from auditfalco.state.host import HostState

CONDITIONS, CALLS_EACH, AIMED_EACH, CALLS = 500, 55, 15, 1600


class _Compiled(NamedTuple):
    text: str
    node: Node
    chain: Chain


@pytest.mark.slow
def test_no_match_takes_another_way() -> None:
    """At least 100,000 pairs; the numbers at the end say that the comparison is not about nothing."""
    make, calls = ConditionMaker(5), CallMaker(7)
    compiler = Compiler(EventBinder(HostState("testbox", None, ())), CATALOGUE.resolve)

    def compiled(text: str) -> _Compiled:
        node = parse(text)
        return _Compiled(text, node, compiler.compile(node))

    conditions = [compiled(make.text()) for _ in range(CONDITIONS)]
    seen: Counter[str] = Counter()
    for _ in range(CALLS):
        call = calls.call()
        aimed = [compiled(make.aimed(call.event)) for _ in range(AIMED_EACH)]
        for condition in (*aimed, *calls.random.sample(conditions, CALLS_EACH)):
            found = ways(condition.node, call.event.type)
            assert len(found) <= MOST_WAYS and all(len(way) <= MOST_CONSTRAINTS for way in found)
            taken = any(all(holds(one, call) for one in way) for way in found)
            matched = condition.chain.holds(call.event)
            assert taken or not matched, (condition.text, call, found)
            seen["pairs"] += 1
            seen["matched by constraint"] += matched and frozenset() not in found
            seen["filtered out"] += not taken
    assert seen["pairs"] >= 100_000
    assert seen["matched by constraint"] > 5_000
    assert seen["filtered out"] > 25_000
