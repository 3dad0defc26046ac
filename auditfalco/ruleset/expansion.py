"""Putting lists and macros into conditions.

Lists are pasted as text before a condition is parsed, wherever their name stands between delimiters, one list after the
other in the order of their definition. Macros are put in as subtrees. Source: Falco's rule_loader_compiler.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditfalco.errors import ConditionSyntaxError
from auditfalco.language.parser import parse
from auditfalco.language.source import Source
from auditfalco.language.tree import Macro, Node, children, fold, replace_macros
from auditfalco.ruleset.collector import ListDefinition, MacroDefinition
from auditfalco.ruleset.exceptions import quote_blanks
from auditfalco.ruleset.issues import Context
from auditfalco.ruleset.nodes import fail

MAX_TEXT = 4 * 1024 * 1024  # characters of a condition with its lists
MAX_NODES = 100_000  # of a condition with its macros
_BLANKS = " \t\n\r"
_DELIMITERS = _BLANKS + "(),="


class Lists:
    """The lists, ready to be pasted.

    Attributes:
        items: for every list, its items with those of lists defined earlier put in, one level deep.
        used: names of lists that were pasted somewhere.
    """

    def __init__(self, definitions: Mapping[str, ListDefinition]) -> None:
        self.items: dict[str, tuple[str, ...]] = {}
        self.used: set[str] = set()
        self.references: dict[str, tuple[str, ...]] = {}
        for definition in definitions.values():
            self.items[definition.name] = self._resolved(definition, definitions)
        self._order = [d.name for d in sorted(definitions.values(), key=lambda definition: definition.index)]

    def _resolved(self, definition: ListDefinition, definitions: Mapping[str, ListDefinition]) -> tuple[str, ...]:
        items: list[str] = []
        references: dict[str, None] = {}
        for item in definition.items:
            other = definitions.get(item)
            if other is not None and other.index < definition.visibility and other.name != definition.name:
                references[other.name] = None
                self.used.add(other.name)
                items += other.items
            else:
                items.append(item)
        self.references[definition.name] = tuple(references)
        return tuple(items)

    def paste(self, condition: Source, contexts: tuple[Context, ...]) -> Source:
        """Return a condition with the items of lists in place of their names.

        Raises:
            RulesFileError: the text becomes longer than MAX_TEXT.
        """
        for name in self._order:
            if name not in condition.text:
                continue
            spans = _spans(condition.text, name, bool(self.items[name]))
            if not spans:
                continue
            self.used.add(name)
            text = ", ".join(quote_blanks(item) for item in self.items[name])
            if len(condition.text) + len(spans) * (len(text) + 2) > MAX_TEXT:
                message = f"condition is longer than {MAX_TEXT} characters with the items of list '{name}'"
                fail("LOAD_ERR_COMPILE_CONDITION", message, contexts)
            padding = "" if spans[0][0] == 0 else " "
            condition = condition.replace(spans, f"{padding}{text} ", name)
        return condition


def _spans(text: str, name: str, filled: bool) -> list[tuple[int, int]]:
    """Return where a list's name stands, with the blanks around it, and for an empty list with a comma beside it."""
    spans: list[tuple[int, int]] = []
    least = 0
    for match in re.finditer(re.escape(name), text):
        start, end = match.span()
        if start < least or not (_delimits(text, start - 1) and _delimits(text, end)):
            continue
        while start > least and text[start - 1] in _BLANKS:
            start -= 1
        while end < len(text) and text[end] in _BLANKS:
            end += 1
        if not filled:
            if start > least and text[start - 1] == ",":
                start -= 1
            elif text[end : end + 1] == ",":
                end += 1
        spans.append((start, end))
        least = end
    return spans


def _delimits(text: str, position: int) -> bool:
    return not 0 <= position < len(text) or text[position] in _DELIMITERS


def parse_condition(condition: Source, lists: Lists, contexts: tuple[Context, ...]) -> Node:
    """Return the tree of a condition, lists pasted.

    Raises:
        RulesFileError: the text is no condition.
    """
    pasted = lists.paste(condition, contexts)
    try:
        return parse(pasted)
    except ConditionSyntaxError as error:
        place = pasted.place(error.offset)
        fail("LOAD_ERR_COMPILE_CONDITION", error.message, (*contexts, Context("condition expression", "", place)))


class Macros:
    """The macros, parsed and put into one another.

    Attributes:
        used: names of macros that were put in somewhere.
        trees: for every macro its tree, the macros that it uses put in.
    """

    def __init__(self, definitions: Mapping[str, MacroDefinition], lists: Lists) -> None:
        """Parse and expand every macro.

        Raises:
            RulesFileError: a macro is no condition, uses one that is not defined before it, or uses itself.
        """
        self._definitions = definitions
        self.used: set[str] = set()
        self.parsed = {
            name: parse_condition(definition.condition, lists, definition.contexts)
            for name, definition in definitions.items()
        }
        self.trees: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}
        for name in definitions:
            self._expand_with_needed(name)

    def _expand_with_needed(self, wanted: str) -> None:
        """Expand a macro after those that it uses; a stack of our own, so that long chains do not recurse."""
        path = [wanted]
        while path:
            name = path[-1]
            definition = self._definitions[name]
            missing = None if name in self.trees else self._first_missing(name, definition)
            if missing is None:
                if name not in self.trees:
                    self.trees[name] = self._replaced(self.parsed[name], definition.visibility, definition.contexts)
                    self._sizes[name] = self._size(self.parsed[name])
                path.pop()
            elif missing in path:
                fail("LOAD_ERR_VALIDATE", f"reference loop in macro '{missing}'", definition.contexts)
            else:
                path.append(missing)

    def _first_missing(self, name: str, definition: MacroDefinition) -> str | None:
        for use in macro_uses(self.parsed[name]):
            if use.name not in self.trees and self._visible(use.name, definition.visibility):
                return use.name
        return None

    def _visible(self, name: str, visibility: int | None) -> bool:
        definition = self._definitions.get(name)
        return definition is not None and (visibility is None or definition.index < visibility)

    def expand(self, root: Node, contexts: tuple[Context, ...]) -> Node:
        """Return the tree of a rule with its macros put in; rules see all of them.

        Raises:
            RulesFileError: a macro is not defined, or the tree grows beyond MAX_NODES.
        """
        if self._size(root) > MAX_NODES:
            message = f"condition has more than {MAX_NODES} checks once its macros are put in"
            fail("LOAD_ERR_COMPILE_CONDITION", message, contexts)
        return self._replaced(root, None, contexts)

    def _replaced(self, root: Node, visibility: int | None, contexts: tuple[Context, ...]) -> Node:
        def meaning(use: Macro) -> Node:
            if not self._visible(use.name, visibility):
                inside = (*contexts, Context("condition expression", "", use.place))
                mend = "define it, or put its definition before this one" if visibility is not None else "define it"
                fail("LOAD_ERR_VALIDATE", f"Undefined macro '{use.name}' used in filter.", inside, mend)
            self.used.add(use.name)
            return self.trees[use.name]

        return replace_macros(root, meaning)

    def _size(self, root: Node) -> int:
        """Return how many nodes a tree has with its macros put in, or more than MAX_NODES if it has more."""

        def count(node: Node, below: list[int]) -> int:
            own = self._sizes.get(node.name, 1) if isinstance(node, Macro) else 1
            return min(own + sum(below), MAX_NODES + 1)

        return fold(root, count)


def macro_uses(root: Node) -> list[Macro]:
    """Return every use of a macro in a tree, in the order of the text."""
    uses: list[Macro] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Macro):
            uses.append(node)
        pending.extend(reversed(children(node)))
    return uses
