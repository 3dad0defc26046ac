"""Text to tree. The grammar stands in :mod:`auditfalco.language.grammar`."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditfalco.language import grammar
from auditfalco.language.lexer import Lexer
from auditfalco.language.source import Source
from auditfalco.language.tree import (
    And,
    Argument,
    Check,
    FieldUse,
    Literal,
    Macro,
    Node,
    Not,
    Operand,
    Or,
    Right,
    Transform,
    TransformList,
)

_A_TRANSFORM = "a field in a transformer ({})".format(", ".join(grammar.TRANSFORMERS))


def parse(condition: str | Source) -> Node:
    """Return the tree of a condition.

    Raises:
        ConditionSyntaxError: the text is not a condition; the place is that of the first character that cannot be.
    """
    source = condition if isinstance(condition, Source) else Source(condition)
    return _Parser(source).parse()


def parse_transform(text: str, offset: int) -> tuple[Transform, int]:
    """Read a transformer other than val that begins at `offset`; return it and where it ends.

    Raises:
        ConditionSyntaxError: there is none.
    """
    parser = _Parser(Source(text))
    parser.offset = offset
    transform = parser.transform(with_val=False)
    if transform is None:
        parser.fail("expected a transformer")
    return transform, parser.offset


@dataclass
class _Level:
    """What has been read of one pair of parentheses, or of the whole condition."""

    alternatives: list[Node] = field(default_factory=list)
    conjuncts: list[Node] = field(default_factory=list)
    negated_at: int | None = None  # where a "not" stands whose operand is still to come

    def close(self) -> Node:
        """Return what the level says as one node."""
        self.end_alternative()
        first = self.alternatives[0]
        return first if len(self.alternatives) == 1 else Or(tuple(self.alternatives), first.place)

    def end_alternative(self) -> None:
        """Put what was joined by "and" so far beside the other alternatives."""
        first = self.conjuncts[0]
        self.alternatives.append(first if len(self.conjuncts) == 1 else And(tuple(self.conjuncts), first.place))
        self.conjuncts = []


class _Parser(Lexer):
    """One run over one text; `levels` are the parentheses that are open."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.levels = [_Level()]

    def parse(self) -> Node:
        if not self.text:
            self.fail("the condition is empty")
        while True:
            self.open_units()
            closed = self.close_unit(self.unit())
            while closed is not None:
                if not self.levels:
                    return closed
                closed = self.close_unit(closed)

    # boolean structure ------------------------------------------------------------------------------------------------

    def open_units(self) -> None:
        """Read every "not" and "(" before the next check or macro."""
        while True:
            self.blanks()
            level = self.levels[-1]
            start = self.offset
            if self.token("not"):
                if not (self.blanks() or self.ahead("(")):
                    self.offset = start  # the beginning of a longer name
                    return
                level.negated_at = start if level.negated_at is None else None
            elif self.token("("):
                self.levels.append(_Level())
                if len(self.levels) > grammar.MAX_DEPTH:
                    self.fail(f"more than {grammar.MAX_DEPTH} parentheses are open")
            else:
                return

    def close_unit(self, node: Node) -> Node | None:
        """Add a finished unit to its level.

        Returns:
            None when an operand must follow; else the level was closed and this is its node. When it was the last
            level, the node is the whole tree.
        """
        level = self.levels[-1]
        if level.negated_at is not None:
            node = Not(node, self.source.place(level.negated_at))
            level.negated_at = None
        level.conjuncts.append(node)
        self.blanks()
        for word in ("and", "or"):
            if self.token(word):
                if not (self.blanks() or self.ahead("(")):
                    self.fail(f"expected blank or '(' after '{word}'")
                if word == "or":
                    level.end_alternative()
                return None
        closed = self.levels.pop().close()
        if self.levels:
            self.expect(")", "expected a ')' token")
        elif self.offset != len(self.text):
            self.fail(f"unexpected token after '{self.last}', expecting 'or', 'and'")
        return closed

    def unit(self) -> Node:
        """Read a check, or the name of a macro."""
        start = self.offset
        left = self.operand(with_val=False)
        if left is not None:
            return self.check(left, start)
        name = self.match(grammar.IDENTIFIER)
        if name is None:
            self.fail("expected a '(' token, a field check, or an identifier")
        return Macro(name, self.source.place(start))

    # checks -----------------------------------------------------------------------------------------------------------

    def check(self, left: Operand, start: int) -> Check:
        """Read operator and right side."""
        place = self.source.place(start)
        self.blanks()
        operator = self.match(grammar.OPERATOR)
        if operator is None:
            operators = ", ".join(f"'{name}'" for name in grammar.OPERATORS)
            self.fail(f"expected a valid check operator: one of {operators}")
        if operator == "exists":
            return Check(left, operator, None, "", place)
        apart = self.blanks()
        if operator in grammar.NUMBER_OPERATORS:
            return Check(left, operator, self.number_or_transform(), "", place)
        if operator in grammar.LIST_OPERATORS:
            return Check(left, operator, self.list_or_transform(), "", place)
        if apart:
            modified = self.modified(left, operator, start)
            if modified is not None:
                return modified
        return Check(left, operator, self.value_or_transform(), "", place)

    def modified(self, left: Operand, operator: str, start: int) -> Check | None:
        """Read a modifier and its list; None when what looks like a modifier is a plain value."""
        before = self.offset
        match = grammar.MODIFIER.match(self.text, before)
        if match is None:
            return None
        self.offset = match.end()
        right = self.literal_list() or self.identifier()
        if right is None or right == Literal("and") or right == Literal("or"):
            self.offset = before
            return None
        return Check(left, operator, right, match.group(1), self.source.place(start))

    def number_or_transform(self) -> Right:
        transform = self.transform()
        if transform is not None:
            return transform
        start = self.offset
        number = self.match(grammar.NUMBER)
        if number is None:
            self.fail(f"expected a number value or {_A_TRANSFORM}")
        return Literal(number, self.source.place(start))

    def value_or_transform(self) -> Right:
        transform = self.transform()
        if transform is not None:
            return transform
        value = self.value()
        if value is None:
            self.fail(f"expected a string value or {_A_TRANSFORM}")
        return value

    def list_or_transform(self) -> Right:
        right = self.transform() or self.literal_list() or self.identifier()
        if right is None:
            self.fail(f"expected a list, an identifier, or {_A_TRANSFORM}")
        return right

    # operands ---------------------------------------------------------------------------------------------------------

    def operand(self, with_val: bool, depth: int = 0) -> Operand | None:
        """Read a transformer or a field, or nothing."""
        return self.transform(with_val, depth) or self.field()

    def field(self) -> FieldUse | None:
        start = self.offset
        name = self.match(grammar.FIELD)
        if name is None:
            return None
        return FieldUse(name, self.argument(), self.source.place(start))

    def transform(self, with_val: bool = True, depth: int = 0) -> Transform | None:
        start = self.offset
        match = grammar.TRANSFORM_OPEN.match(self.text, start)
        if match is None or (match.group(1) == "val" and not with_val):
            return None
        if depth >= grammar.MAX_TRANSFORM_DEPTH:
            self.fail(f"more than {grammar.MAX_TRANSFORM_DEPTH} transformers inside one another")
        name = match.group(1)
        self.offset = match.end()
        self.last = match.group()
        arguments = self.val_argument() if name == "val" else self.transform_arguments(depth)
        self.expect(")", "expected a ')' token closing the transformer")
        return Transform(name, arguments, self.argument(), self.source.place(start))

    def val_argument(self) -> tuple[Argument, ...]:
        self.blanks()
        inner = self.field()
        if inner is None:
            self.fail("expected a field within 'val' transformer")
        self.blanks()
        return (inner,)

    def transform_arguments(self, depth: int) -> tuple[Argument, ...]:
        arguments: list[Argument] = []
        while True:
            self.blanks()
            argument = self.transform_list(depth) if self.ahead("(") else self.part(depth)
            if argument is None:
                self.fail("expected field transformer argument: field, transformer, quoted string, number, or list")
            arguments.append(argument)
            self.blanks()
            if not self.token(","):
                return tuple(arguments)

    def transform_list(self, depth: int) -> TransformList:
        start = self.offset
        self.token("(")
        self.blanks()
        items: list[Argument] = []
        while not (not items and self.ahead(")")):
            self.blanks()
            item = self.part(depth)
            if item is None:
                self.fail("expected transformer list argument: field, transformer, quoted string, or number")
            items.append(item)
            self.blanks()
            if not self.token(","):
                break
        self.expect(")", "expected a ')' token")
        return TransformList(tuple(items), self.source.place(start))

    def part(self, depth: int) -> Argument | None:
        found: Argument | None = self.operand(with_val=False, depth=depth + 1) or self.quoted()
        if found is None:
            start = self.offset
            number = self.match(grammar.NUMBER)
            found = None if number is None else Literal(number, self.source.place(start))
        return found
