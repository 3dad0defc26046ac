"""``/proc/<pid>/stat``: the line of numbers about a process (proc(5), fs/proc/array.c)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StatFacts:
    """Facts of the stat line.

    Attributes:
        pid: process number in the pid namespace that the proc file system belongs to.
        comm: name of the process, up to 15 bytes (longer for kernel threads); may hold blanks and parentheses.
        state: one letter; ``Z`` is a zombie, ``X`` is dead.
        ppid: parent's process number, 0 for none.
        pgrp: process group.
        session: session.
        tty_nr: device number of the controlling terminal, as the kernel encodes it; 0 for none.
        tpgid: foreground process group of the terminal, -1 for none.
        flags: ``PF_*`` bits of the kernel; see :attr:`is_kernel_thread`.
        minor_faults: page faults served without I/O.
        major_faults: page faults that needed I/O.
        threads: number of threads.
        start_ticks: clock ticks (``ProcFS.clock_ticks`` a second) from boot to the start of the process.
        vsize: virtual memory in bytes.
        rss_pages: resident memory in pages.
    """

    pid: int
    comm: str
    state: str
    ppid: int
    pgrp: int
    session: int
    tty_nr: int
    tpgid: int
    flags: int
    minor_faults: int
    major_faults: int
    threads: int
    start_ticks: int
    vsize: int
    rss_pages: int

    @property
    def is_kernel_thread(self) -> bool:
        """True for threads of the kernel itself (``PF_KTHREAD``)."""
        return bool(self.flags & 0x00200000)


def parse(data: bytes) -> StatFacts | None:
    """Return the facts in a stat line, None when it is cut short.

    The name may hold anything, closing parentheses included, so it ends at the last one.
    """
    start = data.find(b"(")
    end = data.rfind(b")")
    if start < 0 or end < start:
        return None
    after = data[end + 1 :].split()
    if len(after) < 22:
        return None
    try:
        numbers = [int(word) for word in after[1:22]]
        pid = int(data[:start])
    except ValueError:
        return None
    return StatFacts(
        pid=pid,
        comm=data[start + 1 : end].decode("utf-8", "surrogateescape"),
        state=after[0].decode("ascii", "replace"),
        ppid=numbers[0],
        pgrp=numbers[1],
        session=numbers[2],
        tty_nr=numbers[3],
        tpgid=numbers[4],
        flags=numbers[5],
        minor_faults=numbers[6],
        major_faults=numbers[8],
        threads=numbers[16],
        start_ticks=numbers[18],
        vsize=numbers[19],
        rss_pages=numbers[20],
    )
