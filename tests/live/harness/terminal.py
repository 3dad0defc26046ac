"""A program on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.scope import end_process

TIMEOUT = 30.0  # seconds to wait for expected output
ROWS, COLUMNS = 24, 1000  # wide, so that no shell wraps the line it echoes
CHUNK = 65536


class StartTerminal(Protocol):
    """Start a command on a terminal, on the host, under the session's login uid; the test's end ends it."""

    def __call__(self, argv: Sequence[str]) -> Terminal: ...


class TerminalError(Exception):
    """The expected output did not come: in time, or at all, since the program ended; carries what came instead."""


class Terminal:
    """A child process whose standard streams and controlling terminal are a new pseudo-terminal.

    Attributes:
        process: the child, leader of its session.
        transcript: everything that it has written so far, carriage returns and escape sequences included.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.transcript = ""
        self._read_position = 0  # what of the transcript read_until has handed out
        self._turn = 0
        self._master, slave = os.openpty()
        try:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            # setsid(1) makes the child a session leader with its standard input as the controlling terminal, and
            # keeps its pid.
            self.process: subprocess.Popen[Any] = subprocess.Popen(
                ["setsid", "--ctty", *argv], stdin=slave, stdout=slave, stderr=slave, env=env
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)

    def send(self, text: str) -> None:
        """Type text and the return key."""
        self.type(text + "\r")

    def type(self, keys: str) -> None:
        """Type exactly these keys (``"\\x03"`` is Ctrl-C, ``"\\x04"`` Ctrl-D)."""
        rest = keys.encode("utf-8", "surrogateescape")
        while rest:
            rest = rest[os.write(self._master, rest) :]

    def read_until(self, pattern: str, timeout: float = TIMEOUT) -> re.Match[str]:
        """Wait for output that matches a regular expression, after what earlier calls have matched.

        What is typed comes back as output too, as on every terminal: choose a pattern that the typed line does not
        match.

        Raises:
            TerminalError: it does not come within ``timeout`` seconds, or the program ends first.
        """
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout
        while True:
            match = expression.search(self.transcript, self._read_position)
            if match is not None:
                self._read_position = match.end()
                return match
            if not self._read_more(deadline - time.monotonic()):
                raise TerminalError(f"no {pattern!r} in {self.transcript[self._read_position :]!r}")

    def run(self, line: str, timeout: float = TIMEOUT) -> tuple[int, str]:
        """Have the shell on this terminal run one line; returns its exit status and what it printed.

        Begin and end are marked by printf, which the shell performs itself, so no further process is started. The
        markers are put together by printf: the typed line, which the terminal echoes, does not hold them.
        """
        self._turn += 1
        self.send(f"printf 'be%s-{self._turn}:\\n' gin; {line}; printf 'en%s-{self._turn}:%d.\\n' d $?")
        start = self.read_until(rf"begin-{self._turn}:\r?\n", timeout).end()
        end = self.read_until(rf"end-{self._turn}:(\d+)\.\r?\n", timeout)
        return int(end.group(1)), self.transcript[start : end.start()].replace("\r\n", "\n")

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait for the program's end; returns its exit code. TerminalError after ``timeout`` seconds without."""
        deadline = time.monotonic() + timeout
        while self._read_more(deadline - time.monotonic()):
            pass
        try:
            return self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TerminalError(f"the program does not end; so far: {self.transcript!r}") from None

    def close(self) -> None:
        """Hang up and end the program. May be called more than once."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        end_process(self.process)

    def _read_more(self, timeout: float) -> bool:
        """Take what output there is, after up to ``timeout`` seconds; False when none came or none can come."""
        readable, _, _ = select.select([self._master], [], [], max(0.0, timeout))
        if not readable:
            return False
        try:
            output = os.read(self._master, CHUNK)
        except OSError:  # EIO is how a terminal says that nobody holds its other side any more
            return False
        self.transcript += output.decode("utf-8", "surrogateescape")
        return bool(output)
