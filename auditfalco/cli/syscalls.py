"""`auditfalco syscalls`: every system call and io_uring operation of this machine, and what becomes of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from auditfalco.cli import DONE
from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.calls import KernelCall, kernel_calls, missing
from auditfalco.text import json_text


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco syscalls",
        description="List the system calls of this machine's kernel, in both ABIs, and the operations of io_uring:"
        " which event each becomes, and which of Falco's parameters are told.",
        epilog="example: auditfalco syscalls --missing",
    )
    made.add_argument(
        "--missing", action="store_true", help="only those that may pass without an event, the gravest first"
    )
    made.add_argument("--json", action="store_true", help="one JSON list")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    calls = kernel_calls(host_machines())
    if options.missing:
        calls = missing(calls)
    if options.json:
        print(json_text([call_json(call) for call in calls]))
        return DONE
    print("\n".join(_missing_table(calls) if options.missing else _table(calls)))
    return DONE


def call_json(call: KernelCall) -> dict[str, Any]:
    """A call as a JSON object.

    ``event_type`` is the event that it becomes, or null; ``falco`` what Falco knows of that: its ``parameters``, its
    ``name`` alone, or nothing; ``missing`` whether the call may pass without an event, and how grave that is then.
    """
    risk = {} if call.risk is None else {"risk": call.risk.level, "reason": call.risk.reason}
    return {
        "abi": call.abi,
        "number": call.number,
        "name": call.name,
        "event_type": call.event_type,
        "falco": call.knowledge or None,
        "told": list(call.told),
        "untold": list(call.untold),
        "missing": call.is_missing,
        **risk,
    }


def _table(calls: Iterable[KernelCall]) -> list[str]:
    """One call a line, under the name of its table; parameters that are not told in parentheses."""
    lines: list[str] = []
    abi = ""
    for call in calls:
        if call.abi != abi:
            abi = call.abi
            lines += ["", f"{abi}:"] if lines else [f"{abi}:"]
        lines.append(f"  {call.number:>4}  {call.name:<28} {_fate(call)}".rstrip())
    return lines


def _fate(call: KernelCall) -> str:
    if call.event_type is None:
        return f"no event: {call.risk.reason}" if call.risk is not None else "no event"
    if call.knowledge == "name":
        return f"{call.event_type:<24} (name and process alone)"
    untold = f" (not: {', '.join(call.untold)})" if call.untold else ""
    return f"{call.event_type:<24} {', '.join(call.told)}{untold}"


def _missing_table(calls: Iterable[KernelCall]) -> list[str]:
    """Every risk with the calls that it is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for call in calls:
        if call.risk is not None:
            name = call.name if call.abi != "io_uring" else f"io_uring {call.name}"
            named = groups.setdefault((call.risk.level, call.risk.reason), [])
            if name not in named:
                named.append(name)
    return [f"{level:<7} {', '.join(names)}\n        {reason}" for (level, reason), names in groups.items()]
