"""Memory, modules, keys and waiting: calls told by their registers, and by the records beside them."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise.normaliser import BUILDERS
from kernel_sources.tables import syscall_number

X86_64, I386, MMAP, KERN_MODULE = "c000003e", "40000003", 1323, 1330


@pytest.mark.parametrize(
    ("number", "arch", "registers", "exit", "kind", "expected"),
    [
        (11, X86_64, ("7f00", "1000"), 0, "munmap", {"addr": "7F00", "length": "4096"}),
        (
            10,
            X86_64,
            ("7f00", "1000", "7"),
            0,
            "mprotect",
            {"addr": "7F00", "length": "4096", "prot": "PROT_READ|PROT_WRITE|PROT_EXEC"},
        ),
        (125, I386, ("7f00", "1000", "0"), 0, "mprotect", {"addr": "7F00", "length": "4096", "prot": "PROT_NONE"}),
        (149, X86_64, ("7f00", "1000"), -12, "mlock", {"res": "ENOMEM", "addr": "7F00", "len": "4096"}),
        (
            325,
            X86_64,
            ("7f00", "1000", "1"),
            0,
            "mlock2",
            {"addr": "7F00", "len": "4096", "flags": "MLOCK_ONFAULT"},
        ),
        (151, X86_64, ("5",), 0, "mlockall", {"flags": "MCL_CURRENT|MCL_ONFAULT"}),
        (152, X86_64, (), 0, "munlockall", {}),
        (12, X86_64, ("8",), 0x5017AF4, "brk", {"res": "5017AF4", "addr": "8"}),
        (175, X86_64, ("7f00", "1a2b"), -38, "init_module", {"res": "ENOSYS", "length": "6699"}),
        (317, X86_64, ("1", "2", "7f00"), 0, "seccomp", {"op": "1", "flags": "2"}),
        (250, X86_64, ("b", "1234"), 3, "keyctl", {"res": "3", "operation": "KEYCTL_READ"}),
        (
            202,
            X86_64,
            ("7f00", "81", "1"),
            1,
            "futex",
            {"res": "1", "addr": "7F00", "op": "FUTEX_PRIVATE_FLAG|FUTEX_WAKE", "val": "1"},
        ),
        (35, X86_64, ("7f00",), 0, "nanosleep", {}),
        (
            64,
            X86_64,
            ("ffffffffabcd0001", "2", "7b6"),
            7,
            "semget",
            {"res": "7", "key": "ABCD0001", "nsems": "2", "semflg": "IPC_EXCL|IPC_CREAT"},
        ),
        (66, X86_64, ("5", "1", "10", "2a"), 0, "semctl", {"semid": "5", "semnum": "1", "cmd": "SETVAL", "val": "42"}),
        (394, I386, ("5", "0", "100", "2a"), 0, "semctl", {"semid": "5", "semnum": "0", "cmd": "IPC_RMID", "val": "0"}),
        (65, X86_64, ("5", "7f00", "1"), 0, "semop", {"semid": "5"}),
    ],
)
def test_calls_told_by_their_registers(
    machine: Any, records: Any, texts: Any, number: int, arch: str, registers: Any, exit: int, kind: str, expected: Any
) -> None:
    event = machine.event(records.syscall(number, (*registers, "0", "0", "0", "0")[:4], exit=exit, arch=arch))
    assert event.type == kind
    shown = texts(event)
    if kind == "semop":
        assert shown.pop("nsops") == str(0x7F00)
    assert shown == {"res": "0", **expected}


class TestMappings:
    def test_a_file(self, machine: Any, records: Any, texts: Any) -> None:
        machine.event(
            records.syscall(257, ("ffffff9c", "0", "0", "0"), exit=3), records.cwd("/"), records.path(0, "/lib/x.so")
        )
        event = machine.event(
            records.syscall(9, ("0", "2000", "5", "2"), exit=140095431475200), (MMAP, "fd=3 flags=0x2")
        )
        assert texts(event) == {
            "res": "140095431475200",
            "addr": "0",
            "length": "8192",
            "prot": "PROT_READ|PROT_EXEC",
            "flags": "MAP_PRIVATE",
            "fd": "<f>/lib/x.so",
        }
        assert (event.fd_number, event.descriptor.name) == (3, "/lib/x.so")

    @pytest.mark.parametrize(("number", "arch"), [(9, X86_64), (192, I386)])
    def test_no_file(self, machine: Any, records: Any, number: int, arch: str) -> None:
        event = machine.event(
            records.syscall(number, ("0", "2000", "7", "32"), exit=4096, arch=arch), (MMAP, "fd=-1 flags=0x32")
        )
        assert event.type == ("mmap" if arch == X86_64 else "mmap2")
        assert event.arguments["flags"].text == "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS"
        assert (event.arguments["fd"].value, event.fd_number, event.descriptor) == (-1, -1, None)

    def test_the_elder_call_of_32_bits_has_its_arguments_behind_a_pointer(
        self, machine: Any, records: Any, texts: Any
    ) -> None:
        call = records.syscall(90, ("ffd0", "2000", "7", "32"), exit=4096, arch=I386)
        assert texts(machine.event(call)) == {"res": "4096"}
        event = machine.event(call, (MMAP, "fd=3 flags=0x1"))
        assert texts(event) == {"res": "4096", "flags": "MAP_SHARED", "fd": "3"}


class TestModules:
    def test_a_module_that_is_removed(self, machine: Any, records: Any, texts: Any) -> None:
        event = machine.event(records.syscall(176, ("7ffd", "a00", "0", "0")), (KERN_MODULE, 'name="evil"'))
        assert texts(event) == {"res": "0", "name": "evil", "flags": "O_NONBLOCK|O_TRUNC"}
        event = machine.event(records.syscall(129, ("7ffd", "200", "0", "0"), exit=-2, arch=I386))
        assert texts(event) == {"res": "ENOENT", "flags": "O_TRUNC"}


@pytest.mark.parametrize("kind", sorted(BUILDERS))
def test_every_builder_knows_its_parameters(machine: Any, records: Any, kind: str) -> None:
    """Falco's table has each parameter that is told, whatever the registers hold."""
    number = next(
        (found for name in (kind, f"{kind}64") if (found := syscall_number("x86_64", name)) is not None), None
    )
    arch = X86_64
    if number is None:
        arch, number = I386, syscall_number("i386", kind)
    if number is None:
        pytest.skip("this machine's tables lack the call")
    event = machine.event(records.syscall(number, ("ffffffffffffffff",) * 4, exit=-22, arch=arch))
    assert event.type == kind
    twin = "fchmodat" if kind == "fchmodat2" else kind  # its mode is told although Falco gives it no parameters
    assert set(event.arguments) <= {parameter.name for parameter in EVENT_TYPES_BY_NAME[twin].parameters}
