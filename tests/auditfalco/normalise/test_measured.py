"""Parameters that only /proc knows; from a recorded tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kernel_sources.procfs import ProcFS

START = 1_700_000_000_000_000_000
EXECVE, BRK = 59, 12
STATUS = """\
Name:\tid
Tgid:\t500
PPid:\t400
TracerPid:\t0
Uid:\t0\t0\t0\t0
Gid:\t0\t0\t0\t0
Threads:\t1
VmSize:\t   29612 kB
VmRSS:\t    4096 kB
VmSwap:\t       0 kB
"""


@pytest.fixture
def machine(tmp_path: Path, machine_with: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A host with one process, `id`, that started a second before the records."""
    tree = tmp_path / "500"
    tree.mkdir()
    (tree / "stat").write_text("500 (id) R 400 500 500 0 -1 0 28 0 1 0 0 0 0 0 20 0 1 0 100 0 0 0\n")
    (tree / "status").write_text(STATUS)
    (tree / "comm").write_text("id\n")
    (tree / "cmdline").write_bytes(b"id\0-u\0")
    (tree / "environ").write_bytes(b"HOME=/root\0TERM=xterm\0")
    (tree / "limits").write_text("Max open files            1024                 4096                 files\n")
    (tree / "cgroup").write_text("0::/user.slice\n")
    (tmp_path / "cgroups").write_text("cpu\t0\t1\t1\nmemory\t0\t1\t1\n")
    os.symlink("/usr/bin/id", tree / "exe")
    monkeypatch.setattr(ProcFS, "boot_time_ns", lambda proc: START - 2_000_000_000)
    return machine_with(ProcFS(str(tmp_path)))


def executed(machine: Any, records: Any) -> Any:
    """The event of the process's exec."""
    return machine.event(records.syscall(EXECVE, comm="id", exe="/usr/bin/id"), records.execve("id", "-u"))


def test_nothing_is_read_that_no_rule_names(machine: Any, records: Any) -> None:
    machine.host.expect("evt.args", None)
    event = executed(machine, records)
    assert not {"vm_size", "env", "cgroups", "fdlimit"} & set(event.arguments)
    assert event.process.image.environment is None


def test_what_rules_name_is_read(machine: Any, records: Any, texts: Any) -> None:
    for name in ("vm_size", "vm_rss", "vm_swap", "pgft_maj", "pgft_min", "fdlimit", "cgroups", "env"):
        machine.host.expect("evt.arg", name)
    shown = texts(executed(machine, records))
    assert {name: shown[name] for name in ("vm_size", "vm_rss", "vm_swap", "pgft_maj", "pgft_min", "fdlimit")} == {
        "vm_size": "29612",
        "vm_rss": "4096",
        "vm_swap": "0",
        "pgft_maj": "1",
        "pgft_min": "28",
        "fdlimit": "1024",
    }
    assert (shown["cgroups"], shown["env"]) == ("cpu=/user.slice.memory=/user.slice.", "HOME=/root.TERM=xterm.")
    event = machine.event(records.syscall(BRK, ("8", "0", "0", "0"), exit=4096, comm="id", exe="/usr/bin/id"))
    assert texts(event) == {"res": "1000", "addr": "8", "vm_size": "29612", "vm_rss": "4096", "vm_swap": "0"}


def test_a_process_that_has_ended_tells_nothing(machine: Any, records: Any, tmp_path: Path) -> None:
    process = executed(machine, records).process
    stat = tmp_path / "500" / "stat"
    stat.write_text(stat.read_text().replace("(id) R", "(id) Z"))
    machine.host.expect("evt.arg", "vm_size")
    machine.host.processes.exited(500, START + 1)
    event = machine.event(records.syscall(BRK, exit=4096, comm="id", exe="/usr/bin/id"))
    assert event.process is process
    assert "vm_size" not in event.arguments


def test_an_environment_is_there_when_it_is_asked_for_later(machine: Any, records: Any) -> None:
    machine.host.expect("proc.env", "HOME")
    process = executed(machine, records).process
    machine.host.processes.exited(500, START + 1)
    assert machine.host.environment(process, process.image).variables == ("HOME=/root", "TERM=xterm")


def test_capabilities_after_another_user_was_taken(machine: Any, records: Any, tmp_path: Path) -> None:
    process = executed(machine, records).process
    (tmp_path / "500" / "status").write_text(STATUS + "CapPrm:\t0000000000000400\nCapEff:\t0000000000000000\n")
    machine.event(records.syscall(105, ("3e8", "0", "0", "0"), uid=1000, euid=1000, comm="id", exe="/usr/bin/id"))
    assert (process.held.permitted, process.held.effective) == (0x400, 0)
