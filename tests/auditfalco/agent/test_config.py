"""The configuration: defaults, a file, overrides; what has no effect is said, what is wrong is located."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.agent.config import DEFAULTS, ConfigError, load


def written(tmp_path: Path, text: str | bytes) -> str:
    """The path of a file with this text."""
    path = tmp_path / "auditfalco.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_the_defaults_are_falcos() -> None:
    config = load(None, [])
    assert {key: config[key] for key in DEFAULTS} == DEFAULTS
    assert (config["json_output"], config["json_include_tags_property"], config["priority"]) == (False, True, "debug")
    assert (config["rule_matching"], config["stdout_output.enabled"], config["rules_files"]) == ("first", True, None)
    assert config.warnings == []


def test_a_file(tmp_path: Path) -> None:
    text = (
        "json_output: true\npriority: warning\nrules_files: [/etc/a.yaml, /etc/b]\nstdout_output:\n  enabled: false\n"
    )
    config = load(written(tmp_path, text), [])
    assert (config["json_output"], config["priority"]) == (True, "warning")
    assert (config["rules_files"], config["stdout_output.enabled"]) == (["/etc/a.yaml", "/etc/b"], False)
    assert config["buffered_outputs"] is False


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}\n"])
def test_an_empty_file_changes_nothing(tmp_path: Path, text: str) -> None:
    config = load(written(tmp_path, text), [])
    assert ({key: config[key] for key in DEFAULTS}, config.warnings) == (DEFAULTS, [])


def test_overrides_are_laid_over_the_file_in_their_order(tmp_path: Path) -> None:
    path = written(tmp_path, "json_output: false\npriority: error\n")
    config = load(path, ["json_output=true", "priority=notice", "priority=alert", "stdout_output.enabled=false"])
    assert (config["json_output"], config["priority"], config["stdout_output.enabled"]) == (True, "alert", False)


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("auditfalco.docker_roots=/srv/docker", ["/srv/docker"]),
        ("auditfalco.docker_roots=[/a, /b]", ["/a", "/b"]),
        ("auditfalco.docker_roots=[]", []),
        ("auditfalco={docker_roots: [/c]}", ["/c"]),
    ],
)
def test_a_list_may_be_given_in_several_ways(override: str, value: list[str]) -> None:
    assert load(None, [override])["auditfalco.docker_roots"] == value


def test_a_value_may_hold_an_equals_sign_and_may_be_empty() -> None:
    assert load(None, ["rules_files=/etc/a=b.yaml"])["rules_files"] == ["/etc/a=b.yaml"]
    assert load(None, ["priority="])["priority"] == ""


def test_keys_without_effect_are_named_with_the_nearest_that_has_one(tmp_path: Path) -> None:
    text = "json_ouput: true\nwebserver:\n  enabled: true\nstdout_output:\n  enabeld: false\n"
    path = written(tmp_path, text)
    config = load(path, ["zzz.a=1"])
    assert config.warnings == [
        f"{path}: the key json_ouput has no effect; did you mean json_output?",
        f"{path}: the key webserver has no effect",
        f"{path}: the key stdout_output.enabeld has no effect; did you mean stdout_output.enabled?",
        "-o zzz.a=1: the key zzz has no effect",
    ]
    assert config["json_output"] is False


@pytest.mark.parametrize("override", ["outputs[0].name=x", "a\\.b=1", "a..b=1", ".a=1", "[]=1"])
def test_paths_of_other_shapes_have_no_effect_and_say_so(override: str) -> None:
    config = load(None, [override])
    assert len(config.warnings) == 1
    assert "has no effect" in config.warnings[0]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("json_output=maybe", "json_output is true or false, not 'maybe'"),
        ("json_output=1", "json_output is true or false, not 1"),
        ("json_output=", "json_output is true or false, not ''"),
        ("priority=7", "priority is a text, not 7"),
        ("priority=[a]", "priority is a text"),
        ("rules_files=[1, 2]", "rules_files is a list of texts"),
        ("rules_files={a: b}", "rules_files is a list of texts"),
        ("stdout_output.enabled=[]", "stdout_output.enabled is true or false"),
    ],
)
def test_a_value_of_the_wrong_type(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [override])
    assert str(caught.value).startswith(f"-o {override}: {message}")


def test_a_value_of_the_wrong_type_in_a_file_leaves_the_default_in_force(tmp_path: Path) -> None:
    path = written(tmp_path, "json_output: perhaps\npriority: notice\n")
    config = load(path, [])
    assert (config["json_output"], config["priority"]) == (False, "notice")
    assert config.not_taken == [f"{path}: json_output is true or false, not 'perhaps'; the default stays in force"]
    assert str(config.files[0].status).startswith("failed for <root>[json_output]: ")


def test_a_lenient_reader_takes_the_default_for_an_override_of_the_wrong_type() -> None:
    config = load(None, ["json_output=maybe", "priority=notice"], lenient=True)
    assert (config["json_output"], config["priority"]) == (False, "notice")
    assert config.not_taken == [
        "-o json_output=maybe: json_output is true or false, not 'maybe'; the default stays in force"
    ]


@pytest.mark.parametrize("override", ["json_output", "", "=true"])
def test_an_override_without_key_or_value(override: str) -> None:
    with pytest.raises(ConfigError, match="an override is written KEY=VALUE"):
        load(None, [override])


@pytest.mark.parametrize("text", ["a: [1, 2", "a: }", "a: 'b", "!!python/object/apply:os.system ['true']"])
def test_a_value_that_is_no_yaml(text: str) -> None:
    with pytest.raises(ConfigError, match="the value is no YAML"):
        load(None, [f"priority={text}"])


def test_broken_yaml_is_located(tmp_path: Path) -> None:
    path = written(tmp_path, "json_output: true\npriority: [a, b\nrules_files: x\n")
    with pytest.raises(ConfigError) as caught:
        load(path, [])
    assert str(caught.value).startswith(f"{path}:3:")


def test_a_file_that_would_build_objects_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "priority: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ConfigError) as caught:
        load(path, [])
    assert str(caught.value).startswith(f"{path}:1:11:")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "7\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match="a configuration is a mapping") as caught:
        load(path, [])
    assert str(caught.value).startswith(f"{path}:1:1: ")


@pytest.mark.parametrize("content", [b"a: \xff\xfe\n", b"\0", b"a: \x1b\n", b"[" * 1_000])
def test_a_file_of_other_bytes(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        load(path, [])
    assert path in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*nothing\.yaml: No such file or directory"):
        load(str(tmp_path / "nothing.yaml"), [])


def test_actions_may_be_one_text() -> None:
    assert load(None, ["syscall_event_drops.actions=exit"])["syscall_event_drops.actions"] == ["exit"]


def test_numbers_of_falcos_may_be_whole() -> None:
    config = load(None, ["syscall_event_drops={threshold: 0, rate: 1, max_burst: 10}"])
    assert [config[f"syscall_event_drops.{key}"] for key in ("threshold", "rate", "max_burst")] == [0, 1, 10]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("syscall_event_drops.rate=fast", "syscall_event_drops.rate is a number that is not negative, not 'fast'"),
        ("syscall_event_drops.max_burst=-1", "syscall_event_drops.max_burst is a number that is not negative, not -1"),
        ("syscall_event_drops.threshold=true", "syscall_event_drops.threshold is a number that is not negative"),
        ("auditfalco.receive_buffer=100", "auditfalco.receive_buffer is a whole number from 4096 to 1073741823"),
        ("auditfalco.backlog_limit=1.5", "auditfalco.backlog_limit is a whole number from 0 to 2147483647, not 1.5"),
        ("auditfalco.backlog_wait_time=true", "auditfalco.backlog_wait_time is a whole number"),
    ],
)
def test_a_number_out_of_range_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [override])
    assert message in str(caught.value)
