"""Places in files."""

from __future__ import annotations

from auditfalco.errors import AuditfalcoError
from auditfalco.model.location import Location


def test_places_print_as_compilers_print_them() -> None:
    assert str(Location("rules.yaml", 3, 14)) == "rules.yaml:3:14"
    assert str(Location("", 1, 2)) == "1:2"
    assert Location("a", 2, 9) < Location("a", 10, 1)


def test_errors_tell_place_and_mend() -> None:
    assert str(AuditfalcoError("wrong")) == "wrong"
    assert str(AuditfalcoError("wrong", Location("f", 1, 2), "do right")) == "f:1:2: wrong; do right"
