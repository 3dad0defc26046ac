"""Output lines, read into pieces."""

from __future__ import annotations

import pytest

from auditfalco.errors import TemplateError, UnknownTokenError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.template import parse_template


def pieces(text: str) -> list[str | tuple[str, int]]:
    """Return the texts of an output line, and the keys and widths of its values."""
    parsed = parse_template(text, CATALOGUE.resolve_output)
    return [piece if isinstance(piece, str) else (piece.key, piece.width) for piece in parsed.pieces]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", ["plain"]),
        ("a %proc.name b", ["a ", ("proc.name", 0), " b"]),
        ("%proc.name%proc.pid", [("proc.name", 0), ("proc.pid", 0)]),
        ("%proc.nameand", [("proc.name", 0), "and"]),
        ("%fd.name.", [("fd.name", 0), "."]),
        ("(%fd.name)", ["(", ("fd.name", 0), ")"]),
        ("%10proc.name|", [("proc.name", 10), "|"]),
        ("%proc.aname[2]x", [("proc.aname[2]", 0), "x"]),
        ("%proc.name[0]", [("proc.name", 0), "[0]"]),
        ("%evt.arg.flags,", [("evt.arg.flags", 0), ","]),
        ("%evt.arg[1]", [("evt.arg[1]", 0)]),
        ("%evt.time.iso8601", [("evt.time.iso8601", 0)]),
        ("%toupper( proc.name )!", [("toupper(proc.name)", 0), "!"]),
        ('%join("-", (proc.name, fd.name))', [("join(-,(proc.name,fd.name))", 0)]),
    ],
)
def test_pieces(text: str, expected: list[str | tuple[str, int]]) -> None:
    assert pieces(text) == expected


def test_transformers_bring_their_fields() -> None:
    parsed = parse_template("*%concat(proc.name, tolower(fd.name))", CATALOGUE.resolve_output)
    assert parsed.lenient
    assert [value.key for value in parsed.inner] == ["proc.name", "fd.name"]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("x %nope", 2),
        ("%%", 0),
        ("% proc.name", 0),
        ("%PROC.NAME", 0),
        ("%proc", 0),
        ("%toupper(proc.pid)", 0),
        ("%toupper(proc.name", 0),
        ("%val(proc.name)", 0),
        ("%evt.arg.nope", 0),
        ("%fd.ip", 0),
        ("%toupper(proc.aname)", 0),
    ],
)
def test_what_names_nothing_is_refused(text: str, offset: int) -> None:
    with pytest.raises(UnknownTokenError) as caught:
        pieces(text)
    assert caught.value.offset == offset


@pytest.mark.parametrize("text", ["", "x %", "x %9", "%99999proc.name"])
def test_lines_that_cannot_be(text: str) -> None:
    with pytest.raises(TemplateError):
        pieces(text)
