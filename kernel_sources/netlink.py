"""Netlink sockets of any family: framing, request and reply, dumps, and multicast reception.

The framing is that of netlink(7) and ``include/uapi/linux/netlink.h``.  Two habits of this module are worth knowing:

* Only datagrams whose sender is the kernel (``nl_pid`` 0) are looked at.  Any local process may send a datagram to our
  port; such datagrams are dropped and counted in :attr:`NetlinkSocket.forged`.
* A receive buffer that overflowed shows as ``ENOBUFS`` from ``recv``.  It is no failure here: it is counted in
  :attr:`NetlinkSocket.overruns`, each of which stands for an unknown number of lost datagrams.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections import deque
from types import TracebackType
from typing import NamedTuple

from kernel_sources.errors import Malformed, NoAnswer, from_errno

NETLINK_AUDIT = 9
NETLINK_CONNECTOR = 11

NLMSG_NOOP = 1
NLMSG_ERROR = 2
NLMSG_DONE = 3

NLM_F_REQUEST = 0x01
NLM_F_MULTI = 0x02
NLM_F_ACK = 0x04
NLM_F_DUMP = 0x300

SO_RCVBUFFORCE = 33
"""Set the receive buffer beyond ``net.core.rmem_max`` (socket(7)); needs CAP_NET_ADMIN.  Not in :mod:`socket`."""

HEADER = struct.Struct("=IHHII")
"""``struct nlmsghdr``: length with header, type, flags, sequence number, port of the sender."""

HEADER_SIZE = HEADER.size
KERNEL_PORT = 0
DATAGRAM_SIZE = 65536
"""Bytes of the buffer for requests and replies; no reply of the families used here is larger."""

DEFAULT_TIMEOUT = 5.0
"""Seconds to wait for the kernel's answer; it answers within microseconds unless it is in trouble."""

SKIPPED_AT_ONCE = 1000
"""Datagrams one receive call drops at most before it returns: a flood of forged ones must not hold its caller."""


class Message(NamedTuple):
    """One netlink message, its header taken apart."""

    type: int
    flags: int
    sequence: int
    payload: bytes


def build(message_type: int, payload: bytes, *, flags: int = NLM_F_REQUEST, sequence: int = 0, port: int = 0) -> bytes:
    """Return the bytes of one message, padded to the four byte alignment of netlink."""
    length = HEADER_SIZE + len(payload)
    header = HEADER.pack(length, message_type, flags, sequence, port)
    return header + payload + b"\0" * (-length % 4)


def parse(datagram: bytes) -> list[Message]:
    """Take a datagram apart into its messages.

    Not for the audit log's own records, whose ``nlmsg_len`` cannot be trusted; see ``kernel_sources.audit.multicast``.

    Raises:
        Malformed: when a length leaves the datagram.
    """
    messages = []
    offset = 0
    while offset < len(datagram):
        if len(datagram) - offset < HEADER_SIZE:
            raise Malformed("netlink header cut short", offset=offset)
        length, message_type, flags, sequence, _port = HEADER.unpack_from(datagram, offset)
        if length < HEADER_SIZE or offset + length > len(datagram):
            raise Malformed(f"netlink length {length} leaves the datagram", offset=offset)
        payload = datagram[offset + HEADER_SIZE : offset + length]
        messages.append(Message(message_type, flags, sequence, payload))
        offset += (length + 3) & ~3
    return messages


def error_number(payload: bytes) -> int:
    """Return the positive errno in the payload of an ``NLMSG_ERROR`` message; 0 is an acknowledgement."""
    if len(payload) < 4:
        raise Malformed("netlink error message cut short", offset=len(payload))
    return -int(struct.unpack_from("=i", payload)[0])


class NetlinkSocket:
    """A netlink socket that hears only the kernel and counts what it could not hear.

    Args:
        family: netlink family, such as :data:`NETLINK_AUDIT`.
        groups: bit mask of multicast groups to join (group 1 is bit 0).
        receive_buffer: wanted receive buffer in bytes; None leaves the system's default.
        what: words for error messages, such as ``"audit control socket"``.

    Raises:
        NotPermitted: the kernel refuses the socket or the group.
        NotSupported: the kernel lacks the family.

    Attributes:
        overruns: times the receive buffer overflowed (``ENOBUFS``), each an unknown number of lost datagrams.
        forged: datagrams dropped because the kernel did not send them.
        truncated: datagrams dropped or cut because they did not fit the buffer.
        receive_buffer: receive buffer in bytes that the kernel says it granted (it counts its own overhead in, twice
            the useful size).
    """

    def __init__(
        self, family: int, *, groups: int = 0, receive_buffer: int | None = None, what: str = "netlink socket"
    ) -> None:
        self.overruns = 0
        self.forged = 0
        self.truncated = 0
        self._unread: deque[Message] = deque()
        self._buffer = bytearray(DATAGRAM_SIZE)
        self._sequence = int(time.monotonic() * 1000) & 0x7FFFFFFF
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        except OSError as error:
            raise from_errno(error.errno or 0, f"open the {what}") from error
        try:
            if receive_buffer is not None:
                self._grow(receive_buffer)
            self.receive_buffer = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            self._socket.bind((0, groups))
            self._port = int(self._socket.getsockname()[0])
        except OSError as error:
            self._socket.close()
            raise from_errno(error.errno or 0, f"bind the {what}") from error

    def _grow(self, size: int) -> None:
        """Ask for ``size`` bytes of receive buffer, by force when allowed, else within ``net.core.rmem_max``."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def __enter__(self) -> NetlinkSocket:
        """Return the socket itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the socket."""
        self.close()

    def close(self) -> None:
        """Close the socket; closing twice is harmless."""
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor, for ``select`` and ``epoll``."""
        return self._socket.fileno()

    def receive_into(self, buffer: bytearray) -> int | None:
        """Receive one datagram of the kernel into ``buffer`` without waiting.

        Returns:
            Its length in bytes (at most that of the buffer, the rest being cut and counted), or None when nothing
            is waiting.
        """
        for _ in range(SKIPPED_AT_ONCE):
            try:
                # With MSG_TRUNC the kernel returns the true length of the datagram (recv(2)).
                length, sender = self._socket.recvfrom_into(buffer, 0, socket.MSG_DONTWAIT | socket.MSG_TRUNC)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
                continue
            if sender[0] != KERNEL_PORT:
                self.forged += 1
                continue
            if length > len(buffer):
                self.truncated += 1
                return len(buffer)
            return length
        return None

    def receive_batch(self, size: int, limit: int) -> list[bytes]:
        """Receive up to ``limit`` waiting datagrams of the kernel without waiting for more.

        The same as :meth:`receive_into` in a loop, and a third faster, which counts where records come by the ten
        thousand a second.

        Args:
            size: bytes above which a datagram is cut and counted.
            limit: datagrams at most; those that are dropped count too.
        """
        receive = self._socket.recvfrom
        flags = socket.MSG_DONTWAIT
        found: list[bytes] = []
        add = found.append
        left = limit
        while left > 0:
            try:
                for _ in range(left):
                    left -= 1
                    data, sender = receive(size, flags)
                    if sender[0] != KERNEL_PORT:
                        self.forged += 1
                        continue
                    if len(data) == size:
                        self.truncated += 1
                    add(data)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
        return found

    def send(self, message_type: int, payload: bytes = b"", *, flags: int = NLM_F_REQUEST) -> int:
        """Send one message to the kernel and return its sequence number.

        Raises:
            NotPermitted: the kernel refuses at once (most refusals come as an answer).
        """
        self._sequence = (self._sequence + 1) & 0x7FFFFFFF or 1
        data = build(message_type, payload, flags=flags, sequence=self._sequence, port=self._port)
        try:
            self._socket.sendto(data, (KERNEL_PORT, 0))
        except OSError as error:
            raise from_errno(error.errno or 0, "send a netlink message") from error
        return self._sequence

    def command(self, message_type: int, payload: bytes = b"", *, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Send one message, wait for its acknowledgement and return the positive errno it carries (0 is success).

        Raises:
            NoAnswer: nothing came within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        sequence = self.send(message_type, payload, flags=NLM_F_REQUEST | NLM_F_ACK)
        while True:
            message = self._answer(sequence, deadline)
            if message.type == NLMSG_ERROR:
                return error_number(message.payload)

    def ask(self, message_type: int, payload: bytes = b"", *, timeout: float = DEFAULT_TIMEOUT) -> bytes:
        """Send a question that has one message as its answer, and return the payload of that message.

        Raises:
            NotPermitted, NotSupported, OSError: the kernel answered with an error.
            NoAnswer: nothing came within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        sequence = self.send(message_type, payload)
        while True:
            message = self._answer(sequence, deadline)
            if message.type == NLMSG_ERROR:
                self._raise_unless_acknowledged(message)
            elif message.type == message_type:
                return message.payload

    def dump(
        self,
        message_type: int,
        payload: bytes = b"",
        *,
        flags: int = NLM_F_REQUEST,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> list[bytes]:
        """Send a question answered by many messages and return their payloads, read until ``NLMSG_DONE``.

        Raises:
            NotPermitted, NotSupported, OSError: the kernel answered with an error.
            NoAnswer: the end did not come within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        sequence = self.send(message_type, payload, flags=flags)
        payloads: list[bytes] = []
        while True:
            message = self._answer(sequence, deadline)
            if message.type == NLMSG_DONE:
                return payloads
            if message.type == NLMSG_ERROR:
                self._raise_unless_acknowledged(message)
            elif message.type != NLMSG_NOOP:
                payloads.append(message.payload)

    @staticmethod
    def _raise_unless_acknowledged(message: Message) -> None:
        number = error_number(message.payload)
        if number:
            raise from_errno(number, "get an answer over netlink")

    def _answer(self, sequence: int, deadline: float) -> Message:
        """Return the kernel's next message that carries ``sequence``, waiting until ``deadline`` (monotonic seconds).

        Answers to earlier requests that had been given up are passed over.

        Raises:
            NoAnswer: the deadline passed, or the answer was lost to an overflowing buffer.
        """
        lost_before = self.overruns
        while True:
            while self._unread:
                message = self._unread.popleft()
                if message.sequence == sequence:
                    return message
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise NoAnswer("the kernel did not answer in time")
            length = self.receive_into(self._buffer)
            if self.overruns != lost_before:
                raise NoAnswer("the kernel's answer was lost: receive buffer overflow")
            if length is None:
                self._wait(remaining)
            else:
                self._unread.extend(parse(bytes(self._buffer[:length])))

    def _wait(self, seconds: float) -> None:
        """Wait until something can be received or ``seconds`` have passed."""
        poller = select.poll()  # select.select() cannot take descriptors above 1023
        poller.register(self._socket, select.POLLIN)
        poller.poll(seconds * 1000)
