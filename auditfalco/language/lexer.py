"""Reading the words of a condition: values, arguments, blanks, and where the reading stands."""

from __future__ import annotations

import re
from typing import NoReturn

from auditfalco.errors import ConditionSyntaxError
from auditfalco.language import grammar
from auditfalco.language.escaping import EscapeError, unescape
from auditfalco.language.source import Source
from auditfalco.language.tree import Literal, LiteralList


class Lexer:
    """A place in a text, and what can be read from there.

    Attributes:
        source: the text with its places.
        text: the text alone.
        offset: index of the next character.
        last: the token before it, for messages.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.offset = 0
        self.last = ""

    def blanks(self) -> bool:
        """Skip blanks; tell whether there were any."""
        match = grammar.BLANK.match(self.text, self.offset)
        end = match.end() if match else self.offset
        skipped = end > self.offset
        self.offset = end
        return skipped

    def ahead(self, token: str) -> bool:
        """Tell whether `token` comes next."""
        return self.text.startswith(token, self.offset)

    def token(self, token: str) -> bool:
        """Read `token` if it comes next."""
        if not self.ahead(token):
            return False
        self.offset += len(token)
        self.last = token
        return True

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Read what `pattern` matches next, or nothing."""
        match = pattern.match(self.text, self.offset)
        if match is None:
            return None
        self.offset = match.end()
        self.last = match.group()
        return self.last

    def expect(self, token: str, message: str) -> None:
        """Read `token`, which must come next."""
        if not self.token(token):
            self.fail(message)

    def fail(self, message: str) -> NoReturn:
        """Raise an error about what stands here.

        Raises:
            ConditionSyntaxError: always.
        """
        line, column = self.source.line_and_column(self.offset)
        raise ConditionSyntaxError(message, self.source.place(self.offset), self.offset, line, column)

    def literal_list(self) -> LiteralList | None:
        """Read values in parentheses, or nothing."""
        start = self.offset
        if not self.token("("):
            return None
        items: list[str] = []
        self.blanks()
        value = self.value()
        while value is not None:
            items.append(value.text)
            self.blanks()
            if not self.token(","):
                break
            self.blanks()
            value = self.value()
            if value is None:
                self.fail("expected a string value")
        self.expect(")", "expected a ')' token")
        return LiteralList(tuple(items), self.source.place(start), self.source.pasted(start, self.offset))

    def identifier(self) -> Literal | None:
        """Read a name without dots, or nothing."""
        start = self.offset
        name = self.match(grammar.IDENTIFIER)
        return None if name is None else Literal(name, self.source.place(start))

    def value(self) -> Literal | None:
        """Read a quoted or bare value, or nothing."""
        quoted = self.quoted()
        if quoted is not None:
            return quoted
        start = self.offset
        bare = self.match(grammar.BARE)
        return None if bare is None else Literal(bare, self.source.place(start))

    def quoted(self) -> Literal | None:
        """Read a quoted value, or nothing."""
        start = self.offset
        match = grammar.QUOTED.match(self.text, start)
        if match is None:
            return None
        self.offset = match.end()
        try:
            self.last = unescape(match.group(2), match.group(1))
        except EscapeError as error:
            self.fail(str(error))
        return Literal(self.last, self.source.place(start))

    def argument(self) -> str | None:
        """Read ``[argument]`` if it touches what was read before."""
        if not self.token("["):
            return None
        quoted = self.quoted()
        argument = quoted.text if quoted is not None else self.match(grammar.ARGUMENT)
        if argument is None:
            self.fail("expected a valid field argument: a quoted string or a bare string")
        self.expect("]", "expected a ']' token")
        return argument
