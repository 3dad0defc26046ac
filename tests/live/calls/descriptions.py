"""What several rows say alike: the fields of a descriptor, the fields of a path."""

from __future__ import annotations

import posixpath

_NO_PATH: dict[str, str | None] = {
    f"fs.path.{name}": None for name in ("name", "nameraw", "source", "sourceraw", "target", "targetraw")
}


def descriptor(number: str, kind: str, mark: str, name: str) -> dict[str, str | None]:
    """The fields of any descriptor: its number, Falco's type, the letter for it, its name."""
    return {"fd.num": number, "fd.type": kind, "fd.typechar": mark, "fd.name": name}


def file(number: str, name: str) -> dict[str, str | None]:
    """The fields of a file's descriptor."""
    return {
        **descriptor(number, "file", "f", name),
        "fd.directory": posixpath.dirname(name),
        "fd.filename": posixpath.basename(name),
    }


def directory(number: str, name: str) -> dict[str, str | None]:
    """The fields of a directory's descriptor."""
    return descriptor(number, "directory", "d", name)


def path(name: str, raw: str | None = None) -> dict[str, str | None]:
    """The fields of a call about one path; `raw` is the caller's spelling, when it is another one."""
    return {**_NO_PATH, "fs.path.name": name, "fs.path.nameraw": raw or name}


def two_paths(source: str, target: str, rawer: tuple[str, str] | None = None) -> dict[str, str | None]:
    """The fields of a call about two paths, in Falco's sense of source and target."""
    raw_source, raw_target = rawer or (source, target)
    return {
        **_NO_PATH,
        "fs.path.source": source,
        "fs.path.sourceraw": raw_source,
        "fs.path.target": target,
        "fs.path.targetraw": raw_target,
    }


def no_path() -> dict[str, str | None]:
    """A call that failed has no path fields."""
    return dict(_NO_PATH)


NUMBER = "[0-9]+"
SIZES = {"vm_size": "[1-9][0-9]*", "vm_rss": "[1-9][0-9]*", "vm_swap": NUMBER}
"""What memory a process has, in kilobytes."""
MEASURES = {**SIZES, "pgft_maj": NUMBER, "pgft_min": NUMBER, "cgroups": r"(?:[^=]*=/[^=]*\.)+"}
"""What the events of forks and executions have measured of the process."""
