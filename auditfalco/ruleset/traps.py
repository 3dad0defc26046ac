"""Conditions that load and mean something else than they seem to.

The meaning is Falco's, and is kept; these are the places where it surprises. Source: libsinsp's
sinsp_filtercheck_fd.cpp and sinsp_filtercheck_thread.cpp (0.25), falco's rule_loader_compiler.cpp (0.44).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from auditfalco.language.tree import Check, FieldUse, LiteralList, checks
from auditfalco.model.location import Location
from auditfalco.ruleset.rule import Ruleset

_PAIRS = frozenset({"fd.ip", "fd.port", "fd.proto", "fd.net"})
_MEMBERS = frozenset({"fd.cnet", "fd.snet", "fd.lnet", "fd.rnet"})
_ANCESTORS = frozenset({"proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.apid", "proc.aenv"})
_MAY_BE_ABSENT = re.compile(r"(?:proc\.p(?:name|exe|exepath|cmdline|pid)|proc\.a\w+|proc\.sname|fd\.|fs\.path\.|k8s\.)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"' r"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DELIMITERS = re.compile(r"[ \t\n\r(),=]+")


@dataclass(frozen=True)
class Trap:
    """One place: the check's name, what is meant there, what to write instead, where."""

    name: str
    message: str
    mend: str
    place: Location


def traps(ruleset: Ruleset) -> list[Trap]:
    """The traps in all rules, each place once, in the order of the files' text."""
    found: dict[tuple[Location, str], Trap] = {}
    for rule in ruleset.rules:
        for check in checks(rule.condition):
            for look in _CHECKS:
                for trap in look(check):
                    found.setdefault((trap.place, trap.name), trap)
    for trap in _pasted_into_strings(ruleset):
        found.setdefault((trap.place, trap.name), trap)
    return sorted(found.values(), key=lambda trap: (trap.place, trap.name))


def _field(check: Check) -> FieldUse | None:
    return check.left if isinstance(check.left, FieldUse) else None


def _never_true(check: Check) -> Iterator[Trap]:
    use = _field(check)
    if use is None or check.modifier:
        return
    if use.name == "fd.ip" and check.operator in ("in", "intersects"):
        mend = "write (fd.ip = a or fd.ip = b), or compare fd.cip and fd.sip"
        yield Trap("never-true", f"{use.name} {check.operator} (…) is never true", mend, check.place)
    if use.name == "proc.apid" and use.argument is None and check.operator in ("in", "intersects"):
        mend = "write (proc.apid = a or proc.apid = b)"
        yield Trap("never-true", f"{use.name} {check.operator} (…) is never true", mend, check.place)


def _first_value_only(check: Check) -> Iterator[Trap]:
    use = _field(check)
    if use is None or not isinstance(check.right, LiteralList) or len(check.right.items) < 2:
        return
    mend = f"write one comparison of {use.name} for each value, joined by or"
    if use.name == "fd.net" and check.operator in ("in", "intersects") and not check.modifier:
        yield Trap("first-value-only", "of several networks only the first is compared with fd.net", mend, check.place)
    several = use.name in _PAIRS or (use.name in _ANCESTORS and use.argument is None)
    if check.modifier and several:
        message = f"{check.modifier} compares {use.name} with the first value only"
        yield Trap("first-value-only", message, mend, check.place)


def _network_modifier(check: Check) -> Iterator[Trap]:
    use = _field(check)
    if use is not None and use.name in _MEMBERS and check.modifier:
        message = f"{use.name} {check.operator} {check.modifier} (…) is never true"
        yield Trap("never-true", message, f"write {use.name} in (…)", check.place)


def _nearly_always_true(check: Check) -> Iterator[Trap]:
    use = _field(check)
    several = isinstance(check.right, LiteralList) and len(set(check.right.items)) > 1
    if use is not None and check.operator == "!=" and check.modifier == "anyof" and several:
        message = "it is true as soon as one of the values differs, which is always"
        yield Trap("always-true", message, f"write not {use} in (…)", check.place)
    if use is not None and check.operator == "!=" and use.name in _ANCESTORS and use.argument is None:
        message = f"{use.name} != … is true as soon as one ancestor differs"
        yield Trap("always-true", message, f"write not {use.name} = …", check.place)


def _unequal_to_absent(check: Check) -> Iterator[Trap]:
    use = _field(check)
    if use is None or check.operator != "!=" or check.modifier or not _MAY_BE_ABSENT.match(use.name):
        return
    if use.name in _ANCESTORS and use.argument is None:
        return
    message = f"{use} != … is false where {use} is absent, so what has none is excluded as well"
    yield Trap("absent-is-not-unequal", message, f"write not {use} = …, or say that {use} exists", check.place)


_CHECKS: tuple[Callable[[Check], Iterable[Trap]], ...] = (
    _never_true,
    _first_value_only,
    _network_modifier,
    _nearly_always_true,
    _unequal_to_absent,
)


def _pasted_into_strings(ruleset: Ruleset) -> Iterator[Trap]:
    """Lists are pasted as text before conditions are parsed, inside quotes too."""
    names = {listed.name for listed in ruleset.lists}
    written = [(rule.condition_text, rule.location) for rule in ruleset.rules]
    written += [(macro.condition_text, macro.location) for macro in ruleset.macros]
    for text, place in written:
        for quoted in _QUOTED.finditer(text):
            inside = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
            # At either end of the string stands a quote, which is no delimiter.
            for word in _DELIMITERS.split(f"x{inside}x"):
                if word in names:
                    message = f"the items of the list {word} are pasted into the text {quoted.group()}"
                    yield Trap("list-in-string", message, f"rename the list {word}", place)
