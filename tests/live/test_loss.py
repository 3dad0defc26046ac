"""Loss on the running kernel: counted exactly, told with layer and window, and least where it hurts most.

The floods are opens of a file of the test's own by processes under the session's login uid, bounded in time and number;
buffers are small so that little is needed to overrun them. What is compared are counts and ratios, never times.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from harness.agent import Alert, StartAgent
from harness.machine import AuditState
from harness.scope import AuditScope

from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.multicast import MulticastReader
from kernel_sources.audit.record import Record
from kernel_sources.audit.rule import Field, rule

pytestmark = pytest.mark.live

OPENERS = 4
FLOOD_SECONDS = 6.0
MOST_OPENS = 500_000  # of one opener
PATIENCE = 60.0
LEAST_ADVANTAGE = 10
SMALL_BUFFER = 64 * 1024
EVENTS_LOST = "auditfalco internal: events lost"
OVERLOAD = "auditfalco internal: overload"
OPENAT = 257

# Prints how many opens and execs there were. Every exec has a number of its own.
FLOOD = """
import os, subprocess, sys, time
name, openers, seconds, most = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
end = time.monotonic() + seconds
reading, writing = os.pipe()
children = []
for _ in range(openers):
    pid = os.fork()
    if pid == 0:
        opens = 0
        while opens < most and time.monotonic() < end:
            for _ in range(50):
                os.close(os.open(name, os.O_RDONLY))
            opens += 50
        os.write(writing, b"%d " % opens)
        os._exit(0)
    children.append(pid)
execs = 0
while time.monotonic() < end:
    subprocess.run(["/bin/true", "flood-mark", str(execs)], check=True)
    execs += 1
    time.sleep(0.02)
for pid in children:
    os.waitpid(pid, 0)
print(sum(map(int, os.read(reading, 4096).split())), execs)
"""

RULES = """
- rule: Flooded file opened
  desc: an open of a file of the flood
  condition: evt.type in (open, openat, openat2) and fd.name startswith {directory}/flood
  output: "%fd.name"
  priority: NOTICE
- rule: Marked exec
  desc: an exec of the flood
  condition: evt.type in (execve, execveat) and proc.args startswith flood-mark
  output: "%proc.args"
  priority: NOTICE
"""


class Flood(NamedTuple):
    """How much there was to see."""

    opens: int
    execs: int


class Stream:
    """The audit stream through one socket: the serials that came, and what an assembler makes of them."""

    def __init__(self, reader: MulticastReader) -> None:
        self.reader = reader
        self.assembler = Assembler()
        self.serials: set[int] = set()
        self._records: list[tuple[int, bytes]] = []

    def read(self, rounds: int = 10_000) -> None:
        """Take what waits, in so many rounds at most; to look at it there is time later."""
        for _ in range(rounds):
            records = self.reader.read_batch(4096)
            if not records:
                return
            self._records += records

    def put_together(self) -> None:
        """Look at what was taken."""
        for kind, text in self._records:
            record = Record.from_netlink(kind, text)
            self.serials.add(record.serial)
            self.assembler.feed(record, 0.0)
        self.assembler.close()


@pytest.fixture
def opens_recorded(audit_scope: AuditScope) -> Iterator[None]:
    """Have the opens of the session's processes recorded."""
    fields = (Field("arch", "=", 0xC000003E), Field("auid", "=", audit_scope.login_uid))
    with AuditControl() as control, InstalledRules(control) as installed:
        installed.set_backlog_limit(max(8192, control.status().backlog_limit))
        installed.enable()
        installed.add(rule("exit", "always", *fields, syscalls=[OPENAT], keys=("auditfalco-test-loss",)))
        yield


def flood_command(name: Path, openers: int, seconds: float) -> list[str]:
    """A command that floods; it prints how many opens and execs there were."""
    return [sys.executable, "-c", FLOOD, str(name), str(openers), str(seconds), str(MOST_OPENS)]


def test_counted_losses_are_the_missing_serials(audit_scope: AuditScope, opens_recorded: None, tmp_path: Path) -> None:
    (tmp_path / "flood").touch()
    with MulticastReader(256 * 1024 * 1024) as large_reader, MulticastReader(SMALL_BUFFER) as small_reader:
        large, small = Stream(large_reader), Stream(small_reader)
        flood = audit_scope.spawn(flood_command(tmp_path / "flood", 1, FLOOD_SECONDS / 3), stdout=subprocess.DEVNULL)
        try:
            while flood.poll() is None:
                # Now and then, as a reader without enough time would.
                large.read(rounds=2)
                small.read(rounds=1)
                time.sleep(0.001)
        finally:
            assert flood.wait(PATIENCE) == 0
        large.read()
        small.read()
        # Both sockets are empty now: the next event arrives at both, so that the last gap has an end.
        audit_scope.run(["/bin/cat", str(tmp_path / "flood")])
        time.sleep(0.2)
        for stream in (large, small):
            stream.read()
            stream.put_together()
    begin, end = min(small.serials), max(small.serials)
    sent = {serial for serial in large.serials if begin <= serial <= end}
    missing = sent - small.serials
    losses = small.assembler.take_losses()
    print(f"{len(sent)} events sent, {len(missing)} missing in {len(losses)} gaps, {small.reader.overruns} overruns")
    assert (large.reader.overruns, large.assembler.lost, large.assembler.partial) == (0, 0, 0)
    assert len(sent) == end - begin + 1
    assert small.reader.overruns > 0
    assert small.assembler.lost == len(missing) > 0
    assert sum(loss.count for loss in losses) == len(missing)
    assert {serial for loss in losses for serial in range(loss.first, loss.first + loss.count)} == missing


def test_valuable_events_of_a_flood_survive_and_all_is_well_afterwards(
    agent: StartAgent, audit_scope: AuditScope, tmp_path: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(RULES.format(directory=tmp_path))
    flooded = tmp_path / "flood"
    flooded.touch()
    running = agent(tmp_path / "rules.yaml", options=["-o", f"auditfalco.receive_buffer={SMALL_BUFFER}"])
    asked = set(AuditState.read().rules)
    flood = flood_of(audit_scope, flooded)
    lost = running.wait_alert(lambda alert: alert["rule"] == EVENTS_LOST)
    assert_layers_and_windows(lost)
    withdrawn = running.wait_alert(lambda alert: alert["rule"] == OVERLOAD)
    assert withdrawn["output_fields"]["overload.blind"] == "Flooded file opened"
    assert "opens" in withdrawn["output_fields"]["overload.withdrawn"]
    running.wait_alert(lambda alert: alert["rule"] == OVERLOAD and is_over(alert), PATIENCE)
    assert set(AuditState.read().rules) == asked
    audit_scope.run(["/bin/cat", f"{flooded}-gone"])
    audit_scope.run(["/bin/true", "flood-mark", "afterwards"])
    running.wait_alert(lambda alert: alert["output"].endswith("flood-gone"), PATIENCE)
    running.wait_alert(lambda alert: alert["output"].endswith("flood-mark afterwards"), PATIENCE)
    execs = len(running.alerts("Marked exec")) - 1
    opens = len(running.alerts("Flooded file opened")) - 1
    print(f"{execs} of {flood.execs} execs and {opens} of {flood.opens} opens survived")
    assert execs / flood.execs >= LEAST_ADVANTAGE * opens / flood.opens
    summary = running.interrupt().summary
    print(summary)
    assert "events missing from the sequence of audit serials" in summary
    assert "not recorded under overload: opens" in summary


def flood_of(audit_scope: AuditScope, name: Path) -> Flood:
    """Flood, and count what there was."""
    done = audit_scope.run(flood_command(name, OPENERS, FLOOD_SECONDS), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    opens, execs = map(int, done.stdout.split())
    return Flood(opens, execs)


def assert_layers_and_windows(lost: Alert) -> None:
    """An alert about losses names at least one layer, each with its count and its window."""
    fields = lost["output_fields"]
    layers = [name for name in fields if name.count(".") == 1]
    assert layers
    for layer in layers:
        assert fields[layer] > 0
        assert fields[f"{layer}.since"] <= fields[f"{layer}.until"]
    assert lost["priority"] == "Warning"


def is_over(alert: Alert) -> bool:
    """Whether an alert about overload says that nothing is withdrawn any more."""
    return alert["output_fields"]["overload.withdrawn"] == ""
