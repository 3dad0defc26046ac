"""The agent as a child process: the installed console script, its alerts as they come, its closing summary."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from harness.scope import end_process

CONSOLE_SCRIPT = Path(sys.executable).parent / "auditfalco"
READY = re.compile(r"\bready\b", re.IGNORECASE)  # the line on stderr after which nothing is missed
READY_TIMEOUT = 30.0  # seconds
ALERT_TIMEOUT = 15.0
EXIT_TIMEOUT = 30.0

Alert = dict[str, Any]  # one JSON line: hostname, output, output_fields, priority, rule, source, tags, time


class AgentError(Exception):
    """The agent did not get ready, did not raise an awaited alert, or did not end; carries what it said."""


@dataclass(frozen=True)
class AgentEnd:
    """How a run of the agent ended."""

    code: int  # its exit code; negative: the signal that killed it
    summary: str  # what it printed after the interrupt on stdout and stderr, alerts left out
    alerts: tuple[Alert, ...]  # all of the run


class AgentProcess:
    """One run of the agent.

    It runs outside the login uid of the tests, so that it is no part of what it watches.

    Attributes:
        process: the child.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._changed = threading.Condition()
        self._alerts: list[Alert] = []  # guarded by _changed, as all below
        self._stdout: list[str] = []  # lines that are no alerts
        self._stderr: list[str] = []
        self._open_streams = 2
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._collect, args=(self.process.stdout, self._take_stdout), daemon=True),
            threading.Thread(target=self._collect, args=(self.process.stderr, self._stderr.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def wait_ready(self, timeout: float = READY_TIMEOUT) -> None:
        """Wait for the agent's word that it sees everything from now on; AgentError when it ends or stays silent."""
        self._wait(lambda: any(READY.search(line) for line in self._stderr) or None, timeout, "is not ready")

    def wait_alert(self, predicate: Callable[[Alert], bool], timeout: float = ALERT_TIMEOUT, after: int = 0) -> Alert:
        """Return the first alert of the run that satisfies the predicate, waiting for it up to ``timeout`` seconds.

        Args:
            predicate: tells whether an alert is the one.
            timeout: in seconds.
            after: how many alerts, the first of the run, are not looked at.

        Raises:
            AgentError: none came, or the agent ended; the message lists the alerts that did come.
        """
        found: Alert = self._wait(
            lambda: next(filter(predicate, islice(self._alerts, after, None)), None),
            timeout,
            "has not raised the alert",
        )
        return found

    def alert_count(self) -> int:
        """Count the alerts so far."""
        with self._changed:
            return len(self._alerts)

    def alerts(self, rule: str | None = None) -> list[Alert]:
        """List the alerts so far, in their order; of one rule, or all."""
        with self._changed:
            return [alert for alert in self._alerts if rule in (None, alert["rule"])]

    def messages(self) -> str:
        """Return what the agent has written so far to stderr, and to stdout beside alerts."""
        with self._changed:
            return "".join(self._stderr + self._stdout)

    def interrupt(self, timeout: float = EXIT_TIMEOUT) -> AgentEnd:
        """Send SIGINT to its process group, as Ctrl-C does; AgentError when it does not end in time."""
        with self._changed:
            said_before = (len(self._stdout), len(self._stderr))
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AgentError(self._report("does not end")) from None
        self._wait(lambda: self._open_streams == 0 or None, timeout, "leaves its output open")
        with self._changed:
            summary = self._stdout[said_before[0] :] + self._stderr[said_before[1] :]
            return AgentEnd(code, "".join(summary), tuple(self._alerts))

    def close(self) -> None:
        """End the agent however it is, and release its streams. May be called more than once."""
        end_process(self.process)
        for reader in self._readers:
            reader.join(EXIT_TIMEOUT)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _collect(self, stream: Any, take: Callable[[str], None]) -> None:
        for line in stream:
            with self._changed:
                take(line.decode("utf-8", "surrogateescape"))
                self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    def _take_stdout(self, line: str) -> None:
        alert = _alert(line)
        if alert is None:
            self._stdout.append(line)
        else:
            self._alerts.append(alert)

    def _wait(self, look: Callable[[], Any | None], timeout: float, failure: str) -> Any:
        """Wait until ``look`` finds something; AgentError when it does not in time, or nothing more can come."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = look()
                if found is not None:
                    return found
                if self._open_streams == 0 or not self._changed.wait(deadline - time.monotonic()):
                    raise AgentError(self._report(failure))

    def _report(self, failure: str) -> str:
        with self._changed:
            alerts = "\n".join(f"  {alert['rule']}: {alert.get('output')}" for alert in self._alerts)
            code = self.process.poll()
            return f"the agent {failure} (exit code {code}); it says:\n{self.messages()}its alerts:\n{alerts}"


class StartAgent(Protocol):
    """Run the agent with these rule files or directories on the session's login uid alone; it is ready on return."""

    def __call__(self, *rules: Path, options: Sequence[str] = ()) -> AgentProcess: ...


def _alert(line: str) -> Alert | None:
    """Read a line as an alert; None when it is none: the summary may hold any line."""
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "rule" in document else None


def run_command(rules: Sequence[Path], login_uid: int, options: Sequence[str] = ()) -> list[str]:
    """Build the command line of the installed agent: some rules, one login uid, alerts as JSON lines.

    Args:
        rules: rule files or directories, in their order.
        login_uid: the scope's.
        options: further arguments of ``auditfalco run``.
    """
    rule_options = [argument for path in rules for argument in ("-r", str(path))]
    fixed = ["-U", "-o", "json_output=true", "--only-loginuid", str(login_uid)]
    return [str(CONSOLE_SCRIPT), "run", *rule_options, *fixed, *options]


def environment() -> dict[str, str]:
    """Give the agent's environment: this one's, in UTF-8 and without the variables that steer pytest."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "AUDITFALCO_"))}
    return {**kept, "PYTHONUTF8": "1"}
