"""Which constraints the events of a type that fulfil a condition are proven to fulfil."""

from __future__ import annotations

import pytest

from auditfalco.coverage.constraints import ANYTHING, NEVER, Contained, Ways
from auditfalco.coverage.ways import ways
from auditfalco.language.parser import parse

CONTAINED: Ways = frozenset({frozenset({Contained()})})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("proc.name = cat", ANYTHING),
        ("not proc.name = cat", ANYTHING),
        ("evt.type = open", NEVER),
        ("evt.type in (open, openat)", ANYTHING),
        ("not evt.type in (open, openat)", NEVER),
        ("evt.type = openat and container.id != host", CONTAINED),
        ("evt.type = open or container.id != host", CONTAINED),
        ("evt.type = openat or container.id != host", ANYTHING),
        ("not (evt.type = open or not container.id != host)", CONTAINED),
        ("not container.id = host", ANYTHING),
    ],
)
def test_a_condition_is_folded_into_the_ways_to_fulfil_it(condition: str, expected: Ways) -> None:
    assert ways(parse(condition), "openat") == expected
