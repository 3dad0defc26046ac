"""The catalogue of fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.errors import ConditionTypeError, UnknownFieldError
from auditfalco.fields import catalogue_own
from auditfalco.fields.catalogue import CATALOGUE, lookup, names, suggest
from auditfalco.fields.field import ArgumentForm, Field
from auditfalco.language.types import TYPES, Shape

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "reference" / "fields.json"
REFERENCE: list[dict[str, Any]] = json.loads(SHARED.read_text()) if SHARED.exists() else []


def test_every_field_is_described_once() -> None:
    fields = list(CATALOGUE)
    assert len({field.name for field in fields}) == len(fields) == 294 + len(catalogue_own.FIELDS)
    assert names() == sorted(field.name for field in fields)
    for field in fields:
        assert field.type in TYPES
        assert field.description and not field.description.endswith(".")
        assert field.argument is not ArgumentForm.NONE or not field.argument_required


@pytest.mark.parametrize("field", catalogue_own.FIELDS, ids=lambda field: field.name)
def test_fields_of_our_own_are_told_from_falcos(field: Field) -> None:
    assert not field.listed
    assert "no field of Falco's" in field.description
    assert field.name not in {entry["name"] for entry in REFERENCE}


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry["name"])
def test_the_catalogue_is_falcos(entry: dict[str, Any]) -> None:
    field = lookup(entry["name"])
    assert field is not None
    for key in ("type", "is_list", "deprecated", "filterable", "printable", "listed", "transformable", "rhs_ok"):
        assert getattr(field, key) == entry[key], key
    assert field.suggested == ("suggested_output" in entry and entry["suggested_output"])
    assert (field.argument is not ArgumentForm.NONE) == (entry["arg"] != "none")
    assert field.argument_required == (entry["arg"] == "required")


@pytest.mark.parametrize(
    ("name", "argument", "field", "given"),
    [
        ("proc.name", None, "proc.name", None),
        ("evt.arg.path", None, "evt.arg", "path"),
        ("evt.arg", "1", "evt.arg", "1"),
        ("evt.type.is.open", None, "evt.type.is", "open"),
        ("evt.abspath", None, "evt.abspath", None),
        ("evt.abspath.src", None, "evt.abspath", "src"),
        ("thread.cgroup.cpu", None, "thread.cgroup", "cpu"),
        ("container.label.a.b", None, "container.label", "a.b"),
        ("container.label", "a/b", "container.label", "a/b"),
        ("proc.env", "PATH", "proc.env", "PATH"),
        ("proc.aname", "2", "proc.aname", "2"),
        ("proc.aname", "-1", "proc.aname", None),
        ("proc.aenv", "1", "proc.aenv", None),
        ("proc.aenv", "HOME", "proc.aenv", "HOME"),
    ],
)
def test_names_with_arguments(name: str, argument: str | None, field: str, given: str | None) -> None:
    ref = CATALOGUE.resolve(name, argument)
    assert (ref.name, ref.argument) == (field, given)
    assert str(ref) == (name if argument is None else f"{name}[{argument}]")


@pytest.mark.parametrize(
    ("name", "argument", "mend"),
    [
        ("proc.nme", None, "did you mean proc.name?"),
        ("PROC.NAME", None, "did you mean proc.name?"),
        ("proc.name", "0", "takes no argument"),
        ("evt.arg", None, "it is written evt.arg.NAME or [N]"),
        ("proc.aname", "x", "it is written proc.aname[N]"),
        ("proc.aname", "9" * 21, "it is written"),
        ("evt.abspath.other", None, ""),
        ("jevt.value", "/x", ""),
    ],
)
def test_fields_that_do_not_exist(name: str, argument: str | None, mend: str) -> None:
    with pytest.raises(UnknownFieldError, match="nonexistent field") as caught:
        CATALOGUE.resolve(name, argument)
    assert mend in caught.value.mend


def test_event_arguments_must_exist() -> None:
    with pytest.raises(ConditionTypeError, match="unknown event argument flgs") as caught:
        CATALOGUE.resolve("evt.arg.flgs", None)
    assert not isinstance(caught.value, UnknownFieldError)
    assert caught.value.mend == "did you mean flags?"
    assert CATALOGUE.resolve("evt.rawarg.flags", None).type == TYPES["FLAGS32"]
    assert CATALOGUE.resolve("evt.rawarg.res", None).type == TYPES["ERRNO"]


def test_shapes() -> None:
    assert CATALOGUE.resolve("proc.aname", None).shape is Shape.ANCESTORS
    assert CATALOGUE.resolve("proc.aname", "1").shape is Shape.PLAIN
    assert not CATALOGUE.resolve("proc.aname", "1").transformable
    assert CATALOGUE.resolve("fd.ip", None).shape is Shape.PAIR
    assert CATALOGUE.resolve("fd.snet", None).shape is Shape.NETWORK_MEMBER


def test_conditions_and_output_lines_have_fields_of_their_own() -> None:
    with pytest.raises(ConditionTypeError, match="only be used in output lines"):
        CATALOGUE.resolve("evt.outputtime", None)
    with pytest.raises(UnknownFieldError, match="only be used in conditions"):
        CATALOGUE.resolve_output("fd.ip", None)
    assert CATALOGUE.resolve_output("evt.outputtime", None).name == "evt.outputtime"
    own_pid = CATALOGUE.resolve_output("proc.apid", None)
    assert (own_pid.name, own_pid.argument, own_pid.shape) == ("proc.apid", "0", Shape.PLAIN)
    assert CATALOGUE.resolve_output("proc.aenv", None).name == "proc.env"
    assert CATALOGUE.resolve_output("proc.aenv", "2").argument == "2"


def test_declared_fields() -> None:
    declared = CATALOGUE.declared(
        {
            "x.n": "UINT8",
            "x.l": "LIST(CHARBUF)",
            "x.e": "IPADDR/CLIENT_SERVER",
            "x.k[/a]": "CHARBUF",
            "proc.pid": "BOOL",
        }
    )
    assert declared.resolve("x.n", None).type == TYPES["UINT8"]
    assert declared.resolve("x.l", None).is_list
    assert declared.resolve("x.e", None).shape is Shape.PAIR
    assert declared.resolve("x.k", "/b").argument == "/b"
    assert declared.resolve("proc.pid", None).type == TYPES["INT64"]  # what is there stays
    assert CATALOGUE.lookup("x.n") is None
    with pytest.raises(ConditionTypeError, match="unknown type"):
        CATALOGUE.declared({"x.n": "NUMBER"})


def test_fields_can_be_added() -> None:
    extended = CATALOGUE.extended([Field("static.site", "CHARBUF", "from the configuration")])
    assert extended.resolve("static.site", None).name == "static.site"
    assert suggest("proc.nam") == "proc.name"
    assert suggest("zzzzzz") is None
