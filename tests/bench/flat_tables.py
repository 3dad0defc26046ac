"""Whether tables and memory stay flat: many processes and opens through the pipeline, and what each costs.

The story is made up and told as the kernel tells it: process events, and audit records as text. Shells fork commands
that execute, open files and end; some fork on; some never execute; pids are used again; a daemon is left behind now and
then and lives for a while. Prints the sizes at a tenth and at the end; `--json` one object. Not a test: a smaller story
is told in one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psutil

from auditfalco.agent.clock import measured_offset_ns
from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.waiting import Batch
from auditfalco.model.event import Event
from auditfalco.state.counters import counters
from auditfalco.state.host import HostState
from kernel_sources.connector import Exec, Exit, Fork, ProcessEvent

PROCESSES, OPENS_EACH = 200_000, 5
TENTHS = 10
STEP_NS = 2_000_000
"""From one process to the next; so that a tenth of the processes takes longer than the dead are kept."""

FIRST_PID, LAST_PID = 1000, 30_000
SHELLS = tuple(range(10, 26))
LIVING = 400
"""Daemons that live at a time."""

SYSCALL, PATH, CWD, EXECVE, EOE = 1300, 1302, 1307, 1309, 1320


class Story:
    """Tells of one process after another."""

    def __init__(self) -> None:
        self._mono_ns = time.monotonic_ns()
        self._wall_ns = self._mono_ns + measured_offset_ns()
        self._serial = 0
        self._pid = FIRST_PID
        self._busy: set[int] = set()
        self._daemons: deque[int] = deque()

    def beginning(self) -> Batch:
        """The shells."""
        events: list[ProcessEvent] = []
        for shell in SHELLS:
            events += [Fork(self._now(), 1, 1, shell, shell), Exec(self._now(), shell, shell)]
        return Batch(events, [], False)

    def process(self, number: int, opens: int) -> Batch:
        """A process that a shell forks, executes, opens files and ends, or stays for a while."""
        pid, shell = self._next_pid(), SHELLS[number % len(SHELLS)]
        forked_on = number % 7 == 0
        daemon = number % 50 == 0
        records: list[tuple[int, bytes]] = []
        events: list[ProcessEvent] = [Fork(self._now(), shell, shell, pid, pid)]
        if number % 5:
            events.append(Exec(self._now(), pid, pid))
            records += self._execution(pid, shell, f"tool{number % 1000}", number)
        if forked_on:
            child = self._next_pid()
            events += [Fork(self._now(), pid, pid, child, child), Exec(self._now(), child, child)]
            records += self._execution(child, pid, "child", number)
            events.append(Exit(self._now(), child, child, 0, 17, pid, pid))
            self._busy.discard(child)
        for index in range(opens):
            records += self._opening(pid, shell, f"/srv/data/{number}/{index}", 3 + index)
        if daemon:
            self._daemons.append(pid)
            if len(self._daemons) > LIVING:
                pid = self._daemons.popleft()
        if not daemon or len(self._daemons) == LIVING:
            events.append(Exit(self._now(), pid, pid, 0, 17, shell, shell))
            self._busy.discard(pid)
        self._mono_ns += STEP_NS
        self._wall_ns += STEP_NS
        return Batch(events, records, False)

    def _now(self) -> int:
        self._mono_ns += 1000
        self._wall_ns += 1000
        return self._mono_ns

    def _next_pid(self) -> int:
        while True:
            self._pid = self._pid + 1 if self._pid < LAST_PID else FIRST_PID
            if self._pid not in self._busy:
                self._busy.add(self._pid)
                return self._pid

    def _records(self, *lines: tuple[int, str]) -> Iterator[tuple[int, bytes]]:
        self._serial += 1
        milliseconds = self._wall_ns // 1_000_000
        stamp = f"audit({milliseconds // 1000}.{milliseconds % 1000:03}:{self._serial}): "
        return ((number, (stamp + text).encode()) for number, text in (*lines, (EOE, "")))

    def _execution(self, pid: int, parent: int, name: str, number: int) -> Iterator[tuple[int, bytes]]:
        return self._records(
            (SYSCALL, _syscall(59, pid, parent, name, 0)),
            (EXECVE, f'argc=3 a0="{name}" a1="--number" a2="{number}"'),
            (CWD, 'cwd="/srv"'),
            (PATH, _path(f"/usr/bin/{name}", number)),
        )

    def _opening(self, pid: int, parent: int, path: str, number: int) -> Iterator[tuple[int, bytes]]:
        return self._records(
            (SYSCALL, _syscall(257, pid, parent, "tool", number)), (CWD, 'cwd="/srv"'), (PATH, _path(path, number))
        )


def _syscall(call: int, pid: int, parent: int, name: str, result: int) -> str:
    ids = "auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1"
    return (
        f"arch=c000003e syscall={call} success=yes exit={result} a0=ffffff9c a1=7f00 a2=0 a3=0 items=1"
        f' ppid={parent} pid={pid} {ids} comm="{name}" exe="/usr/bin/{name}" key=(null)'
    )


def _path(name: str, inode: int) -> str:
    facts = f"inode={inode} dev=08:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL"
    return f'item=0 name="{name}" {facts} cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0'


class Sample(NamedTuple):
    """Sizes and memory after some processes."""

    processes: int
    counters: dict[str, int]
    memory: int


def tell(processes: int, opens_each: int, memory: Callable[[], int]) -> list[Sample]:
    """Tell the story of so many processes; samples after each tenth. `memory` measures in bytes."""
    host = HostState("bench")
    seen: list[Event] = []

    def consume(event: Event) -> None:
        seen[:] = [event]
        if event.process is not None:
            for ancestor in host.ancestors(event.process, event.moment_ns, event.until_ns):
                host.image(ancestor, event.moment_ns, event.until_ns)

    pipeline, story = Pipeline(host, consume), Story()
    pipeline.take(story.beginning())
    samples = []
    for number in range(1, processes + 1):
        pipeline.take(story.process(number, opens_each))
        if number % (processes // TENTHS) == 0:
            samples.append(Sample(number, counters(host), memory()))
    assert pipeline.malformed == 0
    return samples


def fork_exec_exit_seconds(records: bool, rounds: int = 10_000) -> float:
    """CPU seconds that a fork, an exec and an exit take, with the exec's records or as the connector tells them."""
    host = HostState("bench")
    pipeline, story = Pipeline(host, lambda event: None), Story()
    pipeline.take(story.beginning())
    told = [story.process(number, 0) for number in range(1, rounds + 1)]
    batches = told if records else [Batch(batch.process_events, [], False) for batch in told]
    begun = time.process_time()
    for batch in batches:
        pipeline.take(batch)
    return (time.process_time() - begun) / rounds


def main() -> None:
    """Tell the whole story and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args()
    own = psutil.Process()
    begun = time.process_time()
    samples = tell(options.processes, OPENS_EACH, lambda: int(own.memory_info().rss))
    seconds = time.process_time() - begun
    first, last = samples[0], samples[-1]
    costs = {f"fork_exec_exit_{what}_us": _microseconds(what == "records") for what in ("connector", "records")}
    if options.json:
        names = ("processes", "counters", "memory")
        table = [dict(zip(names, sample)) for sample in samples]
        print(json.dumps({"flat_tables": table, "seconds": round(seconds, 1), **costs}))
        return
    print(f"{'':<28}{first.processes:>12}{last.processes:>12}  processes, {OPENS_EACH} opens each")
    print(f"{'memory KiB':<28}{first.memory >> 10:>12}{last.memory >> 10:>12}")
    for name, size in last.counters.items():
        print(f"{name:<28}{first.counters[name]:>12}{size:>12}")
    print(f"{seconds:.1f} s CPU in all; {costs}")


def _microseconds(records: bool) -> float:
    return round(min(fork_exec_exit_seconds(records) for _ in range(5)) * 1e6, 1)


if __name__ == "__main__":
    main()
