"""Every call of the kernel's tables, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.coverage import unseen
from auditfalco.coverage.calls import IO_URING, KernelCall, kernel_calls, missing
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, is_event_type
from auditfalco.model.syscallnames import event_type_of
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise.told import told_parameters
from auditfalco.ruleset.describe import describe
from auditfalco.ruleset.load import load_texts
from kernel_sources.tables import SYSCALL_MACHINES, UNAUDITED, URING_OPERATIONS, syscall_names

RULES = Path(__file__).resolve().parents[3].parent / "shared" / "reference" / "falco_rules.yaml"


@pytest.fixture(scope="module")
def calls() -> list[KernelCall]:
    """Both ABIs of x86, and the operations."""
    return kernel_calls(("x86_64", "i386"))


def of(calls: list[KernelCall], abi: str, name: str) -> KernelCall:
    """The one entry of that name."""
    return next(call for call in calls if (call.abi, call.name) == (abi, name))


def test_every_entry_is_there_once(calls: list[KernelCall]) -> None:
    expected = len(syscall_names("x86_64")) + len(syscall_names("i386")) + len(URING_OPERATIONS)
    assert len({(call.abi, call.number) for call in calls}) == len(calls) == expected


def test_calls_of_every_width_are_the_same_event(calls: list[KernelCall]) -> None:
    assert of(calls, "i386", "setuid32").event_type == of(calls, "x86_64", "setuid").event_type == "setuid"
    assert of(calls, "i386", "setuid32").told == of(calls, "x86_64", "setuid").told == ("res", "uid")


def test_what_falco_knows_of_it(calls: list[KernelCall]) -> None:
    for call in calls:
        if call.event_type is not None and call.event_type in EVENT_TYPES_BY_NAME:
            known = EVENT_TYPES_BY_NAME[call.event_type]
            assert call.knowledge == ("name" if known.generic else "parameters")
            assert {*call.told, *call.untold} == {parameter.name for parameter in known.parameters}
        else:
            assert not call.told


@pytest.mark.parametrize("machine", SYSCALL_MACHINES)
def test_every_call_without_an_event_is_judged(machine: str) -> None:
    unnamed = {name for name in syscall_names(machine).values() if not is_event_type(event_type_of(name))}
    rare = {"x86_64", "i386", "aarch64", "arm"}
    if machine in rare:
        assert unnamed <= unseen.CALLS.keys()


def test_every_operation_that_the_kernel_does_not_audit_is_judged() -> None:
    assert set(URING_OPERATIONS) >= UNAUDITED
    assert UNAUDITED <= unseen.OPERATIONS.keys() <= set(URING_OPERATIONS)
    assert set(URING_OPERATIONS) <= unseen.OPERATIONS.keys() | OPERATIONS.keys()


def test_operations_are_told_as_the_calls_that_they_stand_for(calls: list[KernelCall]) -> None:
    rename, opened = of(calls, IO_URING, "renameat"), of(calls, IO_URING, "openat")
    assert (rename.event_type, rename.knowledge, rename.is_missing) == ("renameat", "parameters", False)
    assert {"oldpath", "newpath"} <= set(rename.told) and "olddirfd" in rename.untold
    assert {"fd", "name", "flags"} <= set(opened.told) and "dirfd" in opened.untold
    assert {"res", "name"} <= set(of(calls, IO_URING, "unlinkat").told)
    assert "addr" in of(calls, IO_URING, "connect").told
    data = of(calls, IO_URING, "read")
    assert data.event_type is None and data.risk is not None and data.risk.level == "high"


def test_the_gravest_come_first(calls: list[KernelCall]) -> None:
    found = missing(calls)
    levels = [unseen.LEVELS.index(call.risk.level) for call in found if call.risk is not None]
    assert levels == sorted(levels) and len(levels) == len(found)
    assert found[0].abi == IO_URING
    assert {call.name for call in found if call.risk is not None and call.risk.level == "none"} >= {"tuxcall", "gtty"}


def test_a_clock_that_is_read_without_the_kernel_is_an_event_where_it_is_not(calls: list[KernelCall]) -> None:
    clock = of(calls, "x86_64", "clock_gettime")
    assert clock.event_type == "clock_gettime" and clock.is_missing
    assert not of(calls, "x86_64", "clock_settime").is_missing


@pytest.mark.skipif(not RULES.is_file(), reason="no shared reference data beside the checkout")
def test_falcos_own_rules_find_the_arguments_that_they_ask_for() -> None:
    untold = set()
    for rule in describe(load_texts([("falco_rules.yaml", RULES.read_bytes())]).ruleset)["rules"]:
        details = rule["details"]
        used = {use for use in (*details["condition_fields"], *details["output_fields"]) if use.startswith("evt.arg.")}
        for argument in (use[len("evt.arg.") :] for use in used):
            for event_type in map(EVENT_TYPES_BY_NAME.get, details["events"]):
                if event_type is not None and event_type.is_syscall and event_type.parameter(argument) is not None:
                    untold |= {(event_type.name, argument)} - {
                        (event_type.name, one) for one in told_parameters(event_type.name)
                    }
    assert untold <= {("socket", "domain")}
