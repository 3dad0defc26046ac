"""Every call of the table, made once with known arguments, is an event with every argument and field right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from calls.performance import Performance, Stage
from calls.row import Row, text_of
from calls.table import ROWS
from harness.agent import AgentProcess, environment, run_command
from harness.programs import Compiler
from harness.scope import AuditScope

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

ACTS = [(row, bits) for row in ROWS for bits in row.bits]
NAMES = [f"{row.act}-{bits}" for row, bits in ACTS]


@pytest.fixture(scope="module")
def performed(
    audit_scope: AuditScope, compile_c: Compiler, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Performance]:
    """All acts, under one run of the agent."""
    stage = Stage(tmp_path_factory.mktemp("calls"), compile_c, ROWS)
    command = run_command([stage.rules(ROWS)], audit_scope.login_uid)
    agent = AgentProcess(command, environment())
    try:
        agent.wait_ready()
        performance = stage.perform(audit_scope, agent)
        yield performance
    finally:
        agent.close()
        stage.remove()


def test_the_table_is_as_large_as_it_claims() -> None:
    assert len({row.type for row in ROWS}) >= 60
    assert len({row.type for row, bits in ACTS if bits == 32}) >= 10
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("row", ROWS, ids=[row.act for row in ROWS])
def test_a_row_speaks_of_every_parameter_once(row: Row) -> None:
    event_type = EVENT_TYPES_BY_NAME[row.type]
    assert sorted([*row.arguments, *row.absent, *row.measured]) == sorted(
        parameter.name for parameter in event_type.parameters
    )
    assert event_type.generic == row.generic


def test_every_act_was_performed(performed: Performance) -> None:
    assert performed.failures == ""
    assert sorted(performed.facts) == sorted((row.act, bits) for row, bits in ACTS)


@pytest.mark.parametrize(("row", "bits"), ACTS, ids=NAMES)
def test_a_call_is_an_event_with_every_value_right(performed: Performance, row: Row, bits: int) -> None:
    key = (row.act, bits)
    assert [told["evt.type"] for told in performed.events[key]] == [row.type]
    expected = row.expected(performed.facts[key])
    found = {name: text_of(performed.events[key][0][name]) for name in expected}
    assert found == expected, performed.events[key][0]["evt.args"]
    assert row.mismeasured(performed.events[key][0]) == []
