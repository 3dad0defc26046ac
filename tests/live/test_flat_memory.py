"""The agent's memory stays flat over thousands of processes and opens."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from harness.agent import AgentProcess, StartAgent
from harness.programs import Compiler
from harness.scope import AuditScope

from auditfalco.state.lives import DEAD_KEPT_NS

BUSY = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    for (int i = 0; i < atoi(argv[1]); i++) {
        if (fork() == 0) {
            for (int j = 0; j < 4; j++) close(open("/etc/hostname", O_RDONLY));
            execl(argv[2], "act", argv[3], (char *)0);
            _exit(1);
        }
        wait(0);
    }
    execl(argv[2], "act", "last", argv[3], (char *)0);
}
"""
ACT = "int main(void) { return 0; }"
RULES = """
- rule: Opened
  desc: the opens are recorded, and none is alerted
  condition: evt.type in (open, openat) and fd.name = /nowhere
  output: never
  priority: NOTICE
- rule: Round
  desc: a round is over
  condition: evt.type = execve and proc.args startswith last
  output: over %proc.args
  priority: NOTICE
"""
PROCESSES = 2500
ALLOWED_GROWTH = 1.05


def resident_after(
    running: AgentProcess, scope: AuditScope, programs: tuple[Path, Path], processes: int, number: int
) -> int:
    """Bytes that the agent holds once it has handled a round."""
    busy, act = programs
    assert scope.run([str(busy), str(processes), str(act), str(number)], timeout=60).returncode == 0
    running.wait_alert(lambda alert: alert["output_fields"]["proc.args"] == f"last {number}", timeout=60)
    return int(psutil.Process(running.process.pid).memory_info().rss)


def test_memory_is_flat_once_the_first_have_gone(
    agent: StartAgent, audit_scope: AuditScope, compile_c: Compiler, tmp_path: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    programs = compile_c(BUSY, "busy"), compile_c(ACT, "act")
    running = agent(tmp_path / "rules.yaml")
    before = resident_after(running, audit_scope, programs, PROCESSES, 1)
    # What has ended is kept that long for late records; then the second half takes the place of the first.
    time.sleep(DEAD_KEPT_NS / 1e9 + 1)
    after = resident_after(running, audit_scope, programs, PROCESSES, 2)
    summary = running.interrupt().summary
    print(f"{before >> 10} KiB, then {after >> 10} KiB")
    assert after < before * ALLOWED_GROWTH
    assert "Not known for want of" not in summary
    assert "event drop detected: 0 occurrences" in summary
