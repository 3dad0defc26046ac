"""What the gate costs those who are stopped: an exec loop without it, under notification marks, and through the gate.

Run as root. Only a file system of its own, a tmpfs, is marked. Prints a table and judges nothing.
"""

from __future__ import annotations

import os
import select
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditfalco.agent.gate import gate as gates
from kernel_sources.fanotify import OPEN_EXEC, FanotifyGroup
from kernel_sources.procfs import Mount, ProcFS

EXECS = 1000
ROUNDS = 5
LOOP = """
#include <sys/wait.h>
#include <unistd.h>
#include <stdlib.h>
extern char **environ;
int main(int argc, char **argv) {
    int status;
    for (int i = atoi(argv[1]); i > 0; i--) {
        if (vfork() == 0) { char *none[] = {"act", 0}; execve(argv[2], none, environ); _exit(1); }
        wait(&status);
    }
    return 0;
}
"""


@contextmanager
def own_file_system() -> Iterator[Path]:
    """Mount a tmpfs with the programs on it."""
    directory = Path(tempfile.mkdtemp(prefix="auditfalco-bench-"))
    subprocess.run(["mount", "-t", "tmpfs", "auditfalco-bench", directory], check=True)
    try:
        for name, source in (("loop", LOOP), ("act", "int main(void) { return 0; }")):
            (directory / f"{name}.c").write_text(source)
            subprocess.run(["gcc", "-static", "-O1", "-o", directory / name, directory / f"{name}.c"], check=True)
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)
        shutil.rmtree(directory)


@contextmanager
def nothing(directory: Path) -> Iterator[None]:
    """Watch nothing."""
    yield


@contextmanager
def notified(directory: Path) -> Iterator[None]:
    """Be told of execs afterwards."""
    ended = threading.Event()
    with FanotifyGroup(ProcFS()) as group:
        group.mark(str(directory), OPEN_EXEC, "filesystem")

        def read() -> None:
            while not ended.is_set():
                if select.select([group], [], [], 0.05)[0]:
                    group.read_batch()

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


class _OnOneMount(gates.Gate):
    """A gate on one file system."""

    mount_point = ""

    def _is_wanted(self, mount: Mount) -> bool:
        return mount.mount_point == self.mount_point


@contextmanager
def gated(directory: Path, login_uids: tuple[int, ...] = ()) -> Iterator[None]:
    """Stop execs, and take in what is seen."""
    gate = _OnOneMount(ProcFS(), "host", login_uids)
    gate.mount_point = str(directory)
    gate.start()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            if select.select([gate], [], [], 0.05)[0]:
                gate.read_batch()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        gate.stop()
        if gate.refused or gate.marks != 1:
            print(f"not measured as meant: {gate.marks} marks, {gate.refused}")


def microseconds(directory: Path) -> float:
    """How long an exec and the end of the program take."""
    began = time.perf_counter()
    subprocess.run([directory / "loop", str(EXECS), directory / "act"], check=True, timeout=120)
    return (time.perf_counter() - began) / EXECS * 1e6


def main() -> None:
    """Measure in turn, so that the machine's other work hits all alike."""
    ways = {
        "nothing": nothing,
        "notification mark": notified,
        "gate, others' execs": lambda directory: gated(directory, (4_294_000,)),
        "gate": gated,
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    with own_file_system() as directory:
        for _ in range(ROUNDS):
            for name, way in ways.items():
                with way(directory):
                    took[name].append(microseconds(directory))
    base = statistics.median(took["nothing"])
    print(f"{'':22}  µs an exec  times  ({EXECS} execs, median of {ROUNDS}, {os.cpu_count()} processors)")
    for name, values in took.items():
        middle = statistics.median(values)
        print(f"{name:22}  {middle:10.0f}  {middle / base:5.2f}")


if __name__ == "__main__":
    main()
