"""Subscribe to the process connector (drivers/connector/cn_proc.c) and read its events.

The kernel numbers the events of each CPU; a gap in the numbers tells how many a reader has lost.  Linux 6.6 and later
can leave out kinds of events that nobody asked for, but numbers them all the same, so a filtered subscription cannot
count its losses: it knows only that the buffer overflowed.
"""

from __future__ import annotations

import os
import select
import struct
import time
from collections.abc import Iterable
from types import TracebackType

from kernel_sources.connector import events
from kernel_sources.connector.events import ProcessEvent
from kernel_sources.errors import Malformed, NotSupported, from_errno
from kernel_sources.netlink import HEADER_SIZE, NETLINK_CONNECTOR, NLMSG_DONE, NetlinkSocket

CN_IDX_PROC = 1
CN_VAL_PROC = 1
PROC_CN_MCAST_LISTEN = 1
PROC_CN_MCAST_IGNORE = 2

CONNECTOR_HEADER = struct.Struct("=IIIIHH")
"""``struct cn_msg``: idx, val, seq, ack, len, flags."""

DEFAULT_RECEIVE_BUFFER = 16 * 1024 * 1024
"""Bytes of receive buffer asked for; an event takes about 800 of them, nearly all of it the kernel's overhead."""

FILTERING_RELEASE = (6, 6)
"""First kernel whose subscriptions can name the kinds of events wanted (``struct proc_input``)."""

_BUFFER_SIZE = 4096
_EVENT_OFFSET = HEADER_SIZE + CONNECTOR_HEADER.size
_NUMBERS = struct.Struct("=24xI8xII")
"""From the start of the datagram: the sequence number, then the kind of the event and its CPU."""

_NO_CPU = 0xFFFFFFFF


class ProcessEventReader:
    """Receives the process events of the whole machine.

    Args:
        kinds: classes of events wanted, such as ``(Fork, Exec, Exit)``; None for all, which lets losses be counted.
        receive_buffer: wanted receive buffer in bytes; see :attr:`receive_buffer` for what was granted.
        timeout: seconds to wait for the kernel to acknowledge the subscription.

    Raises:
        NotPermitted: CAP_NET_ADMIN is missing; Linux 6.6 and later let any user of the initial namespaces subscribe.
        NotSupported: the kernel was built without process events, or this is not the initial pid and user namespace
            (the kernel does not answer in either case).

    Attributes:
        lost: events known to be missing, from gaps in the kernel's numbering.  A lower bound: a gap shows with the next
            event of the same CPU, and what was lost before the first event of a CPU does not show.  Stays 0 when the
            kernel filters.
        malformed: datagrams that were no process event.
    """

    def __init__(
        self,
        kinds: Iterable[type[ProcessEvent]] | None = None,
        receive_buffer: int = DEFAULT_RECEIVE_BUFFER,
        timeout: float = 2.0,
    ) -> None:
        self._wanted = events.ALL_KINDS if kinds is None else sum({events.KINDS[kind] for kind in kinds})
        self._filtered = False
        self._next: dict[int, int] = {}
        self._buffer = bytearray(_BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self.lost = 0
        self.malformed = 0
        self._socket = NetlinkSocket(
            NETLINK_CONNECTOR,
            groups=1 << (CN_IDX_PROC - 1),
            receive_buffer=receive_buffer,
            what="process connector socket",
        )
        self._open = True
        try:
            self._subscribe(timeout)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> ProcessEventReader:
        """Return the reader itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the reader."""
        self.close()

    def close(self) -> None:
        """Unsubscribe and close the socket; closing twice is harmless."""
        if not self._open:
            return
        self._open = False
        try:
            self._tell(PROC_CN_MCAST_IGNORE)
        finally:
            self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor to wait on; readable when events are waiting."""
        return self._socket.fileno()

    @property
    def receive_buffer(self) -> int:
        """Bytes of receive buffer granted, the kernel's own overhead included."""
        return self._socket.receive_buffer

    @property
    def overruns(self) -> int:
        """Times the receive buffer overflowed, each an unknown number of lost events."""
        return self._socket.overruns

    @property
    def forged(self) -> int:
        """Datagrams dropped because a process, not the kernel, sent them."""
        return self._socket.forged

    @property
    def filtered(self) -> bool:
        """True when the kernel sends only the wanted kinds, in which case :attr:`lost` cannot be told."""
        return self._filtered

    def read_batch(self, limit: int = 1024) -> list[ProcessEvent]:
        """Return up to ``limit`` waiting events without waiting for more.

        Datagrams of unwanted kinds count towards the limit too, so a list shorter than ``limit`` does not mean that
        nothing is waiting.
        """
        found: list[ProcessEvent] = []
        for _ in range(limit):
            length = self._socket.receive_into(self._buffer)
            if length is None:
                break
            if length < _EVENT_OFFSET + events.HEADER.size:
                self.malformed += 1
                continue
            sequence, kind, cpu = _NUMBERS.unpack_from(self._buffer)
            self._count_gap(cpu, sequence)
            if not kind & self._wanted:
                continue
            try:
                event = events.read_event(bytes(self._view[_EVENT_OFFSET:length]))
            except Malformed:
                self.malformed += 1
                continue
            if event is not None:
                found.append(event)
        return found

    def _count_gap(self, cpu: int, sequence: int) -> None:
        """Compare the event's number with the one that was due on its CPU."""
        if self._filtered or cpu == _NO_CPU:
            return
        due = self._next.get(cpu, sequence)
        gap = (sequence - due) & 0xFFFFFFFF
        if gap < 0x80000000:
            self.lost += gap
        self._next[cpu] = (sequence + 1) & 0xFFFFFFFF

    def _subscribe(self, timeout: float) -> None:
        """Subscribe, wait for the acknowledgement, then narrow the subscription if that is wanted and possible."""
        token = int.from_bytes(os.urandom(4), "little") & 0x7FFFFFFF
        self._tell(PROC_CN_MCAST_LISTEN, token=token)
        number = self._acknowledgement(token + 1, time.monotonic() + timeout)
        if number is None:
            raise NotSupported(
                "no process events: the kernel lacks CONFIG_PROC_EVENTS, or this is not the initial pid namespace"
            )
        if number:
            raise from_errno(number, "subscribe to process events")
        if self._wanted != events.ALL_KINDS and kernel_release() >= FILTERING_RELEASE:
            # The kernel does not acknowledge to a subscriber whose filter leaves acknowledgements out, as ours does.
            self._filtered = True
            self._tell(PROC_CN_MCAST_LISTEN, kinds=self._wanted)

    def _tell(self, operation: int, *, token: int = 0, kinds: int | None = None) -> None:
        """Send a ``proc_cn_mcast_op``, with the kinds wanted as newer kernels take them."""
        data = struct.pack("=I", operation) if kinds is None else struct.pack("=II", operation, kinds)
        message = CONNECTOR_HEADER.pack(CN_IDX_PROC, CN_VAL_PROC, 0, token, len(data), 0) + data
        self._socket.send(NLMSG_DONE, message, flags=0)

    def _acknowledgement(self, token: int, deadline: float) -> int | None:
        """Return the errno of the acknowledgement numbered ``token``, None when it does not come by ``deadline``."""
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            length = self._socket.receive_into(self._buffer)
            if length is None:
                poller.poll(remaining * 1000)
                continue
            data = bytes(self._view[HEADER_SIZE:length])
            if len(data) < CONNECTOR_HEADER.size + events.HEADER.size:
                continue
            acknowledged = CONNECTOR_HEADER.unpack_from(data)[3]
            event = data[CONNECTOR_HEADER.size :]
            if acknowledged == token and events.HEADER.unpack_from(event)[0] == events.PROC_EVENT_NONE:
                return events.read_acknowledgement(event)


def kernel_release() -> tuple[int, int]:
    """Return major and minor of the running kernel, ``(0, 0)`` when ``uname`` shows no numbers."""
    parts = os.uname().release.split(".")
    if len(parts) < 2 or not parts[0].isdigit() or not parts[1].isdigit():
        return 0, 0
    return int(parts[0]), int(parts[1])
