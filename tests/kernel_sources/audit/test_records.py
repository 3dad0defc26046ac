"""The oddities of audit records, one small log each, against the facts written beside it.

After a change that is meant to change facts, write the expectations anew, and read the difference before committing::

    AUDITFALCO_REWRITE_RECORDS=1 python -m pytest tests/kernel_sources/audit/test_records.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.logfile import LogCount, read_log
from kernel_sources.audit.rawevent import RawEvent

Json = Any
Describe = Callable[[RawEvent], dict[str, Json]]

REWRITE = "AUDITFALCO_REWRITE_RECORDS"
DIRECTORY = Path(__file__).resolve().parents[2] / "records"
CASES = sorted(path.stem for path in DIRECTORY.glob("*.log") if path.with_suffix(".json").exists())


def test_there_are_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES)
def test_facts_of(case: str, describe: Describe) -> None:
    found = _read(DIRECTORY / f"{case}.log", describe)
    expectation = DIRECTORY / f"{case}.json"
    if os.environ.get(REWRITE):
        expectation.write_text(json.dumps(found, indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    assert found == json.loads(expectation.read_text(encoding="ascii"))


def _read(path: Path, describe: Describe) -> Json:
    count, assembler = LogCount(), Assembler()
    events = []
    for record in read_log(str(path), count):
        events += assembler.feed(record, 0.0)
    events += assembler.close()
    return {
        "events": [{**describe(event), "closed": event.complete, **_apart(event)} for event in events],
        "skipped": [f"{fault.line}: {fault.reason}" for fault in count.faults],
        "timeouts": assembler.timeouts,
        "restarts": assembler.restarts,
        "duplicates": assembler.duplicates,
        "losses": [
            {
                "node": loss.node,
                "first": loss.first,
                "count": loss.count,
                "seconds": [loss.after_ns // 1_000_000_000, loss.before_ns // 1_000_000_000],
            }
            for loss in assembler.take_losses()
        ],
    }


def _apart(event: RawEvent) -> dict[str, Json]:
    """Return what auditd added, and the raw fields of records that have no facts of their own."""
    enriched = [record.enriched for record in event.records if record.enriched]
    plain = [record.fields for record in event.records if record.type in (1335, 1338, 1400, 1415, 1503, 1701)]
    found: dict[str, Json] = {}
    if enriched:
        found["enriched"] = enriched
    if plain:
        found["fields"] = plain
    return found
