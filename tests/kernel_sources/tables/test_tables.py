"""The tables of numbers and names: both ways, and against the machine's headers and binding where there are any."""

from __future__ import annotations

import errno
import functools
import mmap
import operator
import os
import platform
import re
import resource
import signal
from pathlib import Path

import pytest

from kernel_sources import tables
from kernel_sources.tables import record_types
from kernel_sources.tables.socketcalls import SOCKET_CALLS

UNISTD = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


@pytest.mark.parametrize(
    ("machine", "number", "name"),
    [
        ("x86_64", 59, "execve"),
        ("x86_64", 17, "pread64"),
        ("x86_64", 437, "openat2"),
        ("x86_64", 452, "fchmodat2"),
        ("x86_64", 457, "statmount"),
        ("x86_64", 469, "file_setattr"),
        ("x86_64", 336, "uprobe"),
        ("x86_64", 0x40000000 + 520, "execve"),
        ("x86_64", 0x40000000 + 257, "openat"),
        ("i386", 102, "socketcall"),
        ("i386", 283, "kexec_load"),
        ("i386", 403, "clock_gettime64"),
        ("i386", 469, "file_setattr"),
        ("aarch64", 221, "execve"),
        ("aarch64", 79, "newfstatat"),
        ("arm", 125, "mprotect"),
        ("armeb", 11, "execve"),
        ("ppc64le", 11, "execve"),
        ("s390", 11, "execve"),
        ("s390x", 119, "sigreturn"),
        ("riscv64", 64, "write"),
        ("riscv64", 258, "riscv_hwprobe"),
        ("loongarch64", 56, "openat"),
    ],
)
def test_system_calls(machine: str, number: int, name: str) -> None:
    assert tables.syscall_name(machine, number) == name


@pytest.mark.parametrize("machine", tables.SYSCALL_MACHINES)
def test_every_number_of_a_machine_can_be_found_by_name(machine: str) -> None:
    names = tables.syscall_names(machine)
    assert len(names) > 280
    for number, name in names.items():
        found = tables.syscall_number(machine, name)
        assert found is not None
        assert names[found] == name
        assert found <= number
    for name in ("execve", "execveat", "openat", "openat2", "connect", "pidfd_send_signal"):
        assert tables.syscall_number(machine, name) is not None


def test_unknown_system_calls_and_machines() -> None:
    assert tables.syscall_name("x86_64", 9999) is None
    assert tables.syscall_name("x86_64", -1) is None
    assert tables.syscall_name("pdp11", 1) is None
    assert tables.syscall_number("x86_64", "no_such_call") is None
    assert tables.syscall_number("x86_64", "pread") == 17


@pytest.mark.skipif(not UNISTD.exists(), reason="no x86_64 kernel headers on this machine")
def test_the_headers_of_this_machine_agree() -> None:
    defined = dict(re.findall(r"#define __NR_(\w+) (\d+)", UNISTD.read_text()))
    assert {name: tables.syscall_name("x86_64", int(number)) for name, number in defined.items()} == {
        name: name for name in defined
    }


def test_record_types_both_ways() -> None:
    for number in range(1000, 3000):
        assert tables.record_type_number(tables.record_type_name(number)) == number
    assert tables.record_type_name(1302) == "PATH"
    assert tables.record_type_name(1999) == "UNKNOWN[1999]"
    assert tables.record_type_name(1424) == "LANDLOCK_DOMAIN"
    assert tables.record_type_number("AUDIT_PATH") == 1302
    assert tables.record_type_number("1302") == 1302
    for name in ("", "NO_SUCH", "UNKNOWN[]", "UNKNOWN[x]", "UNKNOWN[123456]", "\u0661", "AUDIT_"):
        assert tables.record_type_number(name) is None


def test_named_record_types_have_the_kernels_numbers() -> None:
    named = {name: value for name, value in vars(record_types).items() if name.isupper() and isinstance(value, int)}
    named = {name: value for name, value in named.items() if not name.startswith(("FIRST_", "LAST_", "UNKNOWN"))}
    assert len(named) > 25
    assert {name: tables.record_type_name(value) for name, value in named.items()} == {name: name for name in named}


def test_who_writes_a_record() -> None:
    assert [tables.is_user_message(number) for number in (1005, 1100, 1199, 1200, 1300, 2000, 2100, 2999)] == [
        True, True, True, False, False, False, True, True,
    ]  # fmt: skip
    assert [tables.is_single_record(number) for number in (1006, 1112, 1203, 1300, 1305, 1334, 1400, 2000)] == [
        False, True, True, False, False, False, False, True,
    ]  # fmt: skip


def test_machines() -> None:
    assert tables.machine_name(0xC000003E) == "x86_64"
    assert tables.machine_number("s390x") == 0x80000016
    assert tables.machine_name(0x12345678) is None
    assert [tables.machine_bits(number) for number in (0xC000003E, 0x40000003)] == [64, 32]
    assert [tables.is_little_endian(number) for number in (0xC00000B7, 0x80000016)] == [True, False]
    assert set(tables.SYSCALL_MACHINES) <= {
        tables.machine_name(tables.machine_number(name) or 0) for name in tables.SYSCALL_MACHINES
    }


def test_error_numbers() -> None:
    for number, name in errno.errorcode.items():
        assert tables.errno_number(name) == number
        assert tables.errno_number(tables.errno_name(number) or "") == number
    assert tables.errno_name(-2) == "ENOENT"
    assert tables.errno_name(11) == "EAGAIN"
    assert tables.errno_name(95) == "EOPNOTSUPP"
    assert tables.errno_name(512) == "ERESTARTSYS"
    assert tables.errno_name(9999) is None


def test_io_uring_operations() -> None:
    assert [tables.uring_name(number) for number in (0, 13, 16, 18, 28, 45, 62, 63, -1)] == [
        "nop", "accept", "connect", "openat", "openat2", "socket", "pipe", None, None,
    ]  # fmt: skip
    for number, name in enumerate(tables.URING_OPERATIONS):
        assert tables.uring_number(name) == number


def test_io_uring_operations_of_this_machines_headers() -> None:
    header = Path("/usr/include/linux/io_uring.h")
    if not header.exists():
        pytest.skip("no kernel headers on this machine")
    body = re.search(r"enum io_uring_op \{(.*?)\}", header.read_text(), re.DOTALL)
    assert body is not None
    names = [name.lower() for name in re.findall(r"\bIORING_OP_(\w+),", body[1]) if name != "LAST"]
    assert tuple(names) == tables.URING_OPERATIONS[: len(names)]


def test_calls_behind_socketcall() -> None:
    assert [tables.socketcall_name(number) for number in (0, 1, 3, 18, 20, 21, -1)] == [
        None, "socket", "connect", "accept4", "sendmmsg", None, None,
    ]  # fmt: skip
    assert [tables.socketcall_number(name) for name in ("bind", "sendmsg", "open")] == [2, 16, None]


def test_calls_behind_socketcall_of_this_machines_headers() -> None:
    header = Path("/usr/include/linux/net.h")
    if not header.exists():
        pytest.skip("no kernel headers on this machine")
    found = re.findall(r"#define SYS_(\w+)\s+(\d+)", header.read_text())
    assert {name.lower(): int(number) for name, number in found}.items() <= {
        name: tables.socketcall_number(name) for name in SOCKET_CALLS
    }.items()


def test_capabilities() -> None:
    assert tables.capability_names(1 << 21 | 1) == ["CAP_CHOWN", "CAP_SYS_ADMIN"]
    assert tables.capability_names(1 << 60) == []
    assert len(tables.CAPABILITIES) == 41
    assert tables.CAPABILITIES[37:] == ("CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE")


def test_open_flags() -> None:
    assert tables.open_flag_names("x86_64", 0o1101) == ["O_WRONLY", "O_CREAT", "O_TRUNC"]
    assert tables.open_flag_names("x86_64", 0o200000) == ["O_RDONLY", "O_DIRECTORY"]
    assert tables.open_flag_names("aarch64", 0o40000) == ["O_RDONLY", "O_DIRECTORY"]
    assert tables.open_flag_names("x86_64", 0o4010002) == ["O_RDWR", "O_DSYNC", "O_SYNC"]
    assert tables.open_flags("ppc64le")["O_DIRECT"] == 0o400000


def test_signals_and_families() -> None:
    for number in range(1, 32):
        assert tables.signal_name(number) == signal.Signals(number).name.replace("SIGPOLL", "SIGIO")
        assert tables.signal_number(tables.signal_name(number) or "") == number
    assert tables.signal_name(0) is None
    assert tables.signal_name(64) is None
    assert [tables.family_name(number) for number in (0, 1, 2, 10, 16, 17, 38, 40, 44, 99)] == [
        "unspec", "unix", "inet", "inet6", "netlink", "packet", "alg", "vsock", "xdp", "unknown(99)",
    ]  # fmt: skip


class TestProcessFlags:
    def test_flags_do_not_overlap(self) -> None:
        bits = list(tables.CLONE_FLAGS.values())
        assert sum(bits) == functools.reduce(operator.or_, bits)
        assert sum(bits) & tables.CLONE_SIGNAL == 0

    def test_requests_of_ptrace_differ_between_machines(self) -> None:
        assert tables.ptrace_requests("x86_64")["PTRACE_GETREGS"] == 12
        assert "PTRACE_GETREGS" not in tables.ptrace_requests("riscv64")
        assert tables.ptrace_requests("aarch64")["PTRACE_SYSEMU"] == 31

    def test_numbers_are_those_of_python(self) -> None:
        for name, number in tables.RESOURCES.items():
            assert getattr(resource, name, number) == number
        for name, bit in tables.CLONE_FLAGS.items():
            assert getattr(os, name, bit) == bit


class TestMemoryFlags:
    def test_numbers_are_those_of_python(self) -> None:
        for name, bit in {**tables.map_flags(platform.machine()), **tables.PROTECTIONS}.items():
            assert getattr(mmap, name, bit) == bit

    def test_machines_differ(self) -> None:
        assert "MAP_32BIT" not in tables.map_flags("aarch64")
        assert (tables.map_flags("ppc64")["MAP_LOCKED"], tables.mlockall_flags("ppc64")["MCL_FUTURE"]) == (0x80, 0x4000)
        assert tables.mlockall_flags("x86_64") == {"MCL_CURRENT": 1, "MCL_FUTURE": 2, "MCL_ONFAULT": 4}
