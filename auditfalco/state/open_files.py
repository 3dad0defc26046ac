"""What a process's descriptors stand for: what records told of them, and what /proc shows of them now.

The two may differ. A number may have been closed and used again without a record since it was last told of, and since
the event in question too. Of two files the one that is nearer to the event in time is taken.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from typing import Callable

from auditfalco.model.descriptor import DIRECTORY, FILE, IPV4, IPV6, Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.process import Process
from auditfalco.state.descriptors import KEPT_OF_A_PROCESS, DescriptorTable
from auditfalco.state.live_descriptors import LiveDescriptors

_MOST_NUMBERS = 65_536
_MOST_SOCKETS = 16
"""Sockets of a process, the newest first, among which one is sought by its peer; each may cost a look at them all."""


class OpenFiles:
    """Descriptors by process and number.

    `live` is None in a replay. `is_gone` tells whether a process's pid belongs to somebody else, or to nobody, by now.
    """

    def __init__(self, live: LiveDescriptors | None, is_gone: Callable[[Process], bool]) -> None:
        self.table = DescriptorTable()
        self._live = live
        self._is_gone = is_gone

    def of(self, process: Process, number: int, time_ns: int | None = None) -> Descriptor | None:
        """What a number stood for at a time (ns since the epoch; None is now); None when that is not known."""
        slot = self.table.slot(process, number)
        told = slot.file.descriptor if slot is not None and slot.file is not None else None
        shown = self._shown(process, number, told)
        if slot is None or slot.file is None or told is None:
            return shown
        if shown is None:
            return told
        if is_same(told, shown):
            slot.file.descriptor = told = completed(told, shown)
            return told
        now_ns = time.time_ns()
        at_ns = now_ns if time_ns is None else time_ns
        return told if at_ns - slot.since_ns < now_ns - at_ns else shown

    def all_of(self, process: Process) -> dict[int, Descriptor]:
        """Every descriptor of a process that is known; of a living one those that are open now."""
        if self._live is None or not process.is_alive or self._is_gone(process):
            return self.table.known(process)
        found = {}
        for number in self._live.numbers(process.pid, KEPT_OF_A_PROCESS):
            known = self.of(process, number)
            if known is not None:
                found[number] = known
        return found

    def duplicated(
        self, process: Process, old: int, new: int, time_ns: int, close_on_exec: bool = False
    ) -> Descriptor | None:
        """Note that a call made `new` stand for the file of `old`; returns what that is.

        By the time that /proc is read either number may have been closed or used again; if one of them still shows what
        records told of the old one, that is it.
        """
        slot = self.table.slot(process, old)
        told = slot.file.descriptor if slot is not None and slot.file is not None else None
        seen = [self._shown(process, number, told) for number in (new, old)]
        if slot is None or slot.file is None or told is None:
            found = next((shown for shown in seen if shown is not None), None)
            if found is None:
                self.table.closed(process, new, time_ns)
                return None
            self.table.opened(process, old, found, time_ns)
        else:
            found = next((completed(told, shown) for shown in seen if shown is not None and is_same(told, shown)), None)
            if found is not None:
                slot.file.descriptor = found
            elif all(shown is not None for shown in seen) and seen[0] == seen[1]:
                self.table.opened(process, old, seen[0], time_ns)  # type: ignore[arg-type]
        return self.table.duplicated(process, old, new, time_ns, close_on_exec)

    def with_peer(self, process: Process, peer: Endpoint, *, is_server: bool) -> tuple[int, Descriptor] | None:
        """The newest socket that a process has with this peer, and its number: for records that name no descriptor.

        `is_server` tells which of the two the process is, which a socket itself does not show.
        """
        if self._live is None or not process.is_alive:
            return None
        numbers = self._live.numbers(process.pid, _MOST_NUMBERS)[::-1]
        sockets = (number for number in numbers if self._live.is_socket(process.pid, number))
        for number in islice(sockets, _MOST_SOCKETS):
            shown = self._live.read(process.pid, number, Endpoints(server=peer, connected=True))
            found = None if shown is None else _turned(shown, peer, is_server)
            if found is not None:
                return None if self._is_gone(process) else (number, found)
        return None

    def is_local_address(self, process: Process, address: bytes) -> bool | None:
        """Whether an address is one of the machine's own, as the process sees it; None when that is not known."""
        if self._live is None or not process.is_alive:
            return None
        addresses = self._live.local_addresses(process.pid, time.time_ns())
        return None if addresses is None else address in addresses

    def _shown(self, process: Process, number: int, told: Descriptor | None) -> Descriptor | None:
        if self._live is None or not process.is_alive:
            return None
        shown = self._live.read(process.pid, number, told.endpoints if told is not None else None)
        return None if shown is None or self._is_gone(process) else shown


def is_same(told: Descriptor, shown: Descriptor) -> bool:
    """Whether what /proc shows may be what a record told of."""
    if told.inode is not None and shown.inode is not None and told.device == shown.device:
        return told.inode == shown.inode
    ours, theirs = told.endpoints, shown.endpoints
    if ours is not None and theirs is not None:
        peers_agree = not (ours.connected and theirs.connected) or _may_be(ours.peer, theirs.peer)
        return peers_agree and _may_be(ours.own, theirs.own)
    if {told.kind, shown.kind} <= {FILE, DIRECTORY}:
        return told.name is None or told.name == shown.name
    return told.kind == shown.kind


def _turned(shown: Descriptor, peer: Endpoint, is_server: bool) -> Descriptor | None:
    """A socket with this peer, its ends in their roles; None for one with another peer."""
    ends = shown.endpoints
    if ends is None or not ends.connected:
        return None
    own, other = (ends.server, ends.client) if ends.is_server else (ends.client, ends.server)
    if other != peer:
        return None
    client, server = (peer, own) if is_server else (own, peer)
    turned = replace(ends, client=client, server=server, is_server=is_server)
    return replace(shown, name=turned.tuple_text, endpoints=turned)


def _may_be(ours: Endpoint | None, theirs: Endpoint | None) -> bool:
    if ours is None or theirs is None:
        return True
    one_is_any = ours.is_unspecified or theirs.is_unspecified
    return ours.port == theirs.port and (ours.address == theirs.address or one_is_any)


def completed(told: Descriptor, shown: Descriptor) -> Descriptor:
    """What a record told of, with what it left open taken from /proc."""
    kind = shown.kind if {told.kind, shown.kind} == {FILE, DIRECTORY} else told.kind
    name, endpoints = told.name, told.endpoints
    if endpoints is not None and shown.endpoints is not None:
        endpoints = _both(endpoints, shown.endpoints)
        if kind in (IPV4, IPV6) and endpoints != told.endpoints:
            kind = shown.kind if told.endpoints is None or not told.endpoints.has_role else kind
            name = endpoints.tuple_text
    return replace(
        told,
        kind=kind,
        name=shown.name if name is None else name,
        device=told.device or shown.device,
        inode=told.inode if told.inode is not None else shown.inode,
        endpoints=endpoints or shown.endpoints,
    )


def _both(told: Endpoints, shown: Endpoints) -> Endpoints:
    protocol, path = told.protocol or shown.protocol, told.path or shown.path
    if not told.has_role:
        if told.protocol == "udp" and not shown.has_peer:
            # A datagram that is sent gives its socket a port; that makes no server of it, as a bind does.
            return replace(told, path=path)
        return replace(shown, protocol=protocol, path=path, connected=told.connected or shown.connected)
    if not told.has_peer:
        return replace(told, protocol=protocol, path=path)
    own = shown.own if told.own is None or (told.own.is_unspecified and shown.own is not None) else told.own
    if own is None and not shown.has_peer:
        own = shown.server  # bound, without a peer that the kernel knows: a datagram was sent from there
    peer = told.peer if told.peer is not None or not shown.has_peer else shown.peer
    return replace(told, protocol=protocol, path=path).with_ends(own, peer)
