"""proc.env and proc.aenv."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.process import Environment

INIT = Environment(("TERM=linux", "HOME=/"))
SHELL = Environment(("SHELL=/bin/bash", "HOME=/home/user", "LD_PRELOAD=  /tmp/x.so ", "EMPTY=", "PATHS=/a=/b"))


@pytest.fixture
def process(world: Any) -> Any:
    """A shell under init."""
    init = world.run(1, None, "init")
    shell = world.run(20, init, "bash")
    init.image.environment, shell.image.environment = INIT, SHELL
    return shell


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("proc.env", " ".join(SHELL.variables)),
        ("proc.env[HOME]", "/home/user"),
        ("proc.env[LD_PRELOAD]", "/tmp/x.so"),
        ("proc.env[PATHS]", "/a=/b"),
        ("proc.env[EMPTY]", ""),
        ("proc.env[HOM]", ""),
        ("proc.aenv[HOME]", "/"),
        ("proc.aenv[SHELL]", ""),
        ("proc.aenv", ("TERM=linux HOME=/",)),
    ],
)
def test_variables(read: Any, event_of: Any, process: Any, field: str, expected: Any) -> None:
    assert read(field, event_of(process)) == expected


@pytest.mark.parametrize(
    ("argument", "expected"), [("0", " ".join(SHELL.variables)), ("1", "TERM=linux HOME=/"), ("2", None)]
)
def test_ancestors_in_output(world: Any, event_of: Any, process: Any, argument: str, expected: Any) -> None:
    ref = CATALOGUE.resolve_output("proc.aenv", argument)
    assert EventBinder(world)(ref)(event_of(process)) == expected


def test_an_unknown_environment_is_no_empty_one(read: Any, event_of: Any, process: Any) -> None:
    process.image.environment = None
    process.parent.image.environment = None
    event = event_of(process)
    for field in ("proc.env", "proc.env[HOME]", "proc.aenv[HOME]", "proc.aenv"):
        assert read(field, event) is None


def test_what_was_cut_off_may_have_been_set(read: Any, event_of: Any, process: Any) -> None:
    process.image.environment = Environment(("HOME=/root",), whole=False)
    event = event_of(process)
    assert (read("proc.env[HOME]", event), read("proc.env[SHELL]", event)) == ("/root", None)
    process.parent.image.environment = Environment((), whole=False)
    assert read("proc.aenv[SHELL]", event) is None


def test_nobodys_environment(read: Any, event_of: Any) -> None:
    for field in ("proc.env", "proc.env[HOME]", "proc.aenv[HOME]", "proc.aenv"):
        assert read(field, event_of(None)) is None
