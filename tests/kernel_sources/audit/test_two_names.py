"""Which record is of which name, in what Linux 6.18 wrote of calls with two names."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_sources.audit import facts
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.facts import Side
from kernel_sources.audit.logfile import LogCount, read_log
from kernel_sources.audit.rawevent import RawEvent

LOG = Path(__file__).resolve().parents[2] / "records" / "two-names-of-one-call.log"
FIRST, SECOND = Side.FIRST, Side.SECOND


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[RawEvent]]:
    """The recorded events by the name of their call, in their order."""
    assembler = Assembler()
    events: dict[str, list[RawEvent]] = {}
    for record in read_log(str(LOG), LogCount()):
        for event in assembler.feed(record, 0.0):
            call = facts.syscall(event)
            assert call is not None
            events.setdefault(str(call.name), []).append(event)
    return events


def test_symbolic_links(recorded: dict[str, list[RawEvent]]) -> None:
    made = [facts.symbolic_link(facts.paths(event)) for name in ("symlink", "symlinkat") for event in recorded[name]]
    assert [(link.target, link.link) for link in made] == [
        ("abc/x", "sub/x"),  # recorded as if abc/x had been made
        ("abc/x", "abc/x"),
        ("foo", "foo"),
        ("bar", "bar"),
        ("/Xmp/dir/sub/keys", "/tmp/dir/sub/keys"),  # likewise
        ("xx/inner", "inner"),
        ("./in", "../in"),
    ]


def test_renames(recorded: dict[str, list[RawEvent]]) -> None:
    sides = [
        [(path.name, side) for path, side in zip(facts.paths(event), facts.sides_of_rename(facts.paths(event))) if side]
        for name in ("rename", "renameat2")
        for event in recorded[name]
    ]
    assert sides == [
        [("abc/f", FIRST), ("sub/f", SECOND)],  # what it replaced has no record: it was written into the first one
        [("abc", FIRST), ("sub/f", SECOND)],
        [("no/f", SECOND)],
        [],
        [("abc/f", FIRST), ("sub/f", SECOND)],
    ]


def test_links(recorded: dict[str, list[RawEvent]]) -> None:
    sides = [facts.sides_of_link(facts.paths(event)) for event in recorded["link"]]
    assert sides == [[SECOND, FIRST, SECOND]] * 2
    names = [[path.name for path in facts.paths(event)] for event in recorded["link"]]
    assert names == [["sub/", "abc/f", "sub/g"], ["abc/", "abc/f", "abc/h"]]
