"""What stands on the machine beside the kernel: container engines' state, audit rules for the boot, the bindings."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from glob import glob
from importlib import metadata, util
from typing import NamedTuple

from auditfalco.state.engines import containerd, docker, named, storage

RULE_FILES = ("/etc/audit/rules.d/*.rules", "/etc/audit/audit.rules", "/etc/audit.rules")
"""Where audit rules are written that are loaded at boot (augenrules(8), auditctl(8))."""

_NEVER_TASK = re.compile(r"^\s*-[aA]\s*(never,task|task,never)\b", re.MULTILINE)
_LOCK = re.compile(r"^\s*-e\s*2\b", re.MULTILINE)
_READ = 1024 * 1024
_MOST_FILES = 200
_PACKAGES = ("pyfanotify", "psutil", "PyYAML", "rich")


class EngineState(NamedTuple):
    """A directory in which an engine keeps what it knows of its containers; `readable` by us."""

    engine: str
    directory: str
    readable: bool


class Surroundings(NamedTuple):
    """What was found.

    Attributes:
        engines: the state directories that there are.
        never_task: files whose rules keep new processes from being audited.
        locks: files whose rules lock the audit configuration.
        packages: Python packages in use, with their versions.
        audit_binding: whether the distribution's audit binding is installed.
    """

    engines: tuple[EngineState, ...] = ()
    never_task: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    audit_binding: bool = False


def look_around(docker_roots: Sequence[str] = (docker.DEFAULT_ROOT,)) -> Surroundings:
    """Read the facts."""
    texts = _rule_texts()
    return Surroundings(
        tuple(_engines(docker_roots)),
        tuple(name for name, text in texts if _NEVER_TASK.search(text)),
        tuple(name for name, text in texts if _LOCK.search(text)),
        tuple(_versions()),
        util.find_spec("audit") is not None,
    )


def _engines(docker_roots: Sequence[str]) -> list[EngineState]:
    places = [
        *(("Docker", os.path.join(root, "containers")) for root in docker_roots),
        ("containerd, Kubernetes", containerd.DEFAULT_ROOT),
        *(("Podman, CRI-O", root) for root in storage.DEFAULT_ROOTS),
        ("systemd-nspawn", named.DEFAULT_MACHINES),
    ]
    return [EngineState(engine, place, _may_read(place)) for engine, place in places if _is_there(place)]


def _is_there(directory: str) -> bool:
    """Whether a directory is there; one behind a directory that we may not enter may be."""
    try:
        os.stat(directory)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _may_read(directory: str) -> bool:
    return os.access(directory, os.R_OK | os.X_OK, effective_ids=True)


def _rule_texts() -> list[tuple[str, str]]:
    """The files of audit rules that can be read."""
    found: list[tuple[str, str]] = []
    for pattern in RULE_FILES:
        for path in sorted(glob(pattern))[:_MOST_FILES]:
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    found.append((path, file.read(_READ)))
            except OSError:
                continue
    return found


def _versions() -> list[str]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found
