"""After process events were lost, what is known is what runs, and nothing is claimed of the time before."""

from __future__ import annotations

from typing import Any

from auditfalco.state.processes import ProcessTable
from auditfalco.state.recovery import recover

START = 1_700_000_000_000_000_000
MS = 1_000_000


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


def names(table: ProcessTable, pid: int, ms: int) -> list[str | None]:
    """What the ancestors of a process were called at a time."""
    process = table.find(pid, at(ms))
    assert process is not None
    return [table.image_at(ancestor, at(ms)).comm for ancestor in table.ancestors(process, at(ms))]


def test_what_ended_executed_or_was_handed_over_unseen(table: ProcessTable, proc: Any) -> None:
    proc.run(1, 0, "/sbin/init")
    proc.run(100, 1, "/bin/sh")
    table.obtain(1, at(0))
    table.forked(100, 200, at(10))
    table.forked(200, 300, at(20))
    table.forked(300, 400, at(30))
    assert names(table, 400, 40) == ["sh", "sh", "sh", "init"]
    proc.run(300, 1, "/usr/bin/daemon", start_ms=20)
    proc.run(400, 300, "/usr/bin/worker", start_ms=30)
    proc.running = {1, 100, 300, 400}
    recover(table, proc, at(500))
    gone = table.find(200, at(400))
    assert gone is not None
    assert gone.exit_ns == at(500)
    assert names(table, 400, 600) == ["daemon", "init"]
    assert names(table, 400, 40) == []
    worker = table.alive(400)
    assert worker is not None
    assert table.image_at(worker, at(600)).exe_path == "/usr/bin/worker"
