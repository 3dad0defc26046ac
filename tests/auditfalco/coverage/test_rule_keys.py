"""Which run of the agent an audit rule is of."""

from __future__ import annotations

import pytest

from auditfalco.coverage.keys import KEY, Instance, instance_of, keys_of
from kernel_sources.audit import rule_wire
from kernel_sources.audit.rule import rule

RUN = Instance(4711, 123456789)


def test_keys_name_the_run() -> None:
    assert keys_of(RUN) == ("auditfalco", "auditfalco-4711-123456789")
    assert keys_of(None) == ("auditfalco",)


def test_a_run_is_told_from_what_the_kernel_gives_back() -> None:
    listed = rule_wire.decode(rule_wire.encode(rule("exit", "always", syscalls=[1], keys=keys_of(RUN))))
    assert instance_of(listed.all_keys()) == RUN


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (KEY,),
        ("auditfalco-4711-1",),  # somebody's key that only looks like ours
        (KEY, "auditfalco-4711"),
        (KEY, "auditfalco-x-1"),
        (KEY, "auditfalco-1-2-3"),
        (KEY, "auditfalco-٣-1"),
    ],
)
def test_other_keys_name_no_run(keys: tuple[str, ...]) -> None:
    assert instance_of(keys) is None
