"""The audit log as the kernel multicasts it: a reader that neither holds up nor displaces anybody.

Every record is one datagram to group ``AUDIT_NLGRP_READLOG`` (kernel/audit.c, ``kauditd_send_multicast_skb()``).  There
is no back-pressure: a reader that is too slow loses records, which shows as :attr:`MulticastReader.overruns` and as
gaps in the serial numbers.  Needs CAP_AUDIT_READ in the initial user and network namespaces.
"""

from __future__ import annotations

import struct
from types import TracebackType

from kernel_sources.netlink import HEADER_SIZE, NETLINK_AUDIT, NetlinkSocket

READLOG_GROUP = 1
"""``AUDIT_NLGRP_READLOG``."""

RECORD_LIMIT = 8970
"""Longest text of a record, in bytes (``MAX_AUDIT_MESSAGE_LENGTH`` of libaudit)."""

DEFAULT_RECEIVE_BUFFER = 32 * 1024 * 1024
"""Bytes of receive buffer asked for; loses nothing at 65,000 records a second where this was measured."""

_BUFFER_SIZE = 16384
_TYPE = struct.Struct("=4xH")


class MulticastReader:
    """Receives every audit record of the machine from the moment it is made.

    Args:
        receive_buffer: wanted receive buffer in bytes; see :attr:`receive_buffer` for what was granted.

    Raises:
        NotPermitted: CAP_AUDIT_READ is missing, or this is not the initial namespace.
        NotSupported: the kernel has no audit subsystem.
    """

    def __init__(self, receive_buffer: int = DEFAULT_RECEIVE_BUFFER) -> None:
        self._socket = NetlinkSocket(
            NETLINK_AUDIT,
            groups=1 << (READLOG_GROUP - 1),
            receive_buffer=receive_buffer,
            what="audit multicast socket",
        )

    def __enter__(self) -> MulticastReader:
        """Return the reader itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the reader."""
        self.close()

    def close(self) -> None:
        """Leave the group and close the socket; closing twice is harmless."""
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor to wait on; readable when records are waiting."""
        return self._socket.fileno()

    @property
    def receive_buffer(self) -> int:
        """Bytes of receive buffer granted, the kernel's own overhead included."""
        return self._socket.receive_buffer

    @property
    def overruns(self) -> int:
        """Times the receive buffer overflowed, each an unknown number of lost records."""
        return self._socket.overruns

    @property
    def forged(self) -> int:
        """Datagrams dropped because a process, not the kernel, sent them."""
        return self._socket.forged

    @property
    def truncated(self) -> int:
        """Records cut because they were longer than any record should be."""
        return self._socket.truncated

    def read_batch(self, limit: int = 1024) -> list[tuple[int, bytes]]:
        """Return up to ``limit`` waiting records without waiting for more.

        Datagrams that were dropped (see :attr:`forged`) count towards the limit too, so a list shorter than ``limit``
        does not mean that nothing is waiting.

        Returns:
            Pairs of record type (an ``AUDIT_*`` number) and text (``audit(…): …``, as the kernel wrote it).  The list
            is empty when nothing is waiting.
        """
        type_of = _TYPE.unpack_from
        # The length received counts; nlmsg_len of audit records has been wrong in kernels old and new.
        return [
            (type_of(datagram)[0], datagram[HEADER_SIZE:])
            for datagram in self._socket.receive_batch(_BUFFER_SIZE, limit)
            if len(datagram) >= HEADER_SIZE
        ]
