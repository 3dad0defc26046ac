"""What a rule proves about every call that it can match, in terms that the kernel can test when the call ends.

A way is one manner of fulfilling a condition: a set of constraints that all hold. Ways are several manners, of which at
least one is taken by every event that fulfils the condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Named:
    """One of the files that the call names has this name, by any of its names: spelled, real, or a link's to its inode.

    Absolute and plain: no empty component, no "." or "..", no slash at the end.
    """

    path: str


@dataclass(frozen=True)
class Below:
    """One of the files that the call names has a name below this directory, by any of its names.

    Absolute and plain, as in Named; "/" itself is one. What is below it is below it at any depth.
    """

    directory: str


@dataclass(frozen=True)
class Access:
    """The file was opened for reading ("r"), for writing ("w"), or for either of both ("rw"), as the kernel's perm=."""

    letters: str


@dataclass(frozen=True)
class Succeeded:
    """The call returned no error (True), or one (False)."""

    success: bool


@dataclass(frozen=True)
class Exited:
    """The call returned this value; errors are negative numbers."""

    value: int


@dataclass(frozen=True)
class Compared:
    """An id of the caller compares so with a number, both as unsigned 32-bit numbers.

    `field` is the kernel's: uid, euid, gid, egid, fsuid or auid; `op` is one of = != < <= > >=.
    """

    field: str
    op: str
    value: int


@dataclass(frozen=True)
class Family:
    """The address family of the socket address that was passed to the call."""

    number: int


@dataclass(frozen=True)
class Register:
    """An argument register, a0 to a3, has this value ("="), or any of these bits ("&")."""

    index: int
    op: str
    value: int


@dataclass(frozen=True)
class Contained:
    """The caller is in a container."""


Constraint = Union[Named, Below, Access, Succeeded, Exited, Compared, Family, Register, Contained]
Way = frozenset[Constraint]
Ways = frozenset[Way]

ANYTHING: Ways = frozenset({frozenset()})
NEVER: Ways = frozenset()
