"""The README's generated tables are what the catalogues say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from auditfalco.fields.sources import REASONS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """The script that writes the tables."""
    spec = importlib.util.spec_from_file_location("readme_tables", ROOT / "contrib" / "generate_readme_tables.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_as_generated(generator: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generator.with_tables(text) == text, "make tables"


def test_every_field_that_cannot_be_had_is_in_the_table(generator: ModuleType) -> None:
    table = generator.fields_table()
    for name, reason in REASONS.items():
        row = next(line for line in table.splitlines() if f"`{name}`" in line)
        assert row.endswith(f"| {reason} |")


def test_a_readme_without_a_place_for_them(generator: ModuleType) -> None:
    with pytest.raises(ValueError, match="no place for the table of fields"):
        generator.with_tables("# auditfalco\n")
