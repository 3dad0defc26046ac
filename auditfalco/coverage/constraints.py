"""What a rule proves about every call that it can match, in terms that the kernel can test when the call ends.

A way is one manner of fulfilling a condition: a set of constraints that all hold. Ways are several manners, of which at
least one is taken by every event that fulfils the condition.

Names and directories are claimed of calls that succeed only: the kernel compares inodes, and of a call that fails it
may have found none, as where a directory of the name may not be searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Named:
    """One of the files that the call names has this name, by any of its names (model.names).

    It may be the name as spelled, perhaps through links; the file's real name; the one that it has by another mount;
    or one that a rule gives to another hard link of it. Absolute and plain: no empty component, no "." or "..", no
    slash at the end.
    """

    path: str


@dataclass(frozen=True)
class Below:
    """One of the files that the call names has a name below this directory, by any of its names, at any depth.

    Absolute and plain, as in Named. The name may be one that a rule gives to another hard link of the file, so files
    that rules name (engine.identity.named_files) and that lie below it belong to it wherever they are linked.
    """

    directory: str


@dataclass(frozen=True)
class Access:
    """The file was opened for reading ("r") or for writing ("w"), as the kernel's perm= has it for the open family."""

    letters: str


@dataclass(frozen=True)
class Succeeded:
    """The call returned no error (True), or one (False), by the kernel's own account (success=)."""

    success: bool


@dataclass(frozen=True)
class Exited:
    """The call returned this value; errors are negative numbers, as -115."""

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
    """The address family of the socket address that was passed to the call; 0 is AF_UNSPEC, which parts a socket."""

    number: int


@dataclass(frozen=True)
class Register:
    """The lower 32 bits of an argument register, a0 to a3, are this value ("="), or have any of these bits ("&").

    The kernel looks at these bits alone (seen on Linux 6.18). Of a call made through socketcall it sees others.
    """

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
