"""The JSON schema of the configuration: every key of Falco's, and ours under ``auditfalco``.

Keys are Falco 0.44's, as its falco.yaml lists them. Whether a key takes effect is another question; see
:mod:`auditfalco.agent.config`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_TEXT = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
_INTEGER = {"type": "integer"}
_NUMBER = {"type": "number"}
_ANY: dict[str, Any] = {}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _every(kind: dict[str, Any], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(names, kind)


_SELECTION = _object(rule=_TEXT, tag=_TEXT)
_ONE_OR_MORE_FILES = {"anyOf": [_TEXT, _list_of(_TEXT)]}

_RULES = {
    "config_files": _list_of({"anyOf": [_TEXT, _object(path=_TEXT, strategy=_TEXT)]}),
    "watch_config_files": _BOOLEAN,
    "rules_files": _ONE_OR_MORE_FILES,
    "rules_file": _ONE_OR_MORE_FILES,
    "rules": _list_of(_object(enable=_SELECTION, disable=_SELECTION)),
    "priority": _TEXT,
    "rule_matching": _TEXT,
}
_SOURCES = {
    "engine": _object(
        kind=_TEXT,
        kmod=_object(buf_size_preset=_INTEGER, drop_failed_exit=_BOOLEAN),
        modern_ebpf=_object(
            cpus_for_each_buffer=_INTEGER,
            buf_size_preset=_INTEGER,
            drop_failed_exit=_BOOLEAN,
            disable_iterators=_BOOLEAN,
        ),
        replay=_object(capture_file=_TEXT),
    ),
    "capture": _object(
        enabled=_BOOLEAN, path_prefix=_TEXT, mode=_TEXT, default_duration=_INTEGER, max_file_size_mb=_INTEGER
    ),
    "load_plugins": _list_of(_TEXT),
    "plugins": _list_of(_object(name=_TEXT, library_path=_TEXT, init_config=_ANY, open_params=_TEXT)),
    "plugins_hostinfo": _BOOLEAN,
    "base_syscalls": _object(custom_set=_list_of(_TEXT), repair=_BOOLEAN, all=_BOOLEAN),
    "falco_libs": _object(
        **_every(
            _INTEGER,
            (
                "thread_table_size",
                "thread_table_auto_purging_interval_s",
                "thread_table_auto_purging_thread_timeout_s",
                "snaplen",
            ),
        )
    ),
    "syscall_event_timeouts": _object(max_consecutives=_INTEGER),
    "syscall_event_drops": _object(
        threshold=_NUMBER, actions=_list_of(_TEXT), rate=_NUMBER, max_burst=_NUMBER, simulate_drops=_BOOLEAN
    ),
}
_ALERTS = {
    **_every(
        _BOOLEAN,
        (
            "time_format_iso_8601",
            "buffer_format_base64",
            "json_output",
            "json_include_output_property",
            "json_include_message_property",
            "json_include_output_fields_property",
            "json_include_tags_property",
            "buffered_outputs",
        ),
    ),
    "outputs_queue": _object(capacity=_INTEGER),
    "output_timeout": _INTEGER,
    "append_output": _list_of(
        _object(
            match=_object(rule=_TEXT, source=_TEXT, tags=_list_of(_TEXT)),
            extra_output=_TEXT,
            extra_fields=_list_of({"anyOf": [_TEXT, {"type": "object"}]}),
            suggested_output=_BOOLEAN,
        )
    ),
    "static_fields": {"type": "object"},
}
_OUTPUTS = {
    "stdout_output": _object(enabled=_BOOLEAN),
    "syslog_output": _object(enabled=_BOOLEAN),
    "file_output": _object(enabled=_BOOLEAN, keep_alive=_BOOLEAN, filename=_TEXT),
    "program_output": _object(enabled=_BOOLEAN, keep_alive=_BOOLEAN, program=_TEXT),
    "http_output": _object(
        **_every(_BOOLEAN, ("enabled", "insecure", "mtls", "echo", "compress_uploads", "keep_alive")),
        **_every(_TEXT, ("url", "user_agent", "ca_cert", "ca_bundle", "ca_path", "client_cert", "client_key")),
        max_consecutive_timeouts=_INTEGER,
    ),
}
_OPERATION = {
    "webserver": _object(
        **_every(_BOOLEAN, ("enabled", "prometheus_metrics_enabled", "ssl_enabled")),
        **_every(_TEXT, ("listen_address", "k8s_healthz_endpoint", "ssl_certificate")),
        **_every(_INTEGER, ("threadiness", "listen_port")),
    ),
    "log_stderr": _BOOLEAN,
    "log_syslog": _BOOLEAN,
    "log_level": _TEXT,
    "libs_logger": _object(enabled=_BOOLEAN, severity=_TEXT),
    "metrics": _object(
        **_every(
            _BOOLEAN,
            (
                "enabled",
                "output_rule",
                "rules_counters_enabled",
                "resource_utilization_enabled",
                "state_counters_enabled",
                "kernel_event_counters_enabled",
                "kernel_event_counters_per_cpu_enabled",
                "libbpf_stats_enabled",
                "plugins_metrics_enabled",
                "kernel_iter_event_counters_enabled",
                "jemalloc_stats_enabled",
                "convert_memory_to_mb",
                "include_empty_values",
            ),
        ),
        interval=_TEXT,
        output_file=_TEXT,
    ),
    "auditfalco": _object(
        docker_roots=_ONE_OR_MORE_FILES,
        noisy_exes=_ONE_OR_MORE_FILES,
        identity_matching=_TEXT,
        exec_gate=_BOOLEAN,
        exec_gate_on=_TEXT,
        json_include_evidence=_BOOLEAN,
        **_every(_INTEGER, ("receive_buffer", "backlog_limit", "backlog_wait_time")),
        tampering=_object(repair=_TEXT),
        canary_seconds=_NUMBER,
    ),
}

CONFIG_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "auditfalco configuration",
    **_object(**_RULES, **_SOURCES, **_ALERTS, **_OUTPUTS, **_OPERATION),
}
"""A configuration file: a map whose keys are these and no others."""
