"""The name of a thing that has more than one.

A file opened through a link has the name that was spelled and the name that it has where it lies. Falco knows the first
alone, and it is what is printed; conditions look at all of them, each in favour of detection (engine.identity).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Names(str):
    """A name, which is what prints and what Falco would see, and the other names of the same thing.

    `also` are names that count everywhere: whoever spelled the name may have chosen it to hide these. `trusted` are
    those that the system itself set up (`/lib` is a link to `/usr/lib`): they can make a test hold, but they take
    nothing away from an exclusion by the spelled name.
    """

    __slots__ = ("also", "trusted")

    also: tuple[str, ...]
    trusted: tuple[str, ...]

    def __new__(cls, name: str, also: tuple[str, ...] = (), trusted: tuple[str, ...] = ()) -> Names:
        """Make a name with others beside it."""
        made = super().__new__(cls, name)
        made.also = also
        made.trusted = trusted
        return made

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, the printed one first."""
        return (str(self), *self.also, *self.trusted)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names that an exclusion must cover: all but the trusted ones."""
        return (str(self), *self.also)


def named(name: str, also: Iterable[str | None] = (), trusted: Iterable[str | None] = ()) -> str:
    """The name alone when it has no others, else a `Names`; None and repetitions are left out."""
    others = tuple(dict.fromkeys(other for other in also if other is not None and other != name))
    harmless = tuple(
        dict.fromkeys(other for other in trusted if other is not None and other != name and other not in others)
    )
    return Names(name, others, harmless) if others or harmless else name


def mapped(name: str, change: Callable[[str], str]) -> str:
    """What becomes of every name: of a path's names, say, the names of their directories."""
    if not isinstance(name, Names):
        return change(name)
    return named(change(str(name)), map(change, name.also), map(change, name.trusted))
