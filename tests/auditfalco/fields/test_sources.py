"""Where every field comes from, or why it cannot be had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field
from auditfalco.fields.served import is_served
from auditfalco.fields.sources import REASONS, SOURCES
from auditfalco.ruleset.describe import describe
from auditfalco.ruleset.load import load_texts

REFERENCE = Path(__file__).resolve().parents[3].parent / "shared" / "reference"


def test_every_field_has_sources_or_a_reason() -> None:
    names = {field.name for field in CATALOGUE}
    assert SOURCES.keys() | REASONS.keys() == names
    assert not SOURCES.keys() & REASONS.keys()
    assert all(SOURCES.values()) and all(REASONS.values())
    for sources in SOURCES.values():
        assert len(set(sources)) == len(sources)


@pytest.mark.parametrize("field", CATALOGUE, ids=lambda field: field.name)
def test_a_field_is_read_exactly_if_it_has_sources(field: Field) -> None:
    assert is_served(field) == (field.name in SOURCES)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no shared reference data beside the checkout")
def test_falcos_own_rules_find_their_fields() -> None:
    rules = describe(load_texts([("falco_rules.yaml", (REFERENCE / "falco_rules.yaml").read_bytes())]).ruleset)["rules"]
    used = {use for rule in rules for part in ("condition_fields", "output_fields") for use in rule["details"][part]}
    missing = {use for use in used if use.partition("[")[0] in REASONS}
    assert missing == {"fd.sip.name"}


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no shared reference data beside the checkout")
def test_every_field_of_falcos_is_told_of() -> None:
    fields: list[dict[str, Any]] = json.loads((REFERENCE / "fields.json").read_text())
    assert {field["name"] for field in fields} <= SOURCES.keys() | REASONS.keys()
