"""The responder: a process that answers whoever waits at the gate, and passes on what it sees.

It executes nothing and opens nothing but files of the proc file system, so it never waits for itself. It waits for
nobody: what the agent is too slow to take is dropped and counted.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
import threading
import time

from auditfalco.agent.gate import wire
from auditfalco.agent.gate.answering import Answerers, Stuck
from auditfalco.agent.gate.examination import Examiner
from kernel_sources.errors import KernelSourceError
from kernel_sources.fanotify.permission import OPEN_EXEC_PERM, PermissionGroup, Request
from kernel_sources.procfs import ProcFS

TICK_MS = 10

PRIORITY = -15
"""Of the processor's time, as nice(2) counts: everybody who waits here waits for this process."""

BEAT_SECONDS = 0.05

ECHO_SECONDS = 1.0
"""After so long without an answer of the watchdog the gate is given up: nobody would notice if we were stuck."""

COUNTS_SECONDS = 0.5


class Responder:
    """The gate's answering half.

    Args:
        group: is asked first.
        agent: the agent's socket, each message a packet.
        heart: where heartbeats go.
        echo: where the watchdog answers them.
        login_uids: only processes with these are told of; all, when it is empty.
    """

    def __init__(
        self, group: PermissionGroup, agent: socket.socket, heart: int, echo: int, login_uids: list[int]
    ) -> None:
        self._group = group
        self._agent = agent
        self._heart = heart
        self._echo = echo
        self._proc = ProcFS()
        self._login_uids = login_uids
        self._examiners = threading.local()
        self._dropped = 0
        self._told = wire.Counts()
        self._beat_at = self._heard_at = self._counted_at = time.monotonic()
        self._begun = False

    def run(self) -> None:
        """Answer until the agent or the watchdog is gone; then close the group, which lets everybody go."""
        answerers = Answerers(self._group, self._look)
        poll = select.poll()
        poll.register(self._agent, select.POLLIN)
        poll.register(self._echo, select.POLLIN)
        try:
            while self._go_on(dict(poll.poll(TICK_MS))):
                answerers.check()
                self._tell_counts(answerers)
        except Stuck:
            self._send(wire.REFUSED + b"too many looks at stopped processes do not end")
        finally:
            self._group.close()

    def _go_on(self, ready: dict[int, int]) -> bool:
        """Give a sign of life and take in those of the others; False when there is no use in going on."""
        now = time.monotonic()
        if now - self._beat_at >= BEAT_SECONDS or not self._begun:
            self._beat_at = now
            try:
                os.write(self._heart, b".")
            except BlockingIOError:
                return False  # the watchdog has read nothing for as long as it takes to fill the pipe
            except BrokenPipeError:
                return False
        if self._echo in ready:
            if not os.read(self._echo, 64):
                return False
            self._heard_at = now
            if not self._begun:
                self._begun = True
                self._send(wire.READY)
        silent = now - self._heard_at
        if self._begun and silent > ECHO_SECONDS:
            return False
        return self._agent.fileno() not in ready or self._obey()

    def _obey(self) -> bool:
        """Do what the agent asks for; False when it is gone."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._agent, 64, 1)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not message:
            return False
        for descriptor in descriptors:
            try:
                self._group.mark(descriptor, OPEN_EXEC_PERM)
                self._send(wire.MARKED)
            except (KernelSourceError, OSError) as error:
                self._send(wire.REFUSED + str(error).encode("utf-8", "replace"))
            finally:
                os.close(descriptor)
        return True

    def _look(self, request: Request) -> None:
        """Look at one who waits and tell the agent, before the answer: what is told is then told in time."""
        examiner: Examiner | None = getattr(self._examiners, "own", None)
        if examiner is None:
            examiner = self._examiners.own = Examiner(self._proc, self._login_uids)
        admission = examiner.examine(request)
        if admission is not None:
            self._send(wire.encode_admission(admission))

    def _send(self, message: bytes) -> None:
        """Pass a message on, unless that would mean to wait."""
        try:
            self._agent.send(message)
        except OSError:
            self._dropped += 1

    def _tell_counts(self, answerers: Answerers) -> None:
        now = time.monotonic()
        if now - self._counted_at < COUNTS_SECONDS:
            return
        self._counted_at = now
        counts = wire.Counts(
            answerers.answered, answerers.late + answerers.failed, self._dropped, self._group.overflows
        )
        if counts != self._told:
            self._told = counts
            self._send(wire.encode_counts(counts))


def main(arguments: list[str]) -> None:
    """Run as the responder: descriptors of the agent's socket, the heart and the echo; then login uids."""
    agent_number, heart, echo, *login_uids = map(int, arguments)
    agent = socket.socket(fileno=agent_number)
    agent.setblocking(False)
    os.set_blocking(heart, False)
    os.set_blocking(echo, False)
    gc.freeze()
    with contextlib.suppress(PermissionError):  # without CAP_SYS_NICE who waits, waits for its turn
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    try:
        group = PermissionGroup(ProcFS().own_descriptor)
    except (KernelSourceError, OSError) as error:
        agent.send(wire.REFUSED + str(error).encode("utf-8", "replace"))
        return
    # Threads that are stuck in a look must not keep the process, and with it the group.
    try:
        Responder(group, agent, heart, echo, login_uids).run()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
