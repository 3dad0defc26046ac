"""Doubtful things in conditions and output lines that load all the same.

Source of what is doubtful: Falco's filter_warning_resolver.cpp and libsinsp's filter.cpp, versions 0.44 and 0.25.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditfalco.errors import ConditionError, ConditionTypeError
from auditfalco.language.grammar import FIELD, TRANSFORMERS
from auditfalco.language.operands import typed
from auditfalco.language.parser import parse
from auditfalco.language.tree import Check, Literal, LiteralList, Node, checks, fields
from auditfalco.language.types import Resolver
from auditfalco.model.location import Location

_LIKE_TRANSFORM = re.compile(rf"(?:{'|'.join(TRANSFORMERS)})\(.*\)", re.DOTALL)
_LIKE_FIELD = re.compile(rf"({FIELD.pattern})(?:\[([^\[\]]*)\])?")
_SIMPLE_REGEX = re.compile(r"\^?(?:\.[*+])?[A-Za-z0-9 _/:,;@%&<>='\"~`!#-]*(?:\.[*+])?\$?")
_NA_OPERATORS = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_DIRECTION = (
    "due to the drop of enter events, 'evt.dir = <' is true of every system call and 'evt.dir = >' of none. "
    "The condition can do without 'evt.dir'"
)


@dataclass(frozen=True)
class Remark:
    """One doubtful thing: the code of the warning, what it is, and where."""

    code: str
    message: str
    place: Location


def remarks_on_meaning(root: Node) -> list[Remark]:
    """Return what is doubtful whatever the fields' types are; one remark of each kind at most."""
    found: dict[str, Remark] = {}
    for check in checks(root):
        for remark in (_unsafe_na(check), _deprecated_field(check)):
            if remark is not None:
                found.setdefault(remark.message, remark)
    return list(found.values())


def _unsafe_na(check: Check) -> Remark | None:
    families = {use.name.partition(".")[0] for use in fields(check.left)}
    if check.operator not in _NA_OPERATORS or not families & {"ka", "jevt"} or "<NA>" not in _constants(check):
        return None
    message = "comparing a field with <NA> is unsafe: absent fields compare neither equal nor unequal, use 'exists'"
    return Remark("LOAD_UNSAFE_NA_CHECK", message, check.place)


def _deprecated_field(check: Check) -> Remark | None:
    for use in (*fields(check.left), *fields(check.right)):
        if use.name == "evt.dir":
            return Remark("LOAD_DEPRECATED_ITEM", _DIRECTION, check.place)
        if is_dead_time(use.name):
            message = f"'{use.name}' is always 0, as calls are seen once they end"
            return Remark("LOAD_DEPRECATED_ITEM", message, check.place)
    return None


def is_dead_time(name: str) -> bool:
    """Tell whether a field says how long a call took, which nobody knows."""
    return name == "evt.latency" or name.startswith("evt.latency.") or name == "evt.wait_latency"


def remarks_on_constants(root: Node, resolve: Resolver) -> list[Remark]:
    """Return constants that look like something else, and regular expressions that a simpler operator could replace."""
    found: list[Remark] = []
    for check in checks(root):
        place = check.right.place if check.right is not None else check.place
        for text in _constants(check):
            message = _lookalike(text, resolve)
            if message:
                found.append(Remark("LOAD_COMPILE_CONDITION", message, place))
            if check.operator == "regex" and _SIMPLE_REGEX.fullmatch(text):
                message = (
                    f"regex check with '{text}' may be optimized with simpler operators "
                    "such as '=', 'contains', 'startswith', 'endswith'"
                )
                found.append(Remark("LOAD_COMPILE_CONDITION", message, place))
    return found


def _lookalike(text: str, resolve: Resolver) -> str:
    bare = text.strip(" \t\r\n")
    match = _LIKE_FIELD.fullmatch(bare)
    if match is not None:
        try:
            resolve(match.group(1), match.group(2))
        except ConditionTypeError:
            return ""
        return f"'{text}' may be a valid field misused as a const string value"
    if _LIKE_TRANSFORM.fullmatch(bare):
        try:
            tree = parse(f"x.x = {bare}")
            if (
                isinstance(tree, Check)
                and tree.right is not None
                and not isinstance(tree.right, (Literal, LiteralList))
            ):
                typed(tree.right, resolve)
                return f"'{text}' may be a valid field transformer misused as a const string value"
        except ConditionError:
            return ""
    return ""


def _constants(check: Check) -> tuple[str, ...]:
    if isinstance(check.right, Literal):
        return (check.right.text,)
    return check.right.items if isinstance(check.right, LiteralList) else ()


def remarks_on_output(output: str) -> list[str]:
    """Return the deprecated fields that an output line mentions."""
    names = re.findall(r"evt\.(?:dir|latency|wait_latency)(?:\.[a-z0-9]+)?(?![A-Za-z0-9_])", output)
    return list(dict.fromkeys(names))
