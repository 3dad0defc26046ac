"""The actions of `run` that tell about the program itself: version, schemas, plugins, host."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditfalco import __version__
from auditfalco.agent.config_schema import CONFIG_SCHEMA
from auditfalco.agent.rule_schema import RULE_SCHEMA
from auditfalco.agent.rulefiles import BUILT_IN_PLUGINS, expand, shipped
from auditfalco.cli.startup import FALCO_VERSION, Start
from auditfalco.errors import AuditfalcoError
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise.normaliser import BUILDERS
from auditfalco.ruleset.versions import ENGINE_VERSION
from auditfalco.text import json_text

_LIBS_VERSION = "0.25.0"
_PLUGIN_API_VERSION = "3.12.0"
_NO_DRIVER = "0.0.0"


def print_rule_schema() -> None:
    """Print the JSON schema of rule files."""
    print(json.dumps(RULE_SCHEMA, indent=2))


def print_config_schema() -> None:
    """Print the JSON schema of the configuration."""
    print(json.dumps(CONFIG_SCHEMA, indent=2))


def print_page_size() -> None:
    """Print the size of a memory page, on standard error as Falco does."""
    print(f"Your system page size is: {os.sysconf('SC_PAGE_SIZE')}", file=sys.stderr)


def print_version(begun: Start) -> None:
    """Print which versions of Falco's parts these are; JSON when the configuration asks for it."""
    if begun.config["json_output"]:
        print(json_text(versions()))
        return
    print(f"auditfalco version: {__version__} ({platform.machine()})")
    print(f"Falco version:      {FALCO_VERSION} (its rules, command line and configuration)")
    print(f"Libs version:       {_LIBS_VERSION} (its fields and events)")
    print(f"Engine:             {ENGINE_VERSION}")
    print("Driver:             none; events come from audit, fanotify and the process connector")


def versions() -> dict[str, Any]:
    """The versions under Falco's names; there is no driver, so its versions are 0.0.0."""
    return {
        "auditfalco_version": __version__,
        "falco_version": FALCO_VERSION,
        "libs_version": _LIBS_VERSION,
        "plugin_api_version": _PLUGIN_API_VERSION,
        "driver_api_version": _NO_DRIVER,
        "driver_schema_version": _NO_DRIVER,
        "default_driver_version": _NO_DRIVER,
        "engine_version": str(ENGINE_VERSION.minor),
        "engine_version_semver": str(ENGINE_VERSION),
        "plugin_versions": {name: str(version) for name, version in BUILT_IN_PLUGINS.items()},
    }


def print_plugins() -> None:
    """Print that no plugin is loaded: the container fields are built in."""
    print("0 Plugins Loaded:\n\n")


def refuse_plugin(name: str) -> None:
    """Answer a question about a plugin.

    Raises:
        AuditfalcoError: always, for none is loaded.
    """
    raise AuditfalcoError(f"can't find plugin '{name}'; no plugins are loaded, Falco's container fields are built in")


def print_ignored() -> None:
    """Print the system calls that become no event with arguments of their own."""
    known = {name for name, event_type in EVENT_TYPES_BY_NAME.items() if event_type.is_syscall}
    print("System calls of which no more than name and result are told, where a rule asks for them:")
    for name in sorted(known - set(BUILDERS)):
        print(name)


def print_support(begun: Start, argv: Sequence[str]) -> None:
    """Print what a report about this program should hold: versions, host, configuration and rules, as JSON.

    Raises:
        RulesRefused: a rule file that is named is not there.
    """
    host = os.uname()
    named = begun.options.rules or begun.config["rules_files"]
    files = expand(named if named else shipped(), may_miss=begun.options.rules is None)
    print(
        json_text(
            {
                "version": __version__,
                "system_info": {
                    "sysname": host.sysname,
                    "nodename": host.nodename,
                    "release": host.release,
                    "version": host.version,
                    "machine": host.machine,
                },
                "cmdline": " ".join(["auditfalco", "run", *argv]),
                "engine_info": {"engine_version": str(ENGINE_VERSION)},
                "versions": versions(),
                "config": _json_ready(begun.config.tree),
                "config_files": [file.path for file in begun.config.files],
                "rules_files": [{"name": path, "content": _content(path)} for path in files.paths],
            }
        )
    )


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AuditfalcoError(f"cannot read the rules {path}: {error.strerror}") from None


def _json_ready(value: Any) -> Any:
    """YAML's values as JSON's: keys are texts, and so is what JSON does not know, such as dates."""
    if isinstance(value, dict):
        return {str(key): _json_ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_ready(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
