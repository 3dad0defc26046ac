"""Unit tests for rules, as files: which rules, which events, which alerts there must and must not be.

::

    rules: [../my_rules.yaml]
    tests:
      - name: a shell on a terminal
        event: {evt.type: execve, container.id: 3f2a91c07d5e, proc.name: sh, proc.tty: 34816}
        alerts: [Terminal shell in container]
      - name: a shell without one
        like: a shell on a terminal
        event: {proc.tty: 0}
        none: [Terminal shell in container]

Every field is checked against the catalogue: a name that is mistyped would otherwise make a test pass that proves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditfalco.agent.case_reader import CaseReader
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.errors import AuditfalcoError, ConditionTypeError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.types import FieldRef
from auditfalco.model.location import Location
from auditfalco.ruleset.yamltext import Mapping as YamlMap
from auditfalco.ruleset.yamltext import Node, Scalar, Sequence, YamlError, decode, documents

ALL_OTHERS = "*"
"""Under `none`: every rule that is not under `alerts`."""

_TOP = ("rules", "tests")
_CASE = ("name", "like", "event", "events", "records", "alerts", "none", "output")
_MOST_CASES = 10_000


@dataclass(frozen=True)
class NamedRule:
    """A rule as a case names it, and where."""

    name: str
    place: Location


@dataclass(frozen=True)
class RawRecords:
    """Audit records as text, one a line; `first_line` is where the first stands in the file."""

    text: str
    place: Location
    first_line: int


@dataclass(frozen=True)
class RuleCase:
    """What happens, and what must come of it.

    Attributes:
        name: what it is about; the only one of that name in its file.
        events: objects of field → value, of which the rules are tried on each.
        records: audit records in place of events, None where there are events.
        alerts: the rules that must alert.
        none: the rules that must not; ALL_OTHERS among them stands for all that are not under `alerts`.
        output: texts, each of which an alert's output must contain.
        model: the case above whose event this one changes, None without one.
        place: where it stands.
    """

    name: str
    events: tuple[Mapping[str, Any], ...]
    records: RawRecords | None
    alerts: tuple[NamedRule, ...]
    none: tuple[NamedRule, ...]
    output: tuple[str, ...]
    place: Location
    model: RuleCase | None = None


@dataclass(frozen=True)
class CaseFile:
    """One file of cases; `rules` are the rule files it is about, as paths from the current directory."""

    path: str
    rules: tuple[str, ...]
    cases: tuple[RuleCase, ...]


def read_case_file(path: str) -> CaseFile:
    """Read a file of cases.

    Raises:
        AuditfalcoError: it cannot be read, or something in it is not as it must be; with the place.
    """
    try:
        roots = documents(decode(Path(path).read_bytes(), path), path)
    except OSError as error:
        raise AuditfalcoError(f"cannot read {path}: {error.strerror}") from None
    except YamlError as error:
        raise AuditfalcoError(error.message, error.location) from None
    if len(roots) != 1 or not isinstance(roots[0], YamlMap):
        raise AuditfalcoError("a test file is one map", Location(path, 1, 1), "it has the keys rules and tests")
    top = CaseReader(roots[0], "a test file")
    top.only(_TOP)
    rules = tuple(str(Path(path).parent / text.text) for text in top.texts("rules"))
    if not rules:
        top.fail("no rules are named", "rules: [FILE…], as seen from this file")
    cases = _cases(top)
    return CaseFile(path, rules, cases)


def _cases(top: CaseReader) -> tuple[RuleCase, ...]:
    cases: dict[str, RuleCase] = {}
    nodes = top.sequence("tests")
    if not 1 <= len(nodes) <= _MOST_CASES:
        top.fail(f"a file holds 1 to {_MOST_CASES} tests, this one {len(nodes)}")
    for node in nodes:
        case = _case(CaseReader.of(node, "a test"), cases)
        if case.name in cases:
            raise AuditfalcoError(f"there are two tests {case.name!r}", case.place, "name this one otherwise")
        cases[case.name] = case
    return tuple(cases.values())


def _case(reader: CaseReader, before: Mapping[str, RuleCase]) -> RuleCase:
    reader.only(_CASE)
    model = _model(reader, before)
    case = RuleCase(
        name=reader.text("name").text,
        events=_events(reader, model),
        records=_records(reader),
        alerts=tuple(NamedRule(text.text, text.place) for text in reader.texts("alerts")),
        none=tuple(NamedRule(text.text, text.place) for text in reader.texts("none")),
        output=tuple(text.text for text in reader.texts("output")),
        place=reader.place,
        model=model,
    )
    if (case.records is None) == (not case.events):
        reader.fail("a test has an event, events or records", "write one of them")
    if not (case.alerts or case.none):
        reader.fail("a test that expects nothing cannot fail", "name rules under alerts or none")
    if case.output and not case.alerts:
        reader.fail("there is no output without an alert", "name the rule under alerts")
    return case


def _model(reader: CaseReader, before: Mapping[str, RuleCase]) -> RuleCase | None:
    if not reader.has("like"):
        return None
    like = reader.text("like")
    model = before.get(like.text)
    if model is None or len(model.events) != 1:
        raise AuditfalcoError(f"no test above has one event and the name {like.text!r}", like.place)
    return model


def _events(reader: CaseReader, model: RuleCase | None) -> tuple[Mapping[str, Any], ...]:
    first = {} if model is None else dict(model.events[0])
    if reader.has("events"):
        if reader.has("event"):
            reader.fail("a test has event or events, not both")
        nodes = reader.sequence("events")
    else:
        nodes = [reader.value("event")] if reader.has("event") else []
    events = tuple(_event(CaseReader.of(node, "an event"), first) for node in nodes)
    return events or ((first,) if first else ())


def _event(reader: CaseReader, first: Mapping[str, Any]) -> Mapping[str, Any]:
    event = dict(first)
    for key, node in reader.pairs:
        value = _value(node)
        _check_field(key, value, node.place)
        event[key.text] = value
    if not isinstance(event.get("evt.type"), str):
        reader.fail("an event has a type", "write evt.type: execve, or whatever it is")
    return {key: value for key, value in event.items() if value is not None}


def _value(node: Node) -> Any:
    """A value as FieldEvent takes it: numbers and truth values as text."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    return {key.text: _value(value) for key, value in node.pairs}


def _check_field(key: Scalar, value: Any, place: Location) -> None:
    """Refuse a name that is no field, and a value that the field cannot have."""
    try:
        bind_field_event(_resolve(key.text))(FieldEvent({key.text: value}))
    except AuditfalcoError as error:
        at = key.place if isinstance(error, ConditionTypeError) else place
        raise AuditfalcoError(error.message, at, error.mend) from None


def _resolve(key: str) -> FieldRef:
    base, bracket, rest = key.partition("[")
    argument = rest[:-1] if bracket else None
    try:
        return CATALOGUE.resolve(base, argument)
    except ConditionTypeError:
        return CATALOGUE.resolve_output(base, argument)


def _records(reader: CaseReader) -> RawRecords | None:
    if not reader.has("records"):
        return None
    if any(reader.has(key) for key in ("event", "events", "like")):
        reader.fail("a test has events or records, not both")
    node = reader.text("records")
    block = node.written[:1] in ("|", ">")
    return RawRecords(node.text, node.place, node.place.line + (1 if block else 0))


def case_paths(names: Iterable[str]) -> tuple[str, ...]:
    """The files that some names stand for: a file is itself, a directory its .yaml and .yml files by name.

    Raises:
        AuditfalcoError: a directory cannot be read, or there is no such file in it.
    """
    found: list[str] = []
    for name in names:
        path = Path(name)
        if not path.is_dir():
            found.append(name)
            continue
        try:
            inside = sorted(str(entry) for entry in path.iterdir() if entry.suffix in (".yaml", ".yml"))
        except OSError as error:
            raise AuditfalcoError(f"cannot read {name}: {error.strerror}") from None
        if not inside:
            raise AuditfalcoError(f"there is no test file in {name}", mend="test files end in .yaml or .yml")
        found += inside
    return tuple(found)
