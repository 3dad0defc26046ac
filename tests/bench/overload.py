"""What the agent stands: opens and execs a second without loss at the default settings, and what survives beyond.

A flood at a steady pace, doubled until events are lost; then one as fast as it goes. Needs root and audit, and runs the
installed agent on the processes of a login uid of its own. Prints a table; `--json` one object. Not a test: nothing
passes or fails by time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from harness.agent import AgentError, AgentProcess, environment, run_command
from harness.scope import AuditScope

SECONDS = 5.0
FIRST_RATE = {"opens": 1000, "execs": 50}
FASTEST = 10**9
MOST_DOUBLINGS = 10
PATIENCE = 60.0

# Does an act at a pace for some seconds, in a process for each processor, and prints how often it was done.
FLOOD = """
import os, sys, time
act, name, rate, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
workers = os.cpu_count() or 1
begun = time.monotonic()
reading, writing = os.pipe()
children = []
for worker in range(workers):
    pid = os.fork()
    if pid == 0:
        done = 0
        while (now := time.monotonic() - begun) < seconds:
            if done * workers > rate * now:
                time.sleep(0.001)
            elif act == "opens":
                os.close(os.open(name, os.O_RDONLY))
                done += 1
            else:
                os.waitpid(os.posix_spawn("/bin/true", ["true", "flood-mark"], {}), 0)
                done += 1
        os.write(writing, b"%d " % done)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
print(sum(map(int, os.read(reading, 4096).split())))
"""

RULES = """
- rule: opens
  desc: an open of the flood
  condition: evt.type in (open, openat, openat2) and fd.name startswith {directory}/flood
  output: "%fd.name"
  priority: NOTICE
- rule: execs
  desc: an exec of the flood
  condition: evt.type in (execve, execveat) and proc.args startswith flood-mark
  output: "%proc.args"
  priority: NOTICE
- rule: end
  desc: the flood is over
  condition: evt.type in (execve, execveat) and proc.args startswith flood-end
  output: "%proc.args"
  priority: NOTICE
"""
LOST = re.compile(r"^ *- (serials|partial|shed|kernel_queue|receive_buffer): ([0-9]+) ", re.MULTILINE)


class Outcome(NamedTuple):
    """What became of a flood: acts done and seen, each a second; what was lost, by layer; alerts about overload."""

    done: float
    seen: float
    lost: dict[str, int]
    withdrawn: int


def flood(act: str, rate: int, directory: Path) -> Outcome:
    """Run the agent through one flood."""
    scope = AuditScope()
    (directory / "rules.yaml").write_text(RULES.format(directory=directory))
    (directory / "flood").touch()
    agent = AgentProcess(run_command([directory / "rules.yaml"], scope.login_uid), environment())
    try:
        agent.wait_ready()
        command = [sys.executable, "-c", FLOOD, act, str(directory / "flood"), str(rate), str(SECONDS)]
        done = int(scope.run(command, timeout=PATIENCE).stdout)
        scope.run(["/bin/true", "flood-end"])
        agent.wait_alert(lambda alert: alert["rule"] == "end", PATIENCE)
        end = agent.interrupt()
        seen = sum(alert["rule"] == act for alert in end.alerts)
        lost = {layer: int(count) for layer, count in LOST.findall(end.summary)}
        withdrawn = sum(alert["rule"] == "auditfalco internal: overload" for alert in end.alerts)
        return Outcome(done / SECONDS, seen / SECONDS, lost, withdrawn)
    finally:
        agent.close()
        scope.end()


def outcomes(act: str, directory: Path) -> list[Outcome]:
    """Floods that double until something is lost or they get no faster, and one without a pace."""
    found: list[Outcome] = []
    for doubling in range(MOST_DOUBLINGS):
        found.append(flood(act, FIRST_RATE[act] << doubling, directory))
        if found[-1].lost or (len(found) > 1 and found[-1].done < 1.2 * found[-2].done):
            break
    return [*found, flood(act, FASTEST, directory)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("overload: needs root")
        return
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as directory:
        for act in FIRST_RATE:
            try:
                results[act] = [outcome._asdict() for outcome in outcomes(act, Path(directory))]
            except AgentError as error:
                print(f"overload: {act}: {error}", file=sys.stderr)
    if options.json:
        print(json.dumps({"overload": results}))
        return
    for act, rows in results.items():
        print(f"{act + ' a second':<18}{'seen':>10}{'withdrawn':>11}  lost in {SECONDS:.0f} s")
        for row in rows:
            lost = ", ".join(f"{count} {layer}" for layer, count in row["lost"].items()) or "nothing"
            print(f"{row['done']:<18.0f}{row['seen']:>10.0f}{row['withdrawn']:>11}  {lost}")


if __name__ == "__main__":
    main()
