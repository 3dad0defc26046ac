"""Values of the configuration that Falco does not start with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.config_checks import check_run, check_start, duration_ms
from auditfalco.agent.config_source import ConfigError

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco" / "loader.json"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"log_level": "loud"}, "Unknown log level loud"),
        ({"libs_logger": {"severity": "loud"}}, "Unknown sinsp log severity loud"),
        ({"priority": "warn"}, 'Unknown priority "warn"--must be one of emergency, alert,'),
        ({"rule_matching": "some"}, 'Unknown rule matching strategy "some"--must be one of first, all'),
        ({"engine": {"kind": "ptrace"}}, "(c.yaml): engine.kind 'ptrace' is not a valid kind."),
        ({"engine": {"kind": "replay"}}, "no engine.replay.capture_file specified."),
        ({"capture": {"mode": "some"}}, "capture.mode 'some' is not a valid mode."),
        ({"rules_file": "a", "rules_files": ["b"]}, "both 'rules_files' and 'rules_file' keys set"),
        ({"file_output": {"enabled": True}}, "file output enabled but no filename in configuration block"),
        ({"http_output": {"enabled": True, "url": ""}}, "http output enabled but no url in configuration block"),
        ({"program_output": {"enabled": True}}, "program output enabled but no program in configuration block"),
        ({"metrics": {"enabled": True}}, "Metrics are enabled with no output configured."),
        ({"webserver": {"listen_address": "here"}}, 'webserver listen address "here" is not a valid IP address'),
        (
            {"syscall_event_drops": {"actions": ["shout"]}},
            'available actions for syscall event drops are "ignore", "log",',
        ),
        ({"syscall_event_drops": {"actions": ["ignore", "alert"]}}, 'action "alert" does not make sense with'),
        ({"syscall_event_drops": {"threshold": 1.5}}, "threshold must be a double in the range [0, 1]"),
        ({"syscall_event_timeouts": {"max_consecutives": 0}}, "must be an unsigned integer > 0"),
        ({"load_plugins": ["sky"]}, "Cannot load plugin 'sky': plugin config not found for given name"),
        ({"load_plugins": ["sky"], "plugins": [{"name": "sea"}, "sky"]}, "Cannot load plugin 'sky'"),
    ],
)
def test_what_is_refused(values: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_start(values, "c.yaml")
    assert error in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"priority": "INFO", "rule_matching": "ALL", "log_level": "Debug", "libs_logger": {"severity": "trace"}},
        {"engine": {"kind": "replay", "replay": {"capture_file": "a"}}},
        {"engine": "kmod", "capture": None, "webserver": [], "syscall_event_drops": 5, "load_plugins": "sky"},
        {"webserver": {"listen_address": "::1"}},
        {"metrics": {"enabled": True, "output_rule": True}},
        {"metrics": {"enabled": True}, "webserver": {"prometheus_metrics_enabled": True}},
        {"file_output": {"enabled": False}, "http_output": {"enabled": "yes"}},
        {"syscall_event_drops": {"actions": ["log", "alert", "exit"], "threshold": 0}},
        {"load_plugins": ["sky"], "plugins": [{"name": "sky", "library_path": "sky.so"}]},
    ],
)
def test_what_is_not(values: dict[str, Any]) -> None:
    check_start(values, "c.yaml")


@pytest.mark.parametrize(
    ("interval", "refused"), [("1h", False), ("100ms", False), ("99ms", True), (5000, True), ("1 h", True), ("", True)]
)
def test_intervals_of_metrics(interval: Any, refused: bool) -> None:
    values = {"metrics": {"enabled": True, "interval": interval}}
    check_run({"metrics": {"interval": interval}})
    if refused:
        with pytest.raises(ConfigError, match="minimum value of 100ms"):
            check_run(values)
    else:
        check_run(values)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1ms", 1),
        ("2s", 2000),
        ("1m30s", 90_000),
        ("1y", 31_536_000_000),
        ("30s1m", 0),
        ("1.5s", 0),
        ("s", 0),
        ("-1s", 0),
    ],
)
def test_durations(text: str, milliseconds: int) -> None:
    assert duration_ms(text) == milliseconds


FALCO_CASES = json.loads(CASES.read_text()) if CASES.exists() else []


@pytest.mark.parametrize(
    "case", [case for case in FALCO_CASES if case["kind"] == "prometheus_interval"], ids=lambda case: case["id"]
)
def test_falco_agrees_on_durations(case: dict[str, Any]) -> None:
    assert duration_ms(case["in"]) == case["expect_ms"]
