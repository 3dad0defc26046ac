"""How long rule files take to load: read, check, expand, compile. Prints a table; `--json` one object.

A file from beside the checkout is measured too, so that the published rules of others can be put there. Not a test:
nothing passes or fails by time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from auditfalco.engine.engine import Engine
from auditfalco.engine.field_event import bind_field_event
from auditfalco.ruleset.load import load

CHECKOUT = Path(__file__).resolve().parents[2]
ROUNDS = 15


def rule_files() -> list[Path]:
    """The shipped rules, and those in sibling directories."""
    return [*sorted((CHECKOUT / "rules").glob("*.yaml")), *sorted(CHECKOUT.parent.glob("shared/*/*rules*.yaml"))]


def measure(path: Path) -> dict[str, float | int | str]:
    """Median seconds of loading one file and of binding its rules, over ROUNDS rounds."""
    loading, binding = [], []
    rules = 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = load([path])
        loaded = time.perf_counter()
        rules = len(Engine(result.ruleset, bind_field_event).rules)
        loading.append(loaded - start)
        binding.append(time.perf_counter() - loaded)
        assert result.successful, result.errors
    return {
        "file": path.name,
        "rules": rules,
        "load_seconds": round(statistics.median(loading), 4),
        "bind_seconds": round(statistics.median(binding), 4),
    }


def main() -> None:
    """Measure every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(path) for path in rule_files()]
    if options.json:
        print(json.dumps({"rule_loading": rows}))
        return
    print(f"{'file':<28}{'rules':>7}{'load s':>10}{'bind s':>10}")
    for row in rows:
        print(f"{row['file']:<28}{row['rules']:>7}{row['load_seconds']:>10}{row['bind_seconds']:>10}")


if __name__ == "__main__":
    main()
