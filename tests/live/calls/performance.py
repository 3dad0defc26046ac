"""One run of all acts under the agent, and the alerts that each act's call became."""

from __future__ import annotations

import errno
import json
import os
import resource
import shlex
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from harness.agent import AgentProcess, Alert
from harness.programs import Compiler
from harness.scope import AuditScope

from calls.row import ARGUMENT, Facts, Row

SOURCE = Path(__file__).with_name("calls.c")
MARK = "sched_yield"  # stands before and after each act's call
EXECUTIONS = ("execve", "execveat")  # with which an act ends, if they succeed
RULE = "One call"
LAST = "the last act"
ENVIRONMENT = {"NOTE": "of the shell"}
TIMEOUT = 60.0  # seconds

Key = tuple[str, int]  # an act, and the bits of the program that performs it


@dataclass(frozen=True)
class Performance:
    """What came of the acts.

    Attributes:
        facts: what each act printed.
        events: the alerts of the calls that each act's process made between its marks.
        failures: what the acts wrote to stderr.
    """

    facts: Mapping[Key, Facts]
    events: Mapping[Key, list[dict[str, Any]]]
    failures: str


class Stage:
    """The programs and a scratch directory for each act.

    Attributes:
        programs: by their bits.
        acts: what is to be performed, in this order.
    """

    def __init__(self, scratch: Path, compile_c: Compiler, rows: Iterable[Row]) -> None:
        self.scratch = scratch
        self.acts: list[Key] = [(row.act, bits) for row in rows for bits in row.bits]
        source = SOURCE.read_text()
        self.programs = {bits: compile_c(source, "calls", bits) for _, bits in self.acts}
        for act, bits in self.acts:
            place = self.place(act, bits)
            place.mkdir(mode=0o755, parents=True)
            (place / "program").symlink_to(self.programs[bits])

    def place(self, act: str, bits: int) -> Path:
        """The scratch directory of an act."""
        return self.scratch / f"{act}.{bits}"

    def rules(self, rows: Iterable[Row]) -> Path:
        """A rule file with one rule that is about the calls of the table, made by the programs."""
        rows = list(rows)
        types = sorted({row.type for row in rows} | {MARK, "execve"})
        paths = ", ".join(str(path) for path in self.programs.values())
        path = self.scratch / "rules.yaml"
        path.write_text(
            f"- rule: {RULE}\n"
            "  desc: a call of the table\n"
            f"  condition: evt.type in ({', '.join(types)}) and proc.exepath in ({paths})\n"
            f"  output: call {' '.join('%' + name for name in fields(rows))}\n"
            "  priority: NOTICE\n"
        )
        return path

    def perform(self, scope: AuditScope, agent: AgentProcess) -> Performance:
        """Perform all acts under the agent."""
        output, failures = self.scratch / "output", self.scratch / "failures"
        with output.open("wb") as out, failures.open("wb") as failed:
            shell = scope.spawn(
                ["/bin/sh"], stdin=PIPE, stdout=out, stderr=failed, env=ENVIRONMENT, start_new_session=True
            )
            with shell:
                for act, bits in self.acts:
                    before = agent.alert_count()
                    self._order(shell, str(self.programs[bits]), act, str(self.place(act, bits)))
                    if act in EXECUTIONS:
                        _wait_until_executed(agent, act, self.programs[bits], before)
                    else:
                        _wait_until_made(agent, self.place(act, bits), before)
                    self._order(shell)
                self._order(shell, str(next(iter(self.programs.values()))), "done", LAST)
                shell.communicate(timeout=TIMEOUT)
        agent.wait_alert(lambda alert: LAST in str(alert["output_fields"]["proc.cmdline"]), TIMEOUT)
        facts = self._facts(output.read_text())
        by_process = {told["pid"]: key for key, told in facts.items()}
        return Performance(facts, _between_marks(agent.alerts(RULE), by_process), failures.read_text())

    def _order(self, shell: Popen[Any], *command: str) -> None:
        """Give the shell a line: a command, or nothing, which is what lets an act that waits go on."""
        assert shell.stdin is not None
        shell.stdin.write(shlex.join(command).encode() + b"\n")
        shell.stdin.flush()

    def _facts(self, output: str) -> dict[Key, Facts]:
        found: dict[Key, Facts] = {}
        for line in output.splitlines():
            told = json.loads(line)
            bits = next(bits for act, bits in self.acts if act == told["act"] and (act, bits) not in found)
            found[told["act"], bits] = self._completed(told, bits)
        return found

    def _completed(self, told: dict[str, Any], bits: int) -> Facts:
        """What an act printed, and what is known of it without it."""
        program = self.programs[bits]
        status = os.stat(program)
        return {
            **told,
            "bits": bits,
            "dir": str(self.place(told["act"], bits)),
            "program": str(program),
            "exe_ino": status.st_ino,
            "exe_ctime": local_time(status.st_ctime_ns),
            "exe_mtime": local_time(status.st_mtime_ns),
            "capabilities": capabilities(),
            "fdlimit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            "error_name": errno.errorcode.get(told.get("error", 0), ""),
            "dev": device(told.get("major", 0), told.get("minor", 0)),
        }

    def remove(self) -> None:
        """Remove the scratch directories."""
        shutil.rmtree(self.scratch)


def device(major: int, minor: int) -> str:
    """A device number as Falco prints it: the kernel's encoding (new_encode_dev), in hexadecimal."""
    return f"{(minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12):X}"


def local_time(time_ns: int) -> str:
    """A time as Falco prints it in an argument."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) + f".{rest:09}"


def capabilities() -> str:
    """The capabilities that this process has, and with it what it starts, in hexadecimal as Falco prints them."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapPrm:"))
    return f"{int(line.split()[1], 16):X}"


def fields(rows: Iterable[Row]) -> list[str]:
    """The names of all fields that the rows ask for."""
    names: dict[str, None] = dict.fromkeys(("evt.num", "evt.args", "proc.args"))
    for row in rows:
        nothing = _Nothing()
        names.update(dict.fromkeys([*row.expected(nothing), *(ARGUMENT + name for name in row.measured)]))
    return list(names)


class _Nothing(dict[str, Any]):
    """Facts of which every one is there, and empty."""

    def __missing__(self, key: str) -> str:
        return ""


def _wait_until_made(agent: AgentProcess, place: Path, after: int) -> None:
    """Wait until the agent has seen the second mark of the act in that directory."""
    first = agent.wait_alert(lambda alert: _is_mark(alert, place), after=after)
    agent.wait_alert(lambda alert: _is_mark(alert, place) and alert is not first, after=after)


def _wait_until_executed(agent: AgentProcess, act: str, program: Path, after: int) -> None:
    """Wait until the agent has seen that an act has executed the program anew."""
    agent.wait_alert(
        lambda alert: (
            alert["output_fields"]["evt.type"] == act
            and alert["output_fields"]["proc.exepath"] == str(program)
            and alert["output_fields"]["proc.args"] == "done an argument"
        ),
        after=after,
    )


def _is_mark(alert: Alert, place: Path) -> bool:
    told = alert["output_fields"]
    return told["evt.type"] == MARK and str(place) in told["proc.cmdline"].split()


def _between_marks(alerts: Iterable[Alert], by_process: Mapping[int, Key]) -> dict[Key, list[dict[str, Any]]]:
    found: dict[Key, list[dict[str, Any]]] = {key: [] for key in by_process.values()}
    marks = dict.fromkeys(found, 0)
    for told, key in _of_acts(alerts, by_process):
        if told["evt.type"] == MARK:
            marks[key] += 1
        elif marks[key] == 1:
            found[key].append(told)
            marks[key] += told["evt.type"] in EXECUTIONS and told["evt.res"] == "SUCCESS"
    return found


def _of_acts(alerts: Iterable[Alert], by_process: Mapping[int, Key]) -> Iterator[tuple[dict[str, Any], Key]]:
    for alert in alerts:
        told = alert["output_fields"]
        key = by_process.get(told["proc.pid"])
        if key is not None:
            yield told, key
