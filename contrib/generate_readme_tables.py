#!/usr/bin/env python3
"""Write the generated tables of README.md anew, from the catalogues themselves.

Usage: contrib/generate_readme_tables.py [README.md]

What stands between ``<!-- NAME: generated -->`` and ``<!-- NAME: end -->`` is replaced.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.sources import REASONS

ROOT = Path(__file__).resolve().parents[1]
OUTCOMES = ROOT / "tests" / "live" / "evasions" / "outcomes.jsonl"


def main() -> None:
    """Rewrite the file if a table has changed."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    before = path.read_text(encoding="utf-8")
    after = with_tables(before)
    if after != before:
        path.write_text(after, encoding="utf-8")


def with_tables(text: str) -> str:
    """The text with every table as it is now.

    Raises:
        ValueError: the marks of a table are missing.
    """
    for name, table in {"fields": fields_table(), "evasions": evasions_table()}.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if pattern.search(text) is None:
            raise ValueError(f"no place for the table of {name}: {begin} … {end}")
        text = pattern.sub(lambda _, filled=f"{begin}\n{table}\n{end}": filled, text)
    return text


def fields_table() -> str:
    """The fields that cannot be had, those with one reason in one row."""
    rows: dict[str, list[str]] = {}
    for field in CATALOGUE:
        if field.name in REASONS:
            rows.setdefault(REASONS[field.name], []).append(f"`{field.name}`")
    return "\n".join(
        ["| fields | why they are always absent |", "|---|---|"]
        + [f"| {', '.join(names)} | {reason} |" for reason, names in rows.items()]
    )


def evasions_table() -> str:
    """The tricks of the last noted run, and where rules saw them by printed names alone."""
    rows: dict[tuple[str, str], dict[str, bool]] = {}
    for line in OUTCOMES.read_text(encoding="utf-8").splitlines():
        outcome = json.loads(line)
        seen = rows.setdefault((outcome["id"], outcome["trick"]), {})
        seen[outcome["place"]] = seen.get(outcome["place"], True) and outcome["falco"]
    lines = [
        "| kind | trick | where | by printed names (Falco's meaning) | by every name (default) |",
        "|---|---|---|---|---|",
    ]
    for (kind, trick), seen in rows.items():
        plain = "seen" if all(seen.values()) else "missed" if not any(seen.values()) else _partly(seen)
        lines.append(f"| {kind} | {trick} | {', '.join(seen)} | {plain} | seen |")
    return "\n".join(lines)


def _partly(seen: dict[str, bool]) -> str:
    return ", ".join(f"{'seen' if there else 'missed'} ({place})" for place, there in seen.items())


if __name__ == "__main__":
    main()
