"""Extractors of fs.path.* and evt.abspath: the paths that a call about files acted on.

They are read from the event's arguments, whose value is the name as spelled and whose text is the absolute path where
that is known. What could not be resolved has a raw name only. As in Falco, the source of a hard or symbolic link is the
new name and the target what it leads to, and all of fs.path.* is absent for a call that failed.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

from auditfalco.fields.of_descriptor import raw_name
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Argument, Event
from kernel_sources.audit.facts import join

_NAME = {
    "chmod": "filename",
    "chown": "path",
    "creat": "name",
    "fchmodat": "filename",
    "fchownat": "pathname",
    "lchown": "path",
    "mkdir": "path",
    "mkdirat": "path",
    "open": "name",
    "open_by_handle_at": "path",
    "openat": "name",
    "openat2": "name",
    "quotactl": "special",
    "rmdir": "path",
    "umount": "name",
    "umount2": "name",
    "unlink": "path",
    "unlinkat": "name",
}
"""Event type -> the parameter that fs.path.name gives."""

_OF_DESCRIPTOR = frozenset({"fchmod", "fchown"})
"""Event types whose fs.path.name is that of their descriptor."""


class _Pair(NamedTuple):
    source: str
    target: str


_PAIRS = {
    "link": _Pair("newpath", "oldpath"),
    "linkat": _Pair("newpath", "oldpath"),
    "mount": _Pair("dev", "dir"),
    "rename": _Pair("oldpath", "newpath"),
    "renameat": _Pair("oldpath", "newpath"),
    "renameat2": _Pair("oldpath", "newpath"),
    "symlink": _Pair("linkpath", "target"),
    "symlinkat": _Pair("linkpath", "target"),
}
"""Event type -> the parameters that fs.path.source and fs.path.target give."""

_PLAIN_TEXTS = {("mount", "dev"), ("symlink", "target"), ("symlinkat", "target")}
"""Parameters that Falco does not take for paths, but whose text it puts behind the working directory here."""

_ABSOLUTE = {
    "fchmodat": ("filename",),
    "fchownat": ("pathname",),
    "linkat": ("oldpath", "newpath"),
    "mkdirat": ("path",),
    "mknodat": ("path",),
    "newfstatat": ("path",),
    "open_by_handle_at": ("path",),
    "openat": ("name",),
    "openat2": ("name",),
    "renameat": ("oldpath", "newpath"),
    "renameat2": ("oldpath", "newpath"),
    "symlinkat": ("linkpath",),
    "unlinkat": ("name",),
}
"""Event type -> the parameter that evt.abspath gives; of two the first is its .src and the second its .dst."""

_Choose = Callable[[Event], "Argument | None"]


def _named(event: Event) -> Argument | None:
    """The argument with the one path of a call."""
    if event.named_file is not None:
        return event.named_file
    parameter = _NAME.get(event.type)
    return None if parameter is None else event.arguments.get(parameter)


def _of_pair(side: int) -> _Choose:
    def choose(event: Event) -> Argument | None:
        pair = _PAIRS.get(event.type)
        if pair is None:
            return None
        argument = event.arguments.get(pair[side])
        if argument is None or (event.type, pair[side]) not in _PLAIN_TEXTS:
            return argument
        cwd = event.process.cwd if event.process is not None else None
        return Argument(argument.value, join(cwd, argument.text) or argument.text)

    return choose


def _absolute(argument: Argument | None) -> Value:
    return argument.text if argument is not None and argument.text.startswith("/") else None


def _path(choose: _Choose) -> Extractor:
    return lambda event, world: _absolute(choose(event)) if _succeeded(event) else None


def _raw(choose: _Choose) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        argument = choose(event) if _succeeded(event) else None
        return None if argument is None else argument.value

    return extract


def _succeeded(event: Event) -> bool:
    return event.result is not None and event.result >= 0


def _name(event: Event, world: World) -> Value:
    if event.type in _OF_DESCRIPTOR:
        return event.descriptor.name if event.descriptor is not None and _succeeded(event) else None
    return _path(_named)(event, world)


def _raw_name(event: Event, world: World) -> Value:
    if event.type in _OF_DESCRIPTOR:
        return raw_name(event.descriptor) if event.descriptor is not None and _succeeded(event) else None
    return _raw(_named)(event, world)


def absolute_path(side: str | None = None) -> Extractor:
    """evt.abspath, or of a call with two paths the one that `side` says, "src" or "dst"."""

    def extract(event: Event, world: World) -> Value:
        parameters = _ABSOLUTE.get(event.type, ())
        if not parameters:
            return None
        return _absolute(event.arguments.get(parameters[-1 if side == "dst" else 0]))

    return extract


PLAIN: dict[str, Extractor] = {
    "evt.abspath": absolute_path(),
    "fs.path.name": _name,
    "fs.path.nameraw": _raw_name,
    "fs.path.source": _path(_of_pair(0)),
    "fs.path.sourceraw": _raw(_of_pair(0)),
    "fs.path.target": _path(_of_pair(1)),
    "fs.path.targetraw": _raw(_of_pair(1)),
}
"""Fields without an argument."""
