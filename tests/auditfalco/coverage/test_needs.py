"""Which system calls rules need, and where."""

from __future__ import annotations

import pytest

from auditfalco.coverage.constraints import Contained, Named, Succeeded
from auditfalco.coverage.needs import EXECUTIONS, Needs, holds_in_containers_only, needs_of
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.rule import Rule

OPENS = frozenset({"open", "openat"})


def rules(*conditions: str, output: str = "seen", more: str = "") -> tuple[Rule, ...]:
    text = "".join(
        f"- rule: r{number}\n  desc: d\n  condition: {condition}\n  output: {output}\n  priority: INFO\n{more}"
        for number, condition in enumerate(conditions)
    )
    result = load_texts([("rules.yaml", text.encode())])
    assert result.successful, result.errors
    return result.ruleset.rules


def needs(*conditions: str, output: str = "seen", more: str = "") -> Needs:
    return needs_of(rules(*conditions, output=output, more=more), CATALOGUE.resolve_output)


@pytest.mark.parametrize(
    ("condition", "proven"),
    [
        ("container.id != host and evt.type = open", True),
        ("evt.type = open and (container.id != host)", True),
        ("evt.type = open and not (container.id != host)", False),
        ("evt.type = open and not container.id = host", False),  # fulfilled where the container is not known
        ("(container.id != host and evt.type = open) or (evt.type = openat and container.id != host)", True),
        ("(container.id != host and evt.type = open) or evt.type = openat", False),
        ("evt.type = open and container.id = host", False),
        ("evt.type = open and container.id != abc", False),
        ("evt.type = open and container.name != host", True),
        ("evt.type = open and container.id exists", False),
        ("evt.type = open and not not container.id != host", True),
    ],
)
def test_rules_about_containers_only(condition: str, proven: bool) -> None:
    assert holds_in_containers_only(rules(condition)[0]) is proven


def test_calls_are_asked_for_in_the_ways_that_rules_prove() -> None:
    in_containers = "evt.type in (open, openat) and container.id != host"
    anywhere = "evt.type = openat and fd.name = /etc/shadow and evt.rawres >= 0"
    inside, named = frozenset({Contained()}), frozenset({Named("/etc/shadow"), Succeeded(True)})
    assert needs(in_containers).asked["open"] == {inside: ("r0",)}
    assert needs(in_containers).container_calls == OPENS
    both = needs(in_containers, anywhere)
    assert both.asked["openat"] == {inside: ("r0",), named: ("r1",)}
    assert both.container_calls == {"open"}
    assert both.serves(["openat"]) == ("r0", "r1")


def test_executions_are_always_asked_for_however_they_are_made() -> None:
    asked = needs("evt.type = execve and evt.rawres = 0").asked["execve"]
    assert frozenset() in asked and any(Succeeded(True) in way for way in asked)
    assert needs("evt.type = openat and evt.type = open").calls == EXECUTIONS


def test_what_tells_of_other_events_is_asked_for_however_it_is_made() -> None:
    asked = needs("evt.type = connect and evt.rawres = 0 and proc.stdin.type = ipv4").asked["connect"]
    assert frozenset() in asked


def test_a_call_that_only_socketcall_makes_is_asked_for() -> None:
    assert "send" in needs("evt.type = send").calls


def test_other_calls_are_asked_for_everywhere() -> None:
    assert needs("evt.type in (init_module, connect) and container.id != host").calls == EXECUTIONS | {
        "init_module",
        "connect",
    }


def test_events_that_are_no_system_calls_need_none() -> None:
    assert needs("evt.type in (procexit, container, renameat2)").calls == EXECUTIONS | {"renameat2"}


@pytest.mark.parametrize(
    ("condition", "output"),
    [
        ("evt.type = execve and proc.is_vpgid_leader = true", "seen"),
        ("evt.type = execve", "group=%proc.vpgid.name"),
        ("evt.type = execve", "group=%toupper(proc.pgid.exe)"),
        ("evt.type = execve and proc.pid = val(proc.vpgid)", "seen"),
    ],
)
def test_process_groups_are_followed_where_rules_ask_for_them(condition: str, output: str) -> None:
    assert needs(condition, output=output).calls == EXECUTIONS | {"setpgid", "setsid"}


def test_rules_that_do_not_run_need_nothing() -> None:
    assert needs("evt.type = openat", more="  enabled: false\n") == Needs.whole(EXECUTIONS)


def test_rules_for_any_event_are_named() -> None:
    found = needs("proc.name = nc", "evt.type != open", "evt.type = open")
    assert found.unbounded == ("r0", "r1")
    assert found.calls == EXECUTIONS | {"open"}


@pytest.mark.parametrize(
    ("condition", "output", "beside"),
    [
        ("evt.type in (dup, dup2, dup3) and fd.type in (file, pipe)", "seen %fd.name", set()),
        (
            "evt.type in (dup, dup2, dup3) and fd.type in (ipv4, ipv6)",
            "seen %fd.name",
            {"connect", "accept", "accept4"},
        ),
        ("evt.type in (dup, dup2, dup3) and fd.type = ipv4", "seen %fd.sip", {"connect", "accept", "accept4"}),
        (
            "evt.type in (dup, dup2, dup3) and fd.type = ipv4",
            "seen %fd.sip %fd.l4proto",
            {"connect", "accept", "accept4", "socket"},
        ),
        ("evt.type = connect and fd.snet = 10.0.0.0/8", "seen", set()),
        ("evt.type = connect and fd.sip != 10.0.0.1 and fd.l4proto = tcp", "seen", {"socket"}),
        ("evt.type = connect", "seen %fd.name", set()),
        ("evt.type = accept and fd.typechar = 4 and fd.sport != 22", "seen", {"bind"}),
        ("evt.type = fchmod and fd.name = /x", "seen %fd.type", set()),
        ("evt.type = open and fd.name = /x", "seen %fd.sip", set()),
        (
            "evt.type = sendto and fd.sport = 53",
            "seen",
            {"connect", "accept", "accept4", "dup", "dup2", "dup3"},
        ),
        (
            "evt.type = execve and proc.stdin.type = ipv4",
            "seen",
            {"connect", "accept", "accept4", "dup", "dup2", "dup3"},
        ),
        ("evt.type = execve", "seen %fd.sip", set()),
    ],
)
def test_what_tells_of_sockets_is_asked_for_where_rules_ask_for_them(
    condition: str, output: str, beside: set[str]
) -> None:
    plain = needs(condition.partition(" and ")[0]).calls
    assert needs(condition, output=output).calls - plain == beside


def test_reading_and_closing_are_never_asked_for_on_their_own() -> None:
    asked = needs(
        "evt.type in (dup, dup2, sendto, listen, shutdown) and fd.sip exists", output="seen %fd.l4proto"
    ).calls
    assert asked & {"read", "write", "close", "fcntl", "sendmsg", "poll"} == set()
