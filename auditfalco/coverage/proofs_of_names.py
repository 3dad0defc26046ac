"""What checks of paths prove: that a file of the call has a certain name, or one below a directory.

All that is looked at has been put straight before (kernel_sources.audit.paths.join), so a name that begins with "/etc/"
is below /etc. Constants that are not written so prove nothing.
"""

from __future__ import annotations

from auditfalco.coverage.constraints import ANYTHING, Below, Named, Succeeded, Ways
from auditfalco.coverage.question import Question
from auditfalco.coverage.way_sets import any_of, one_way

OPEN_TYPES = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
"""Event types whose descriptor is the file that the call names."""

_BY_DESCRIPTOR = frozenset(
    {
        *("fallocate", "fchmod", "fchown", "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "fstatfs"),
        *("fstatfs64", "ftruncate", "quotactl_fd", "utimensat"),
    }
)
"""Event types whose file may be known by a descriptor, and so by a name that it had before."""

_NOT_STRAIGHT = frozenset({"quotactl"})
"""Event types whose path is kept as it was spelled."""

_TEXT_TARGETS = frozenset({"symlink", "symlinkat"})
"""Event types whose target is a text."""

_PATH_FIELDS = frozenset({"fs.path.name", "fs.path.source", "fs.path.target"})
_WILD = "*?[\\"


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of a path is true; None of another field."""
    name = asked.field.name
    if name in ("fd.name", "fd.directory"):
        return _or_failed(_places(asked, name == "fd.directory")) if asked.event_type in OPEN_TYPES else None
    if name in _PATH_FIELDS:
        return _of_success(_places(asked) if _is_recorded(asked) else ANYTHING)
    if name == "evt.abspath":
        return _or_failed(_places(asked))
    if name == "evt.arg" and asked.parameter is not None and asked.parameter.type in ("FSPATH", "FSRELPATH"):
        return None if asked.event_type in ("execve", "execveat") else _or_failed(_places(asked))
    return None


def _is_recorded(asked: Question) -> bool:
    """Whether the field is the name of a file that the call itself names."""
    event_type, field = asked.event_type, asked.field.name
    if event_type in _TEXT_TARGETS:
        return field != "fs.path.target"
    if event_type == "mount":
        return field != "fs.path.source"
    return event_type not in _BY_DESCRIPTOR | _NOT_STRAIGHT


def _of_success(found: Ways) -> Ways:
    return frozenset(way | {Succeeded(True)} for way in found)


def _or_failed(found: Ways) -> Ways:
    """Of a call that fails the kernel may not have found the file."""
    return ANYTHING if found == ANYTHING else any_of([_of_success(found), one_way(Succeeded(False))])


def _places(asked: Question, is_directory: bool = False) -> Ways:
    """The ways that a check proves for a name, or with `is_directory` for the directory of one."""
    operator = asked.check.operator
    if asked.check.modifier or operator not in ("=", "==", "in", "startswith", "pmatch", "glob"):
        return ANYTHING
    return any_of(_place(operator, text, is_directory) for text in asked.texts)


def _place(operator: str, text: str, is_directory: bool) -> Ways:
    """What one constant proves."""
    if operator == "glob" and any(character in text for character in _WILD):
        return _below(_literal(text).rpartition("/")[0])
    if operator == "startswith":
        return _below(text.rpartition("/")[0])
    if operator == "pmatch":
        return _at_or_below(text, is_directory)
    if not _is_plain(text):
        return ANYTHING
    return one_way(Below(text) if is_directory else Named(text))


def _at_or_below(prefix: str, is_directory: bool) -> Ways:
    """What a prefix of pmatch proves; slashes at its ends and doubled ones do not count, a component may be a glob."""
    components = [component for component in prefix.split("/") if component]
    literal = [component for component in components if not any(special in component for special in _WILD)]
    if literal != components:
        first = next(index for index, component in enumerate(components) if component not in literal)
        return _below("".join(f"/{component}" for component in components[:first]))
    path = "".join(f"/{component}" for component in components)
    if not _is_plain(path):
        return ANYTHING
    return _below(path) if is_directory else frozenset({frozenset({Named(path)}), frozenset({Below(path)})})


def _literal(pattern: str) -> str:
    """A glob up to its first special character."""
    end = min(pattern.index(character) for character in _WILD if character in pattern)
    return pattern[:end]


def _below(directory: str) -> Ways:
    return one_way(Below(directory)) if _is_plain(directory) else ANYTHING


def _is_plain(path: str) -> bool:
    """Whether a constant is an absolute path, not the root, as it is when it has been put straight."""
    return path.startswith("/") and all(part not in ("", ".", "..") for part in path[1:].split("/"))
