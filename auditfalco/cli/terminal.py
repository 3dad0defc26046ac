"""Texts of a user's own, such as conditions and rule names, made safe to show."""

from __future__ import annotations

from auditfalco.text import escape

_STAYING = frozenset('"\\\n')


def shown(text: str) -> str:
    """A text as a terminal may show it.

    What could mislead comes out as escapes, as in alerts; quotes, backslashes and line ends stay as they are.
    """
    return "".join(character if character in _STAYING else escape(character) for character in text)
