"""``/proc/<pid>/status``: who a process is and what it may (proc(5), fs/proc/array.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Identity:
    """Four user or group ids, numbers of the reader's user namespace."""

    real: int
    effective: int
    saved: int
    filesystem: int


@dataclass(frozen=True)
class Capabilities:
    """Capability sets, bit ``n`` being capability ``n`` of capabilities(7)."""

    inheritable: int
    permitted: int
    effective: int
    bounding: int
    ambient: int


@dataclass(frozen=True)
class StatusFacts:
    """Facts of the status file; what an older kernel does not show is None or empty.

    Attributes:
        name: name of the process, the kernel's escapes (``\\n``, ``\\\\``) undone.
        tgid: process number of the thread.
        ppid: parent's process number, 0 for none.
        tracer_pid: process that traces this one, 0 for none.
        uids: user ids.
        gids: group ids.
        groups: supplementary group ids.
        capabilities: capability sets.
        ns_pids: thread number in every pid namespace, from that of the proc file system inwards.
        ns_tgids: process number likewise.
        ns_pgids: process group likewise.
        ns_sids: session likewise.
        threads: number of threads.
        vm_size_kb: virtual memory in KiB; None for kernel threads and zombies.
        vm_rss_kb: resident memory in KiB; None likewise.
        vm_swap_kb: swapped memory in KiB; None likewise.
        no_new_privs: True when exec cannot add privileges any more.
        seccomp: 0 off, 1 strict, 2 filter.
    """

    name: str
    tgid: int
    ppid: int
    tracer_pid: int
    uids: Identity
    gids: Identity
    groups: tuple[int, ...]
    capabilities: Capabilities
    ns_pids: tuple[int, ...]
    ns_tgids: tuple[int, ...]
    ns_pgids: tuple[int, ...]
    ns_sids: tuple[int, ...]
    threads: int
    vm_size_kb: int | None
    vm_rss_kb: int | None
    vm_swap_kb: int | None
    no_new_privs: bool | None
    seccomp: int | None

    @property
    def vpid(self) -> int | None:
        """Process number in the innermost pid namespace, the one its own programs see."""
        return self.ns_tgids[-1] if self.ns_tgids else None


def parse(data: bytes) -> StatusFacts | None:
    """Return the facts in a status file, None when it lacks what every kernel writes."""
    lines: dict[bytes, bytes] = {}
    for line in data.split(b"\n"):
        name, separator, value = line.partition(b":")
        if separator:
            lines[name] = value.strip()
    try:
        return _facts(lines)
    except (KeyError, ValueError, TypeError):
        return None


def _facts(lines: dict[bytes, bytes]) -> StatusFacts:
    no_new_privs = _number(lines, b"NoNewPrivs")
    return StatusFacts(
        name=_unescape(lines[b"Name"]).decode("utf-8", "surrogateescape"),
        tgid=int(lines[b"Tgid"]),
        ppid=int(lines[b"PPid"]),
        tracer_pid=int(lines[b"TracerPid"]),
        uids=Identity(*_numbers(lines, b"Uid")),
        gids=Identity(*_numbers(lines, b"Gid")),
        groups=_numbers(lines, b"Groups"),
        capabilities=Capabilities(
            inheritable=_bits(lines, b"CapInh"),
            permitted=_bits(lines, b"CapPrm"),
            effective=_bits(lines, b"CapEff"),
            bounding=_bits(lines, b"CapBnd"),
            ambient=_bits(lines, b"CapAmb"),
        ),
        ns_pids=_numbers(lines, b"NSpid"),
        ns_tgids=_numbers(lines, b"NStgid"),
        ns_pgids=_numbers(lines, b"NSpgid"),
        ns_sids=_numbers(lines, b"NSsid"),
        threads=int(lines[b"Threads"]),
        vm_size_kb=_number(lines, b"VmSize"),
        vm_rss_kb=_number(lines, b"VmRSS"),
        vm_swap_kb=_number(lines, b"VmSwap"),
        no_new_privs=None if no_new_privs is None else bool(no_new_privs),
        seccomp=_number(lines, b"Seccomp"),
    )


def _numbers(lines: dict[bytes, bytes], name: bytes) -> tuple[int, ...]:
    return tuple(int(word) for word in lines.get(name, b"").split())


def _number(lines: dict[bytes, bytes], name: bytes) -> int | None:
    """Return the first number of a line, without its unit."""
    words = lines.get(name, b"").split()
    return int(words[0]) if words else None


def _bits(lines: dict[bytes, bytes], name: bytes) -> int:
    return int(lines.get(name, b"0"), 16)


def _unescape(name: bytes) -> bytes:
    """Undo the escapes of ``proc_task_name()``: ``\\n`` for a newline and ``\\\\`` for a backslash."""
    return b"\\".join(part.replace(b"\\n", b"\n") for part in name.split(b"\\\\"))


class IdRange(NamedTuple):
    """Ids of a user namespace and what they are outside, as uid_map and gid_map have them (user_namespaces(7))."""

    inside: int
    outside: int
    length: int


def parse_id_map(data: bytes) -> tuple[IdRange, ...]:
    """Return the ranges in a uid_map or gid_map; lines that are none are passed over."""
    ranges = []
    for line in data.split(b"\n"):
        words = line.split()
        if len(words) == 3 and all(word.isdigit() for word in words):
            ranges.append(IdRange(*map(int, words)))
    return tuple(ranges)
