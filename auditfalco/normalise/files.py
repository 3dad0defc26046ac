"""Calls that change names or copy between files: the rename family and copy_file_range."""

from __future__ import annotations

from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.paths import named
from kernel_sources.audit.facts import PathFacts, join


def renamed(call: Call, event: Event) -> None:
    """rename(old, new)."""
    _rename(call, event, None, None)


def renamed_at(call: Call, event: Event) -> None:
    """renameat(olddirfd, old, newdirfd, new)."""
    _rename(call, event, call.facts.args[0], call.facts.args[2])


def renamed_with_flags(call: Call, event: Event) -> None:
    """renameat2(olddirfd, old, newdirfd, new, flags): the flags are the fifth argument, which no record carries."""
    _rename(call, event, call.facts.args[0], call.facts.args[2])


def _rename(call: Call, event: Event, old_dirfd: int | None, new_dirfd: int | None) -> None:
    old, new = _ends(call.paths)
    call.tell_result(event)
    for side, dirfd, path in (("old", old_dirfd, old), ("new", new_dirfd, new)):
        if dirfd is not None:
            call.tell_directory(event, f"{side}dirfd", dirfd)
        if path is not None and path.name is not None:
            start = call.cwd if dirfd is None else call.directory(dirfd)
            event.arguments[f"{side}path"] = Argument(path.name, join(start, path.name) or path.name)


def _ends(paths: list[PathFacts]) -> tuple[PathFacts | None, PathFacts | None]:
    """The old and the new name of a rename.

    A rename that succeeds is recorded as DELETE of the old name and CREATE of the new one (of both, twice, for an
    exchange; an overwritten file adds a DELETE of the new name); one that fails early leaves the two names in their
    order.
    """
    ends = named(paths)
    old = next((path for path in ends if path.nametype == "DELETE"), ends[0] if ends else None)
    new = next((path for path in ends if path.nametype == "CREATE"), ends[-1] if len(ends) > 1 else None)
    return old, new


def range_copied(call: Call, event: Event) -> None:
    """copy_file_range(fdin, offin, fdout, offout, length): offsets are pointers, the length is the fifth argument."""
    call.tell_result(event)
    source, sink = arguments.signed32(call.facts.args[0]), arguments.signed32(call.facts.args[2])
    event.descriptor = call.tell_descriptor(event, "fdout", sink)
    call.tell_descriptor(event, "fdin", source)
    event.fd_number = sink


BUILDERS: dict[str, Builder] = {
    "rename": renamed,
    "renameat": renamed_at,
    "renameat2": renamed_with_flags,
    "copy_file_range": range_copied,
}
