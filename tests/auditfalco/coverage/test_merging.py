"""Few askings for many demands."""

from __future__ import annotations

import random

from auditfalco.coverage.constraints import Below, Contained, Named
from auditfalco.coverage.filters import Filter, Place
from auditfalco.coverage.merging import Asking, Demand, merged
from kernel_sources.audit.rule import Field

READ, WRITE = Field("perm", "=", "r"), Field("perm", "=", "w")
DONE, FAILED = Field("success", "=", 1), Field("success", "=", 0)


def demand(call: str, *fields: Field, place: Place = None, by: str = "r") -> Demand:
    return Demand(call, Filter(frozenset(fields), place), (by,))


def test_calls_with_the_same_filter_are_asked_for_together() -> None:
    found = merged([demand("openat", DONE, by="a"), demand("open", DONE, by="b"), demand("mkdir", by="c")])
    assert found == [
        Asking(("mkdir",), Filter(frozenset()), (("c",),)),
        Asking(("open", "openat"), Filter(frozenset({DONE})), (("b",), ("a",))),
    ]
    assert found[1].serves(["openat"]) == ("a",)


def test_what_is_covered_is_left_out_and_its_rules_are_served() -> None:
    (found,) = merged([demand("openat", DONE, by="a"), demand("openat", DONE, READ, place=Named("/x"), by="b")])
    assert (found.passes, set(found.served[0])) == (Filter(frozenset({DONE})), {"a", "b"})
    below = [demand("openat", place=Named("/etc/x")), demand("openat", place=Below("/etc"))]
    assert [one.passes.place for one in merged(below)] == [Below("/etc"), Named("/etc/x")]  # hard links


def test_either_of_two_that_are_all_there_is_needs_neither() -> None:
    every = [
        demand("openat", *pair, by=str(pair)) for pair in ((READ, DONE), (WRITE, DONE), (READ, FAILED), (WRITE, FAILED))
    ]
    (found,) = merged(every)
    assert found.passes == Filter(frozenset()) and len(found.served[0]) == 4
    apart = [demand("openat", READ, place=Named("/a")), demand("openat", WRITE, place=Named("/b"))]
    assert len(merged(apart)) == 2


def test_merging_lets_pass_whatever_a_demand_does() -> None:
    chance = random.Random(5)
    places: list[Place] = [None, Contained(), Named("/a/b"), Named("/c"), Below("/a"), Below("/")]
    every = [READ, WRITE, DONE, FAILED, Field("uid", "=", 0), Field("a0", "&", 1)]
    for _ in range(2000):
        demands = [
            Demand(
                "openat", Filter(frozenset(chance.sample(every, chance.randrange(4))), chance.choice(places)), (str(n),)
            )
            for n in range(chance.randrange(1, 7))
        ]
        found = merged(demands)
        for one in demands:
            assert any(asking.passes.covers(one.passes) and one.serves[0] in asking.served[0] for asking in found)
