"""What was seen of an exec while it was stopped, before it was let go on."""

from __future__ import annotations

from typing import NamedTuple


class AncestorSeen(NamedTuple):
    """A process above the one that executes: pid and group of the initial namespaces, start in ns since the epoch.

    What could not be read is None, `argv` empty.
    """

    pid: int
    start_ns: int
    comm: str
    exe_path: str | None
    argv: tuple[str, ...]


class Admission(NamedTuple):
    """An exec that was stopped, looked at, and let go on.

    `time_ns` is when it was looked at: as it comes from the gate in the connector's monotonic time, in the tables in
    nanoseconds since the epoch. Numbers are those of the initial namespaces unless they begin with `v`. `file` is the
    path of the program as the process's mount namespace has it. `argv` and `environment` are what the exec passes,
    None where that could not be read; without `whole` the environment was longer than is kept. `ancestors` begin
    with the parent.
    """

    time_ns: int
    pid: int
    start_ns: int
    tty: int
    pgid: int
    sid: int
    vpid: int | None
    vpgid: int | None
    vsid: int | None
    cgroups: tuple[str, ...]
    file: str
    device: int
    inode: int
    cwd: str | None
    argv: tuple[str, ...] | None
    environment: tuple[str, ...] | None
    whole: bool
    ancestors: tuple[AncestorSeen, ...]
