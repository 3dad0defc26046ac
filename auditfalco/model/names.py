"""The name of a thing that has more than one.

A file opened through a link has the name that was spelled and the name that it has where it lies. Falco knows the first
alone, and it is what is printed; conditions look at all of them, each in favour of detection (engine.identity).
"""

from __future__ import annotations


class Names(str):
    """A name, which is what prints and what Falco would see, and in `also` the other names of the same thing."""

    __slots__ = ("also",)

    also: tuple[str, ...]

    def __new__(cls, name: str, also: tuple[str, ...]) -> Names:
        """Make a name with others beside it."""
        made = super().__new__(cls, name)
        made.also = also
        return made


def named(name: str, *others: str | None) -> str:
    """The name alone when it has no true others, else a `Names`."""
    also = tuple(dict.fromkeys(other for other in others if other is not None and other != name))
    return Names(name, also) if also else name


def every(name: str) -> tuple[str, ...]:
    """All names, the printed one first."""
    return (str(name), *name.also) if isinstance(name, Names) else (name,)
