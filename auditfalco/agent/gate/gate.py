"""The agent's half of the gate: starts its processes, says what is to be marked, and takes in what they see."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable

from auditfalco.agent.gate import wire
from auditfalco.agent.internal import InternalAlerts
from auditfalco.model.admission import Admission
from kernel_sources.procfs import Mount, ProcFS

START_SECONDS = 10.0
END_SECONDS = 0.5

BUFFER = 32 * 1024 * 1024
"""Bytes that admissions may take while they wait for the agent."""

MOST_MARKS = 1024
"""File systems marked at most."""

MOST_REFUSED = 20
"""Reasons kept."""

_HOST_TYPES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "overlay", "squashfs", "erofs", "zfs"}
)
"""Local file systems from which programs are run. The kernel opens what it asks about, and refuses it where we may
not read it, as on the network; and others may keep it waiting, as with FUSE."""

GATE = "auditfalco internal: exec gate"


class Gate:
    """The gate of this host.

    Args:
        proc: access to the proc file system.
        scope: which file systems it is on: "host", those of the host and of containers, or "containers" alone.
        login_uids: only processes with these are looked at; all, when it is empty.

    Attributes:
        marks: marks that were set, the same ones again too.
        refused: what could not be had, a line each, the first MOST_REFUSED.
        counts: what the responder has done, as it told last.
        ended: whether the responder is gone.
        responder, watchdog: the two processes, once they have been started.
    """

    def __init__(self, proc: ProcFS, scope: str, login_uids: Collection[int]) -> None:
        self._proc = proc
        self._scope = scope
        self._login_uids = login_uids
        self._asked = 0
        self._root = os.stat("/").st_dev
        self._socket: socket.socket | None = None
        self.responder: subprocess.Popen[bytes] | None = None
        self.watchdog: subprocess.Popen[bytes] | None = None
        self.marks = 0
        self.refused: list[str] = []
        self.counts = wire.Counts()
        self.ended = False
        self._told = False
        self._stopping = False
        self._waiting: list[Admission] = []
        self._buffer = memoryview(bytearray(wire.LONGEST))

    def start(self) -> None:
        """Start the processes and mark what is there; what fails is in `refused`, and the agent runs on without."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            for option in (socket.SO_SNDBUF, _FORCED_BUFFER):
                try:
                    end.setsockopt(socket.SOL_SOCKET, option, BUFFER)
                except PermissionError:
                    continue  # the ordinary size stays; what does not fit is counted as dropped
        self._socket = ours
        heart = os.pipe2(os.O_CLOEXEC)
        echo = os.pipe2(os.O_CLOEXEC)
        try:
            self._start_processes(theirs.fileno(), heart, echo)
        except OSError as error:
            self.refused.append(f"its processes cannot be started: {error}")
        finally:
            theirs.close()
            for descriptor in (*heart, *echo):
                os.close(descriptor)
        ours.setblocking(False)
        if self._await(wire.READY):
            self.mounts_changed()
            deadline = time.monotonic() + START_SECONDS
            while self.marks + len(self.refused) < self._asked and time.monotonic() < deadline:
                self._await(wire.MARKED)
        else:
            self.ended = True
            self.refused.append("it does not start")

    def _start_processes(self, agent: int, heart: tuple[int, int], echo: tuple[int, int]) -> None:
        uids = [str(uid) for uid in self._login_uids]
        self.responder = _python("responder", [agent, heart[1], echo[0]], uids)
        handle = os.pidfd_open(self.responder.pid)
        try:
            self.watchdog = _python("watchdog", [heart[0], echo[1], handle], [])
        finally:
            os.close(handle)

    def fileno(self) -> int:
        """Return the descriptor to wait on; -1 when the responder is gone."""
        return -1 if self._socket is None or self.ended else self._socket.fileno()

    def is_own(self, pid: int) -> bool:
        """Whether a process is one of the gate's two, while they run."""
        processes = (self.responder, self.watchdog)
        return not self.ended and any(process is not None and process.pid == pid for process in processes)

    def mounts_changed(self) -> None:
        """Mark every file system that is wanted, those that were marked too: a mark goes with its file system, and the
        next one has the same numbers and perhaps the same place, as when an engine mounts a container's root anew.
        """
        if self._socket is None or self.ended:
            return
        asked: set[tuple[int, int]] = set()
        for mount in self._proc.mountinfo("self") or ():
            device = mount.major, mount.minor
            if device not in asked and self._is_wanted(mount) and len(asked) < MOST_MARKS:
                if self._ask_for(mount, device):
                    asked.add(device)
        self._asked += len(asked)

    def _is_wanted(self, mount: Mount) -> bool:
        on_host = mount.fs_type in _HOST_TYPES and "noexec" not in mount.options
        if self._scope == "containers":
            return mount.fs_type == "overlay" and os.makedev(mount.major, mount.minor) != self._root
        return on_host

    def _ask_for(self, mount: Mount, device: tuple[int, int]) -> bool:
        assert self._socket is not None
        try:
            directory = os.open(mount.mount_point, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return False  # a file is mounted, or it has gone again
        try:
            status = os.fstat(directory)
            if (os.major(status.st_dev), os.minor(status.st_dev)) != device:
                return False  # another one covers it
            socket.send_fds(self._socket, [wire.MARK], [directory])
        except OSError as error:
            self._refuse(f"{mount.mount_point} could not be asked for: {error}")
            return False
        finally:
            os.close(directory)
        return True

    def _refuse(self, reason: str) -> None:
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(reason)

    def read_batch(self, most: int = 1024) -> list[Admission]:
        """Return what was seen since, without waiting."""
        found, self._waiting = self._waiting, []
        for _ in range(most):
            message = self._receive()
            if message is None:
                break
            self._take(message, found)
        return found

    def _receive(self) -> bytes | None:
        """The next message; None when there is none now, or none any more."""
        if self._socket is None or self.ended:
            return None
        try:
            message = bytes(self._buffer[: self._socket.recv_into(self._buffer)])
        except BlockingIOError:
            return None
        except OSError:
            message = b""  # it was killed
        if not message:
            self.ended = True
            return None
        return message

    def _take(self, message: bytes, admissions: list[Admission]) -> None:
        kind = message[:1]
        if kind == wire.ADMITTED:
            admissions.append(wire.decode_admission(message))
        elif kind == wire.COUNTED:
            self.counts = wire.decode_counts(message)
        elif kind == wire.MARKED:
            self.marks += 1
        elif kind == wire.REFUSED:
            self._refuse(message[1:].decode("utf-8", "replace"))

    def _await(self, kind: bytes) -> bool:
        """Wait for a message of a kind, or a refusal; what comes before is kept."""
        deadline = time.monotonic() + START_SECONDS
        poll = select.poll()
        while not self.ended and time.monotonic() < deadline:
            poll.register(self.fileno(), select.POLLIN)
            poll.poll(100)
            message = self._receive()
            if message is not None:
                self._take(message, self._waiting)
                if message[:1] in (kind, wire.REFUSED):
                    return message[:1] == kind
        return False

    def announce(self, say: Callable[[str], None]) -> None:
        """Tell the operator what the gate is on."""
        for reason in self.refused:
            say(f"exec gate: {reason}")
        if not self.ended:
            say(f"exec gate: execs on {self.marks} file systems are stopped and looked at before they go on")

    def look(self, internal: InternalAlerts) -> None:
        """Tell, once, that the gate has ended."""
        if self.ended and not self._told and not self._stopping:
            self._told = True
            why = f": {self.refused[-1]}" if self.refused else ""
            internal.tell(
                GATE,
                "Critical",
                f"The gate has ended{why}; execs go on unstopped, and what is seen of them is what it is without gate",
            )
            self._reap()

    def missed(self) -> dict[str, int]:
        """What was not seen, by what it means."""
        counts = self.counts
        told = {
            "execs let go without a look, which would have taken too long": counts.unexamined,
            "execs seen by the gate and not taken by the agent in time": counts.dropped,
            "times that the gate's queue was full and execs went unstopped": counts.overflows,
        }
        return {meaning: count for meaning, count in told.items() if count}

    def stop(self) -> None:
        """End both processes, which lets everybody go."""
        self._stopping = True
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.ended = True
        self._reap()

    def _reap(self) -> None:
        for process in (self.responder, self.watchdog):
            if process is None:
                continue
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(END_SECONDS)


_FORCED_BUFFER = 32  # SO_SNDBUFFORCE, which the socket module does not have


def _python(name: str, descriptors: Iterable[int], arguments: Iterable[str]) -> subprocess.Popen[bytes]:
    """Start one of the two processes, in a session of its own: signals to the agent's group do not reach it."""
    passed = list(descriptors)
    return subprocess.Popen(
        [sys.executable, "-I", "-m", f"auditfalco.agent.gate.{name}", *map(str, passed), *arguments],
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
