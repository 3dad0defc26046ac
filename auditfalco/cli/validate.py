"""`run -V`: rule files checked without running them."""

from __future__ import annotations

import sys
from typing import Any

from auditfalco.agent.config_checks import least_priority
from auditfalco.agent.rule_schema import RULE_SCHEMA
from auditfalco.agent.rulefiles import require_plugins
from auditfalco.agent.schema import file_status
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.describe import description
from auditfalco.cli.startup import Start, with_additions
from auditfalco.cli.terminal import shown
from auditfalco.errors import AuditfalcoError
from auditfalco.ruleset.issues import FileResult
from auditfalco.ruleset.load import LoadResult, load
from auditfalco.text import json_text


def validate(begun: Start) -> int:
    """Print how the files stand; with `-L` or `-l`, what their rules consist of.

    Raises:
        AuditfalcoError: a file cannot be read, or a plugin that they require is not there.
    """
    options, config = begun.options, begun.config
    begun.log.say("Validating rules file(s):")
    for path in options.validate:
        begun.log.say(f"   {path}")
        _require_readable(path)
    result = load(options.validate, least_priority(config["priority"]))
    if result.successful:
        require_plugins(result.ruleset)
    if config["json_output"]:
        print(json_text(_json_report(begun, result)))
    else:
        for one in result.files:
            print(shown(_text_report(one)))
    _tell_details(result.files)
    return DONE if result.successful else FAILED


def _require_readable(path: str) -> None:
    try:
        with open(path, "rb"):
            return
    except OSError as error:
        raise AuditfalcoError(f"Could not open file {path} for reading: {error.strerror}") from None


def _json_report(begun: Start, result: LoadResult) -> dict[str, Any]:
    """Falco's object: how every file stands, and what the rules consist of when that is asked for too."""
    report: dict[str, Any] = {"falco_load_results": [_json_file(one) for one in result.files]}
    name = begun.options.describe_rule
    if result.successful and (begun.options.describe or name is not None):
        report["falco_describe_results"] = description(with_additions(begun, result.ruleset), name)
    return report


def _json_file(result: FileResult) -> dict[str, Any]:
    """Falco's object for one file; about the schema it is null where there was nothing to check."""
    status = file_status(result.name, RULE_SCHEMA)
    checked = {"schema_valid": status.valid, "schema_warnings": list(status.faults)}
    return {**result.as_json(), **(checked if status.checked else dict.fromkeys(checked))}


def _text_report(result: FileResult) -> str:
    """A file's verdict, with every error at length; warnings alone are told elsewhere."""
    return f"{result.as_text()}\n" if result.errors else result.as_text().splitlines()[0]


def _tell_details(files: list[FileResult]) -> None:
    """Tell errors and warnings at length on standard error, the errors last."""
    for one in files:
        if one.warnings and not one.errors:
            print(shown(one.as_text()), file=sys.stderr)
    refused = "\n".join(one.as_text() for one in files if one.errors)
    if refused:
        print(f"Error: {shown(refused)}", file=sys.stderr)
