"""`auditfalco explain`: what conditions mean, and why an answer is what it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditfalco.agent.rulefiles import load_rules
from auditfalco.cli import DONE, FAILED, WRONG_USAGE
from auditfalco.cli.deep_json import NotJson, dumps, loads
from auditfalco.cli.explain_batch import error_json, event_types_of, refuse_macros, run_batch
from auditfalco.cli.explain_tree import finding_lines, print_lines, tree_lines
from auditfalco.cli.options import add_rules
from auditfalco.cli.terminal import shown
from auditfalco.engine import walk
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.template import Template
from auditfalco.errors import AuditfalcoError, ConditionTypeError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.parser import parse
from auditfalco.language.printer import falco_text, text, tree_json
from auditfalco.language.tree import Check, LiteralList
from auditfalco.model.location import Location
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Rule
from auditfalco.text import escape


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco explain",
        description="Show how a condition is understood, and what each part of it says of an event.",
        epilog="""examples:
  auditfalco explain --parse 'evt.type=execve and not proc.name in (sh, bash)'
  auditfalco explain --condition 'proc.aname[2] = sshd' --event event.json
  auditfalco explain --rule 'Terminal shell in container' -r rules.yaml --event - < event.json
  tail -1 alerts.json | auditfalco explain --alert - -r rules.yaml
  auditfalco explain --batch requests.jsonl

An event is a JSON object of field → value: {"evt.type": "execve", "proc.name": "sh", "proc.aname[2]": "sshd"}.

exit codes: 0 true or done, 1 false, 2 wrong usage, or the condition, the rules or the event are invalid""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--condition", metavar="EXPR", help="answer a condition for an event")
    what.add_argument(
        "--rule", metavar="NAME", help="answer a rule's condition for an event; macros and lists are named"
    )
    what.add_argument(
        "--alert", metavar="FILE", help="answer the rule that an alert of `run` names, in JSON, for what it saw"
    )
    what.add_argument("--parse", metavar="EXPR", help="show a condition's tree and its normal form")
    what.add_argument("--batch", metavar="FILE", help="answer one JSON request a line; - for standard input")
    made.add_argument("--event", metavar="FILE", help="the event, a JSON object; - for standard input")
    add_rules(made, "with --rule: rules (default: the shipped ones)")
    made.add_argument("--json", action="store_true", help="one line of JSON")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    made = parser()
    options = made.parse_args(argv)
    if (options.condition is not None or options.rule is not None) and options.event is None:
        made.error("an answer needs an event: --event FILE")
    try:
        if options.batch is not None:
            return run_batch(_read(options.batch).split("\n"))
        if options.parse is not None:
            return _parse(options.parse, options.json)
        if options.alert is not None:
            return _alert(options)
        if options.rule is not None:
            return _rule(options.rule, _event(options.event), options)
        return _condition(options)
    except AuditfalcoError as error:
        _refuse(error, options.json)
        return WRONG_USAGE


def _refuse(error: AuditfalcoError, as_json: bool) -> None:
    if as_json:
        print(dumps({"ok": False, **error_json(error)}))
    text_of_error = str(error).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    print(f"auditfalco explain: {text_of_error}", file=sys.stderr)


def _parse(condition: str, as_json: bool) -> int:
    tree = parse(condition)
    types = event_types_of(tree)
    if as_json:
        made = {"ok": True, "tree": tree_json(tree), "canonical": falco_text(tree), "normal": text(tree)}
        print(dumps(made if types is None else {**made, "event_types": types}))
        return DONE
    print_lines(tree_lines(tree))
    print(f"\nnormal form: {shown(text(tree))}")
    return DONE


@dataclass(frozen=True)
class _Answer:
    """What a condition says of an event; of a rule, also what its alert would say."""

    finding: walk.Finding
    rule: Rule | None = None
    output: str | None = None

    def as_json(self) -> dict[str, Any]:
        made: dict[str, Any] = {"result": self.finding.result, "tree": _tree_json(self.finding)}
        if self.rule is not None:
            made["rule"] = self.rule.name
        if self.output is not None:
            made["output"] = self.output
        return made

    def print(self) -> None:
        if self.rule is not None:
            print(f"rule {shown(self.rule.name)} ({shown(str(self.rule.location))})\n")
        print_lines(finding_lines(self.finding))
        print(f"\nresult: {'true' if self.finding.result else 'false'}")
        if self.output is not None:
            print(f"output: {escape(self.output)}")


def _condition(options: argparse.Namespace) -> int:
    tree = parse(options.condition)
    refuse_macros(tree)
    event = _event(options.event)
    return _tell(_Answer(walk.explain(tree, event, bind_field_event, CATALOGUE.resolve)), options.json)


def _rule(name: str, event: FieldEvent, options: argparse.Namespace) -> int:
    ruleset, _ = load_rules(options.rules, Priority.DEBUG)
    rule = ruleset.get(name)
    if rule is None:
        raise AuditfalcoError(f"there is no rule {name!r}", mend="auditfalco run -L lists the rules")
    finding = walk.explain(rule.condition, event, bind_field_event, CATALOGUE.resolve)
    output = Template("*" + rule.output, bind_field_event).render(event) if finding.result else None
    return _tell(_Answer(finding, rule, output), options.json)


def _tell(answer: _Answer, as_json: bool) -> int:
    if as_json:
        print(dumps(answer.as_json()))
    else:
        answer.print()
    return DONE if answer.finding.result else FAILED


def _tree_json(root: walk.Finding) -> dict[str, Any]:
    """The findings as JSON, the lists whose items were put into a check named in it."""
    tree = walk.finding_json(root)
    pending = [(root, tree)]
    while pending:
        finding, made = pending.pop()
        node = finding.node
        if isinstance(node, Check) and isinstance(node.right, LiteralList) and node.right.lists:
            made["lists"] = list(node.right.lists)
        below = made.get("and") or made.get("or") or ([made["not"]] if "not" in made else [])
        pending += zip(finding.below, below)
    return tree


def _alert(options: argparse.Namespace) -> int:
    """Answer the rule of an alert for the values that stand in it."""
    alert = _object(options.alert, "an alert is a JSON object, a line of the agent's log")
    name, fields, evidence = (alert.get(key) for key in ("rule", "output_fields", "evidence"))
    if not isinstance(name, str) or not isinstance(fields or evidence, dict):
        raise AuditfalcoError(
            "it is no alert: it has no rule, or neither evidence nor fields", Location(options.alert, 1, 1)
        )
    if not isinstance(evidence, dict):
        print(
            "auditfalco explain: warning: the alert has no evidence: fields not in its output are absent",
            file=sys.stderr,
        )
    values = {**(fields if isinstance(fields, dict) else {}), **(evidence if isinstance(evidence, dict) else {})}
    return _rule(name, FieldEvent(values), options)


def _object(name: str, meaning: str) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        AuditfalcoError: it cannot be read, or is no JSON object.
    """
    try:
        values = loads(_read(name))
    except NotJson as error:
        raise AuditfalcoError(error.message, Location(name, error.line, error.column)) from None
    if not isinstance(values, dict):
        raise AuditfalcoError(meaning, Location(name, 1, 1))
    return values


def _event(name: str) -> FieldEvent:
    """The event in a file; names in it that are no field are told.

    Raises:
        AuditfalcoError: it cannot be read, or is no JSON object.
    """
    values = _object(name, "an event is a JSON object of field → value")
    for key in values:
        _tell_unknown(key)
    return FieldEvent(values)


def _tell_unknown(key: str) -> None:
    base, bracket, rest = key.partition("[")
    argument = rest[:-1] if bracket else None
    try:
        CATALOGUE.resolve_output(base, argument)
    except ConditionTypeError:
        try:
            CATALOGUE.resolve(base, argument)
        except ConditionTypeError as error:
            if CATALOGUE.lookup(base) is None:
                print(f"auditfalco explain: warning: the event gives {key!r}: {error}", file=sys.stderr)


def _read(name: str) -> str:
    """The text of a file, - for standard input; bytes that are not UTF-8 are replaced.

    Raises:
        AuditfalcoError: it cannot be read.
    """
    try:
        if name == "-":
            raw = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                raw = file.read()
    except OSError as error:
        raise AuditfalcoError(f"{name}: {error.strerror}") from None
    return raw.decode("utf-8", "replace")
