"""From a way of fulfilling a rule to what the kernel's filter tests of one system call.

A call that was made in that way passes one of the filters, always. Three facts of the kernel (kernel/auditsc.c,
audit_watch.c) decide what may be tested together:

- A file is known by its inode. A call that fails may never have come to one: what failed is asked for without files.
- The watch of a name (`path=`) is tested while the call is still at work where the call takes that name away, when
  there is no result yet. So results are tested of opens alone.
- `perm=` knows what open, openat and openat2 asked for; every other call has the one answer that its number gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Union

from auditfalco.coverage.constraints import (
    Access,
    Below,
    Compared,
    Constraint,
    Contained,
    Exited,
    Family,
    Named,
    Register,
    Succeeded,
    Way,
)
from auditfalco.coverage.kernel import Abilities
from auditfalco.model.syscallnames import event_type_of
from kernel_sources.audit.rule import Field

OPENS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
"""The calls that open files; the most frequent of all that rules ask for."""

NAMING = frozenset(
    {"unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "link", "linkat", "mkdir", "mkdirat", "mknod"}
    | {"mknodat", "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "truncate"}
)
"""Other event types whose files the kernel's filter knows, each by its inode or by that of its directory."""

SOCKETCALL = "socketcall"
"""The one call through which some machines make all calls about sockets."""

_NAMELESS = frozenset({"open_by_handle_at"})
"""Opens whose file may hang in no directory, as far as the kernel has looked."""

_FLAGS = {"open": "a1", "openat": "a2", "openat2": None}
"""The register of the flags of calls that can open a file without a name; openat2 has them behind a pointer."""

_TMPFILE = 0o20000000

_ACCESS_TOLD = frozenset({"open", "openat", "openat2"})

Place = Union[Named, Below, Contained, Field, None]
"""Where a call's file has to be: as rules say it, or as the field of an audit rule; None is anywhere."""


class Filter(NamedTuple):
    """What is tested of a call: the fields of an audit rule, all of which must hold, and where its file is."""

    fields: frozenset[Field]
    place: Place = None

    def covers(self, other: Filter) -> bool:
        """Whether every call that passes the other passes this one."""
        return self.fields <= other.fields and _holds(self.place, other.place)


ANY_CALL = Filter(frozenset())


def filters_of(call: str, way: Way, kernel: Abilities) -> frozenset[Filter]:
    """The filters that together let pass every call of the name that was made in a way.

    Args:
        call: the kernel's name of it.
        way: what holds of it.
        kernel: what can be tested.
    """
    kind = event_type_of(call)
    plain = frozenset(field for one in way for field in _fields(call, one, kernel))
    if kind not in OPENS and kind not in NAMING:
        return frozenset({Filter(plain)})
    places = _places(kind, way)
    if not places:
        return frozenset({Filter(plain)})
    results = frozenset(field for field in plain if field.name in ("success", "exit"))
    outcome = _outcome(way)
    if outcome is False:
        return frozenset({Filter(plain)})
    found = {Filter(plain if kind in OPENS else plain - results, place) for place in places}
    if outcome is None:
        found.add(Filter(plain | {Field("success", "=", 0)}))
    return frozenset({*found, *_nameless(call, way, plain, places)})


def through_socketcall(number: int, filters: Iterable[Filter]) -> frozenset[Filter]:
    """The filters of the same call made through socketcall, whose own arguments are no longer in registers.

    Args:
        number: what socketcall's first argument is then.
        filters: those of the call itself.
    """
    chosen = Field("a0", "=", number)
    return frozenset(
        Filter(frozenset(field for field in one.fields if field.name not in ("a0", "a1", "a2", "a3")) | {chosen})
        for one in filters
    )


def _fields(call: str, constraint: Constraint, kernel: Abilities) -> tuple[Field, ...]:
    """The fields that test a constraint of the caller, its arguments or the result; none where the kernel cannot."""
    if isinstance(constraint, Succeeded):
        return (Field("success", "=", int(constraint.success)),)
    if isinstance(constraint, Exited):
        return (Field("exit", "=", constraint.value),)
    if isinstance(constraint, Compared):
        return (Field(constraint.field, constraint.op, constraint.value),)
    if isinstance(constraint, Register):
        return (Field(f"a{constraint.index}", constraint.op, constraint.value),)
    if isinstance(constraint, Family):
        return (Field("saddr_fam", "=", constraint.number),) if kernel.address_family else ()
    if isinstance(constraint, Access) and len(constraint.letters) == 1:
        told = call in _ACCESS_TOLD and (call != "openat2" or kernel.openat2_access)
        return (Field("perm", "=", constraint.letters),) if told else ()
    return ()


def _places(kind: str, way: Way) -> list[Place]:
    """Where the file has to be, any of these; empty where it may be anywhere.

    A name means a file of the host, and another one in every container.
    """
    if Contained() in way:
        return [Contained()]
    if kind in _NAMELESS:
        return []
    named = [one for one in way if isinstance(one, Named)]
    below = [one for one in way if isinstance(one, Below) and one.directory != "/"]
    place: Place = None
    if named:
        place = min(named, key=lambda one: one.path)
    elif below:
        place = max(below, key=lambda one: (len(one.directory), one.directory))
    return [] if place is None else [place, Contained()]


def _nameless(call: str, way: Way, plain: frozenset[Field], places: Iterable[Place]) -> list[Filter]:
    """The filters for files without a name, which are opened (O_TMPFILE) by naming their directory."""
    if call not in _FLAGS or Access("r") in way:
        return []
    flag = _FLAGS[call]
    fields = plain if flag is None else plain | {Field(flag, "&", _TMPFILE)}
    return [Filter(fields, Below(place.path)) for place in places if isinstance(place, Named)]


def _outcome(way: Way) -> bool | None:
    """Whether every call made in a way succeeds (True) or fails (False); None when both happen."""
    for one in way:
        if isinstance(one, Succeeded):
            return one.success
        if isinstance(one, Exited):
            return one.value >= 0
    return None


def _holds(place: Place, other: Place) -> bool:
    """Whether what is at the other place is at this one.

    A file's name is not covered by a directory above it: a hard link takes the file elsewhere, where the kernel knows
    it by its inode alone.
    """
    if place is None or place == other:
        return True
    if isinstance(place, Below) and isinstance(other, Below):
        return other.directory.startswith(f"{place.directory}/")
    if isinstance(place, Field) and isinstance(other, Field):
        both_directories = place.name == other.name == "dir"
        return both_directories and str(other.value).startswith(f"{str(place.value).rstrip('/')}/")
    return False
