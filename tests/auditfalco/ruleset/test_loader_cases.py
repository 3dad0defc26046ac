"""The answers that Falco itself gives for rule files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.language.details import details
from auditfalco.language.parser import parse
from auditfalco.language.printer import falco_text
from auditfalco.ruleset.advice import remarks_on_meaning
from auditfalco.ruleset.append_output import AppendOutput, append_outputs
from auditfalco.ruleset.describe import describe
from auditfalco.ruleset.issues import Issue
from auditfalco.ruleset.load import LoadResult, load_texts
from auditfalco.ruleset.rule import Ruleset, Switch, matches_wildcard, sanitized_name
from auditfalco.ruleset.versions import parse_version, unsatisfied

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco"


def cases(name: str, *kinds: str) -> list[Any]:
    """Return the cases of a file, as parameters; none where the file is not there."""
    path = SHARED / name
    found = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in found if not kinds or case["kind"] in kinds]


def load_case(case: dict[str, Any]) -> LoadResult:
    """Load the files of a case."""
    names = case.get("file_names") or [f"{number}.yaml" for number in range(len(case["files"]))]
    return load_texts((name, text.encode()) for name, text in zip(names, case["files"]))


def contexts(issue: Issue) -> list[list[str]]:
    """Return what an issue lies in, without places: Falco's inner ones are those of the expanded text."""
    return [[context.kind, context.name] for context in issue.contexts]


def outputs_of(config: dict[str, Any] | None) -> list[AppendOutput]:
    """Return the entries of ``append_output``."""
    entries = []
    for entry in (config or {}).get("append_output", []):
        match = entry.get("match", {})
        extra = [(n, t) for item in entry.get("extra_fields", []) for n, t in item.items()]
        tags = frozenset(match.get("tags", []))
        text = entry.get("extra_output", "")
        entries.append(AppendOutput(match.get("rule"), match.get("source"), tags, text, tuple(extra)))
    return entries


def unordered(value: Any) -> Any:
    """Return JSON with every list sorted: Falco's come out of hash tables."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


@pytest.mark.parametrize("case", cases("loader.json", "load"))
def test_upstream_loader_tests(case: dict[str, Any]) -> None:
    result = load_case(case)
    last, expected = result.files[-1], case["expect"]
    assert last.successful == expected["successful"], [str(issue) for issue in last.errors]
    assert [issue.code for issue in last.errors] == expected["error_codes"]
    assert [issue.code for issue in last.warnings] == expected["warning_codes"]
    messages = "\n".join(issue.message for issue in (*last.errors, *last.warnings))
    assert all(message in messages for message in expected["messages_contain"])
    assert not any(message in messages for message in expected["messages_absent"])
    for ours, theirs in zip((*last.errors, *last.warnings), (*expected["errors"], *expected["warnings"])):
        assert contexts(ours) == [location[:2] for location in theirs["locations"]]


@pytest.mark.parametrize("case", cases("loader.json", "load"))
def test_upstream_loader_tests_describe(case: dict[str, Any]) -> None:
    if case.get("describe") is None:
        assert not load_case(case).successful
        return
    ruleset = append_outputs(load_case(case).ruleset, outputs_of(case.get("config")))
    assert {rule.name: falco_text(rule.condition) for rule in ruleset} == case["conditions"]
    assert {rule.name: rule.output for rule in ruleset} == case["outputs"]
    assert [rule.name for rule in ruleset if rule.enabled] == case["enabled_rules"]
    assert unordered(describe(ruleset)) == unordered(case["describe"])


@pytest.mark.parametrize("case", cases("loader_generated.json"))
def test_generated_rule_files(case: dict[str, Any]) -> None:
    result = load_case(case)
    if case.get("results") is None:  # only the command line's answer is there
        assert (unsatisfied(result.ruleset.plugins, {}) is None) == (case["rc"] == 0)
        return
    for ours, theirs in zip(result.files, case["results"]):
        assert ours.successful == theirs["successful"], [str(issue) for issue in ours.errors]
        assert [issue.code for issue in ours.errors] == [issue["code"] for issue in theirs["errors"]]
        assert sorted(issue.code for issue in ours.warnings) == sorted(issue["code"] for issue in theirs["warnings"])
    if case.get("conditions") is not None:
        check_rules(result.ruleset, case)


def check_rules(ruleset: Ruleset, case: dict[str, Any]) -> None:
    """Compare rules and lists with those of a case."""
    assert {rule.name: falco_text(rule.condition) for rule in ruleset} == case["conditions"]
    assert {listed.name: list(listed.resolved) for listed in ruleset.lists} == case["lists"]
    described = {rule["info"]["name"]: rule for rule in describe(ruleset)["rules"]}
    assert set(described) == set(case["rules"])
    for name, expected in case["rules"].items():
        events = described[name]["details"]["events"]
        assert len(events) == expected["n_events"]
        assert set(events) == set(expected.get("events", events))
        own = {key: value for key, value in expected.items() if key not in ("events", "n_events")}
        assert described[name]["info"] == own
        assert described[name]["details"]["output_compiled"] == case["outputs"][name]


@pytest.mark.parametrize("case", cases("loader.json", "plugin_requirements"))
def test_plugin_requirements(case: dict[str, Any]) -> None:
    plugins = {plugin["name"]: parse_version(plugin["version"]) for plugin in case["plugins"]}
    known = {name: version for name, version in plugins.items() if version is not None}
    requirements = load_case(case).ruleset.plugins
    assert (unsatisfied(requirements, known) is None) == case["expect"]["satisfied"]


@pytest.mark.parametrize("case", cases("loader.json", "wildcard"))
def test_wildcards(case: dict[str, Any]) -> None:
    assert matches_wildcard(case["pattern"], case["string"]) == case["expect"]


@pytest.mark.parametrize("case", cases("loader.json", "sanitize_rule_name"))
def test_sanitized_names(case: dict[str, Any]) -> None:
    assert sanitized_name(case["in"]) == case["expect"]


@pytest.mark.parametrize("case", cases("loader.json", "filter_warning"))
def test_doubtful_conditions(case: dict[str, Any]) -> None:
    assert bool(remarks_on_meaning(parse(case["expr"]))) == case["expect"]["has_warnings"]


@pytest.mark.parametrize("case", cases("loader.json", "enable_ops"))
def test_switches(case: dict[str, Any]) -> None:
    """Follow one of Falco's rulesets: switches there change a count of enabled rules."""
    loaded = load_case(case).ruleset
    rulesets = {"falco-default-ruleset": loaded}
    nothing_enabled = loaded.switched([Switch(False, pattern="*")])
    for step in case["steps"]:
        current = rulesets.get(step["ruleset"], nothing_enabled)
        if "op" in step:
            arguments = step["arg"] if isinstance(step["arg"], list) else [step["arg"]]
            switches = [switch_of(step, argument) for argument in arguments]
            rulesets[step["ruleset"]] = current.switched(switches)
        else:
            assert sum(rule.enabled for rule in current) == step["expect_count"], step


def switch_of(step: dict[str, Any], argument: str) -> Switch:
    """Return the switch that a step of a case means."""
    if step["op"] == "enable_rule_by_tag":
        return Switch(step["enable"], tag=argument)
    if step["op"] == "enable_rule_exact":
        return Switch(step["enable"], pattern=argument or "*")  # no name at all means every rule
    if step["op"] == "enable_rule_wildcard":
        return Switch(step["enable"], pattern=argument)
    return Switch(step["enable"], pattern=f"*{argument}*")  # by any part of the name


@pytest.mark.parametrize("case", cases("loader.json", "ruleset_ops"))
def test_switches_of_one_ruleset_among_several(case: dict[str, Any]) -> None:
    """Follow Falco's rulesets: each has switches of its own over the same rules, all off at first."""
    rules = [
        {"rule": rule["name"], "desc": "a rule", "condition": "evt.type = open", "output": "x", "priority": "INFO"}
        for rule in case["rules"]
    ]
    loaded = load_texts([("rules.yaml", json.dumps(rules).encode())]).ruleset
    off = loaded.switched([Switch(False, pattern="*")])
    rulesets = {step["ruleset"]: off for step in case["steps"]}
    for step in case["steps"]:
        current = rulesets[step["ruleset"]]
        if "op" in step:
            pattern = f"*{step['arg']}*" if step["match"] == "substring" else step["arg"]
            rulesets[step["ruleset"]] = current.switched([Switch(step["op"] == "enable", pattern=pattern)])
        else:
            assert sum(rule.enabled for rule in current) == step["expect_count"], step


@pytest.mark.parametrize("case", cases("loader.json", "details"))
def test_details_of_conditions(case: dict[str, Any]) -> None:
    used = details(parse(case["expr"]), case["known_macros"], case["known_lists"])
    assert {kind: sorted(getattr(used, kind)) for kind in case["expect"]} == {
        kind: sorted(names) for kind, names in case["expect"].items()
    }


RUN_HERE = {
    "load",
    "plugin_requirements",
    "wildcard",
    "sanitize_rule_name",
    "filter_warning",
    "enable_ops",
    "ruleset_ops",
    "details",
}
RUN_ELSEWHERE = {"prometheus_interval"}  # with the configuration's checks


def test_every_kind_of_case_is_run() -> None:
    path = SHARED / "loader.json"
    if not path.exists():
        pytest.skip("no shared case files beside the checkout")
    assert {case["kind"] for case in json.loads(path.read_text())} <= RUN_HERE | RUN_ELSEWHERE
