"""Events given as plain objects of field and value."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE


def read(name: str, argument: str | None, **values: Any) -> Any:
    """Read a field from an event whose keys are given with ``__`` for dots."""
    event = FieldEvent({key.replace("__", "."): value for key, value in values.items()})
    return bind_field_event(CATALOGUE.resolve(name, argument))(event)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("proc.name", "cat", "cat"),
        ("proc.name", 5, "5"),
        ("proc.name", True, "true"),
        ("proc.name", {"bytes_hex": "ff41"}, "\udcffA"),
        ("proc.pid", 5, 5),
        ("proc.pid", "-5", -5),
        ("proc.pid", 5.0, 5),
        ("proc.fdusage", 1.5, 1.5),
        ("evt.failed", True, True),
        ("evt.failed", "false", False),
        ("evt.failed", 1, True),
        ("evt.buffer", "a\0é", b"a\0\xc3\xa9"),
        ("evt.buffer", {"bytes_hex": "00ff"}, b"\x00\xff"),
        ("fd.sip", "10.0.0.1", ip_address("10.0.0.1").packed),
        ("fd.types", ["file"], ("file",)),
        ("fd.types", "file", ("file",)),
        ("fd.ip", ["10.0.0.1", None], (ip_address("10.0.0.1").packed, None)),
        ("fd.port", [1, "2"], (1, 2)),
        ("proc.aname", ["a", "b"], ("a", "b")),
        ("proc.name", None, None),
    ],
)
def test_values_take_the_type_of_their_field(name: str, given: Any, value: Any) -> None:
    assert read(name, None, **{name.replace(".", "__"): given}) == value


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("proc.pid", "five"),
        ("proc.pid", 5.5),
        ("proc.pid", []),
        ("proc.pid", {"bytes_hex": "41"}),
        ("proc.name", ["a"]),
        ("evt.failed", "maybe"),
        ("fd.sip", "localhost"),
        ("fd.sip", 5),
        ("evt.buffer", {"bytes_hex": "0"}),
    ],
)
def test_what_cannot_be_of_the_type_is_an_error(name: str, given: Any) -> None:
    with pytest.raises(AuditfalcoError, match=name):
        read(name, None, **{name.replace(".", "__"): given})


def test_arguments() -> None:
    event = FieldEvent({"proc.aname[2]": "sshd", "evt.arg.path": "/x", "evt.arg[1]": "y", "proc.env[HOME]": "/root"})
    reads = {
        ("proc.aname", "2"): "sshd",
        ("proc.aname", "3"): None,
        ("evt.arg.path", None): "/x",
        ("evt.arg", "1"): "y",
        ("proc.env", "HOME"): "/root",
    }
    assert {key: bind_field_event(CATALOGUE.resolve(*key))(event) for key in reads} == reads


def test_fields_are_put_together_from_their_parts() -> None:
    event = FieldEvent({"proc.aname[1]": "a", "proc.aname[2]": "b", "fd.sip": "::1", "fd.cport": 5})
    packed = ip_address("::1").packed
    assert bind_field_event(CATALOGUE.resolve("proc.aname", None))(event) == ("a", "b")
    assert bind_field_event(CATALOGUE.resolve("fd.ip", None))(event) == (None, packed)
    assert bind_field_event(CATALOGUE.resolve("fd.snet", None))(event) == packed
    assert bind_field_event(CATALOGUE.resolve("fd.port", None))(event) == (5, None)
    assert bind_field_event(CATALOGUE.resolve("fd.cnet", None))(event) is None
    assert bind_field_event(CATALOGUE.resolve("proc.apid", None))(event) is None


def test_event_types() -> None:
    assert FieldEvent({"evt.type": "open"}).type == "open"
    assert FieldEvent({}).type == ""
