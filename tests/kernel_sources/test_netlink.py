"""Netlink framing, and sockets against families that any process may use."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from kernel_sources import netlink
from kernel_sources.errors import Malformed, NoAnswer, NotSupported
from kernel_sources.netlink import Message, NetlinkSocket

NETLINK_ROUTE = 0
NETLINK_USERSOCK = 2
RTM_GETLINK = 18
RTM_NEWLINK = 16
RTM_DELLINK = 17
INTERFACE = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
"""``struct ifinfomsg`` that names no interface."""


@pytest.fixture
def route() -> Iterator[NetlinkSocket]:
    with NetlinkSocket(NETLINK_ROUTE) as opened:
        yield opened


@pytest.fixture
def user() -> Iterator[NetlinkSocket]:
    """A socket that other processes can send to."""
    with NetlinkSocket(NETLINK_USERSOCK) as opened:
        yield opened


def port_of(opened: NetlinkSocket) -> int:
    duplicate = socket.socket(fileno=os.dup(opened.fileno()))
    try:
        return int(duplicate.getsockname()[0])
    finally:
        duplicate.close()


def test_a_message_survives_building_and_parsing() -> None:
    data = netlink.build(1000, b"abcde", flags=5, sequence=7, port=9)
    assert len(data) == 24  # padded to four bytes
    assert struct.unpack_from("=I", data) == (21,)  # the length leaves the padding out
    assert netlink.parse(data) == [Message(1000, 5, 7, b"abcde")]


def test_a_datagram_may_hold_several_messages() -> None:
    data = netlink.build(1, b"a", sequence=1) + netlink.build(3, b"", sequence=2)
    assert [(message.type, message.sequence) for message in netlink.parse(data)] == [(1, 1), (3, 2)]


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"\x10\0", 0),
        (netlink.HEADER.pack(8, 1, 0, 0, 0), 0),
        (netlink.HEADER.pack(4096, 1, 0, 0, 0), 0),
        (netlink.build(1, b"") + b"\1", 16),
    ],
)
def test_broken_lengths_are_malformed(data: bytes, offset: int) -> None:
    with pytest.raises(Malformed) as caught:
        netlink.parse(data)
    assert caught.value.offset == offset


def test_the_number_in_an_error_message_is_positive() -> None:
    assert netlink.error_number(struct.pack("=i", -errno.EEXIST) + b"rest") == errno.EEXIST
    assert netlink.error_number(struct.pack("=i", 0)) == 0
    with pytest.raises(Malformed):
        netlink.error_number(b"\0\0")


def test_a_dump_is_read_to_its_end(route: NetlinkSocket) -> None:
    flags = netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP
    links = route.dump(RTM_GETLINK, INTERFACE, flags=flags)
    assert any(b"lo\0" in link for link in links)
    assert all(len(link) >= len(INTERFACE) for link in links)


def test_a_command_gives_the_errno_of_its_refusal(route: NetlinkSocket) -> None:
    nothing = struct.pack("=BxHiII", 0, 0, 0x7FFFFFFF, 0, 0)
    # Whoever may not configure interfaces gets another refusal than who may.
    assert route.command(RTM_DELLINK, nothing) in (errno.EPERM, errno.ENODEV, errno.EINVAL)


def test_an_error_answers_a_question_too(route: NetlinkSocket) -> None:
    nothing = struct.pack("=BxHiII", 0, 0, 0x7FFFFFFF, 0, 0)
    with pytest.raises((OSError, NotSupported)):  # ENODEV
        route.ask(RTM_GETLINK, nothing)


def test_silence_ends_with_the_time_out(user: NetlinkSocket) -> None:
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        user._answer(sequence=1, deadline=started + 0.05)
    assert time.monotonic() >= started + 0.05


def test_datagrams_of_processes_are_dropped_and_counted(user: NetlinkSocket) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as forger:
        for _ in range(3):
            forger.sendto(netlink.build(1300, b"audit(1.000:1): forged"), (port_of(user), 0))
    assert user.receive_into(bytearray(4096)) is None
    assert user.forged == 3


def test_a_flood_of_forged_datagrams_does_not_hold_the_reader(
    user: NetlinkSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netlink, "SKIPPED_AT_ONCE", 2)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as forger:
        for _ in range(3):
            forger.sendto(netlink.build(1300, b"x"), (port_of(user), 0))
    assert user.receive_into(bytearray(4096)) is None
    assert user.forged == 2


def test_a_batch_holds_the_datagrams_of_the_kernel_up_to_its_limit(route: NetlinkSocket) -> None:
    for _ in range(3):
        route.send(RTM_GETLINK, INTERFACE, flags=netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP)
        first = route.receive_batch(netlink.DATAGRAM_SIZE, 1)
        assert netlink.parse(first[0])[0].type == RTM_NEWLINK
        rest = route.receive_batch(netlink.DATAGRAM_SIZE, 100)
        assert netlink.parse(rest[-1])[-1].type == netlink.NLMSG_DONE
        assert route.receive_batch(netlink.DATAGRAM_SIZE, 100) == []


def test_a_batch_cuts_and_counts_what_is_too_long(route: NetlinkSocket) -> None:
    route.send(RTM_GETLINK, INTERFACE, flags=netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP)
    assert [len(datagram) for datagram in route.receive_batch(32, 1)] == [32]
    assert route.truncated == 1


def test_forged_datagrams_count_towards_the_limit_of_a_batch(user: NetlinkSocket) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as forger:
        for _ in range(5):
            forger.sendto(netlink.build(1300, b"x"), (port_of(user), 0))
    assert user.receive_batch(4096, 3) == []
    assert user.forged == 3
    assert user.receive_batch(4096, 3) == []
    assert user.forged == 5


def test_an_answer_that_does_not_fit_is_cut_and_counted(route: NetlinkSocket) -> None:
    route.send(RTM_GETLINK, INTERFACE, flags=netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP)
    small = bytearray(32)
    assert route.receive_into(small) == 32
    assert route.truncated == 1


def test_the_granted_receive_buffer_is_reported() -> None:
    with NetlinkSocket(NETLINK_USERSOCK, receive_buffer=65536) as opened:
        assert opened.receive_buffer >= 65536


def test_an_unknown_family_is_not_supported() -> None:
    with pytest.raises(NotSupported):
        NetlinkSocket(31, what="socket of no family")


def test_sequence_numbers_are_never_zero_and_wrap(route: NetlinkSocket) -> None:
    route._sequence = 0x7FFFFFFF
    assert route.send(RTM_GETLINK, INTERFACE) == 1
