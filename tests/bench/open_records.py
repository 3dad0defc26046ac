"""How many records of opens a plan makes the kernel send under a build-like load, against a plan that names no files.

Run as root: .venv/bin/python tests/bench/open_records.py RULES…. Everything is narrowed to a login uid of its own.
The load opens files that no rule names and starts programs; both plans see the same load.

Measured on Linux 6.18 with two processors and the shipped rules: no record of an open of 105,000 with 258 audit rules
by files; with whole calls more than 87,000, where the reader was overrun once. 2,001 records of executions with both.
"""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditfalco.agent.rulefiles import load_rules
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.filters import OPENS
from auditfalco.coverage.kernel import abilities
from auditfalco.coverage.needs import Needs, needs_of
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.scopes import HostMounts
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.items import Priority
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.multicast import MulticastReader
from kernel_sources.procfs import ProcFS
from kernel_sources.tables import syscall_name

EXECS, OPENED = 2_000, 100_000
LOGIN_UID = 4_248_000
OURS = b" auid=%d " % LOGIN_UID
SYSCALL = 1300
QUIET_SECONDS = 2.0
MOST_SECONDS = 240.0

_LOAD = """
import os, subprocess, sys
open("/proc/self/loginuid", "w").write(sys.argv[1])
if os.fork() == 0:
    files = [os.path.join(sys.argv[2], str(number)) for number in range(100)]
    for path in files:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    for number in range(int(sys.argv[4])):
        os.close(os.open(files[number % 100], os.O_RDONLY if number % 4 else os.O_WRONLY))
    for _ in range(int(sys.argv[3])):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    os._exit(0)
os.wait()
"""


def records(planned: Iterable[PlannedRule]) -> Counter[str]:
    """The SYSCALL records of the load under some rules, by "open" and "other"."""
    found: Counter[str] = Counter()
    with AuditControl() as control, InstalledRules(control) as installed, MulticastReader() as reader:
        installed.set_backlog_limit(8192)
        installed.enable()
        refused = installed.add_all(one.rule for one in planned)
        print(f"  {len(installed.ours)} audit rules, {len(refused)} refused")
        with tempfile.TemporaryDirectory() as directory:
            arguments = [str(LOGIN_UID), directory, str(EXECS), str(OPENED)]
            load = subprocess.Popen([sys.executable, "-c", _LOAD, *arguments])
            started = quiet = time.monotonic()
            while load.poll() is None or time.monotonic() - quiet < QUIET_SECONDS:
                if time.monotonic() - started > MOST_SECONDS:
                    load.kill()
                    break
                select.select([reader.fileno()], [], [], 0.2)
                for kind, payload in reader.read_batch():
                    if kind == SYSCALL and OURS in payload:
                        quiet = time.monotonic()
                        found["open" if _is_open(payload) else "other"] += 1
            load.wait()
            found["overruns"] = reader.overruns
    return found


def _is_open(payload: bytes) -> bool:
    number = int(payload.partition(b" syscall=")[2].split(b" ", 1)[0])
    return syscall_name("x86_64", number) in OPENS


def whole(plan: Plan) -> Plan:
    """The same plan, asking for every call however it is made."""
    return replace(plan, needs=Needs.whole(plan.needs.calls))


def main(paths: Sequence[str]) -> None:
    """Measure the rules of some files, or the shipped ones."""
    ruleset, _ = load_rules(list(paths), Priority.DEBUG)
    plan = Plan(needs_of(ruleset, CATALOGUE.resolve_output), login_uids=(LOGIN_UID,), kernel=abilities())
    proc = ProcFS()
    standing = HostMounts(proc.mountinfo("self") or ()).standing
    for title, one in (("by files", plan), ("whole calls", whole(plan))):
        planned = (*one.audit_rules(), *one.file_rules(Places(HostFiles(proc))), *one.container_rules(standing))
        print(f"{title}:")
        print(f"  {dict(records(planned))}")


if __name__ == "__main__":
    main(sys.argv[1:])
