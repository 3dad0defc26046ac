"""What a condition is made of."""

from __future__ import annotations

import pytest

from auditfalco.language.details import details
from auditfalco.language.parser import parse

MACROS, LISTS = {"spawned", "in_container"}, {"shells", "editors"}


@pytest.mark.parametrize(
    ("condition", "fields", "operators", "transformers", "macros", "lists"),
    [
        ("spawned and not unheard_of", [], [], [], ["spawned"], []),
        ("spawned or (in_container and spawned)", [], [], [], ["in_container", "spawned"], []),
        ("proc.name in (shells, vi)", ["proc.name"], ["in"], [], [], ["shells"]),
        ("proc.name in shells", ["proc.name"], ["in"], [], [], ["shells"]),
        ("proc.name = shells", ["proc.name"], ["="], [], [], []),
        ("proc.name startswith anyof (editors)", ["proc.name"], ["startswith anyof"], [], [], ["editors"]),
        ("fd.name pmatch (/etc, editors)", ["fd.name"], ["pmatch"], [], [], ["editors"]),
        ("proc.aname[2] exists", ["proc.aname"], ["exists"], [], [], []),
        (
            "toupper(b64(proc.args)) != val(proc.pname) or evt.arg.path contains x",
            ["evt.arg.path", "proc.args", "proc.pname"],
            ["!=", "contains"],
            ["b64", "toupper", "val"],
            [],
            [],
        ),
        (
            'join("-", (proc.name, tolower(proc.exe))) = x',
            ["proc.exe", "proc.name"],
            ["="],
            ["join", "tolower"],
            [],
            [],
        ),
    ],
)
def test_what_is_used(
    condition: str,
    fields: list[str],
    operators: list[str],
    transformers: list[str],
    macros: list[str],
    lists: list[str],
) -> None:
    used = details(parse(condition), MACROS, LISTS)
    assert sorted(used.fields) == fields
    assert sorted(used.operators) == operators
    assert sorted(used.transformers) == transformers
    assert (sorted(used.macros), sorted(used.lists)) == (macros, lists)


def test_nothing_is_known_unless_it_is_told() -> None:
    used = details(parse("spawned and proc.name in (shells)"))
    assert (used.macros, used.lists) == (frozenset(), frozenset())
