"""What a run of the agent that was killed has left in the kernel, and the note that lets a later run set it right.

Audit rules name the run that asked for them (coverage.keys). Settings do not, and once changed their former value is
nowhere: so it is written to a file before the first change, and the file goes when all is restored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from auditfalco.coverage.keys import Instance, instance_of
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules, SettingChange
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import RuleRefused
from kernel_sources.procfs import ProcFS

RUN_DIRECTORY = Path("/run/auditfalco")

_MOST_NOTES = 64
_LONGEST_NOTE = 4096  # bytes; the known settings take 200
_ENDED = ("Z", "X")  # a killed process whose parent has not noticed yet is as dead as one that is gone
_SETTINGS = ("enabled", "backlog_limit", "backlog_wait_time")


class SettingsNote:
    """The file of one run: which settings it has changed, from what to what.

    Args:
        instance: the run.
        directory: where the notes of all runs are; made when it is needed.

    Attributes:
        failure: why the file could not be written or removed; None while it could.
    """

    def __init__(self, instance: Instance, directory: Path = RUN_DIRECTORY) -> None:
        self.failure: OSError | None = None
        self._path = directory / f"settings-{instance.pid}-{instance.start_ticks}.json"

    def write(self, changes: Mapping[str, SettingChange]) -> None:
        """Note the changes; without any the file is removed."""
        try:
            if changes:
                self._replace({name: [change.before, *sorted(change.ours)] for name, change in changes.items()})
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            self.failure = error

    def _replace(self, content: Mapping[str, list[int]]) -> None:
        """Write the whole file anew, so that nobody ever finds half of one."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with suppress(FileNotFoundError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(content, file)
        fresh.replace(self._path)


class Note(NamedTuple):
    """What a dead run has noted, and where."""

    path: Path
    changes: Mapping[str, SettingChange]


def is_alive(instance: Instance, proc: ProcFS) -> bool:
    """Whether a run of the agent is still there; its number may be another process's by now."""
    stat = proc.stat(instance.pid)
    return stat is not None and stat.start_ticks == instance.start_ticks and stat.state not in _ENDED


def stray_rules(rules: Iterable[AuditRule], proc: ProcFS) -> list[AuditRule]:
    """The audit rules of runs that are no more; those that name no run are nobody's to remove."""
    alive: dict[Instance, bool] = {}
    strays = []
    for rule in rules:
        instance = instance_of(rule.all_keys())
        if instance is None:
            continue
        if instance not in alive:
            alive[instance] = is_alive(instance, proc)
        if not alive[instance]:
            strays.append(rule)
    return strays


def others_run(rules: Iterable[AuditRule], own: Instance, proc: ProcFS) -> bool:
    """Whether another run of the agent, alive, has audit rules among these: it relies on the settings as they are."""
    instances = {instance_of(rule.all_keys()) for rule in rules} - {None, own}
    return any(instance is not None and is_alive(instance, proc) for instance in instances)


def remove_strays(control: AuditControl, proc: ProcFS) -> int:
    """Take the audit rules of dead runs out of the kernel; returns their number.

    Raises:
        NotPermitted: no right to, or the configuration is locked.
    """
    removed = 0
    for rule in stray_rules(control.list_rules(), proc):
        with suppress(RuleRefused):  # somebody else was faster
            control.delete_rule(rule)
            removed += 1
    return removed


def take_over(installed: InstalledRules, proc: ProcFS, directory: Path = RUN_DIRECTORY) -> None:
    """Make what dead runs have set part of what is restored at our end, and do away with their notes.

    Raises:
        NotPermitted: no right to ask for the present settings.
    """
    for note in notes_of_the_dead(proc, directory):
        installed.adopt(note.changes)
        with suppress(OSError):  # it is found, and does no harm, at the next start
            note.path.unlink(missing_ok=True)


def notes_of_the_dead(proc: ProcFS, directory: Path = RUN_DIRECTORY) -> list[Note]:
    """The notes of runs that are no more, in no order; what is no note counts as an empty one."""
    found = []
    try:
        paths = sorted(directory.glob("settings-*-*.*"))[:_MOST_NOTES]
    except OSError:
        return []
    for path in paths:
        _, pid, start = path.stem.split("-", 2)
        if pid.isdecimal() and start.isdecimal() and not is_alive(Instance(int(pid), int(start)), proc):
            found.append(Note(path, _read(path)))
    return found


def _read(path: Path) -> dict[str, SettingChange]:
    try:
        content = json.loads(path.read_bytes()[:_LONGEST_NOTE])
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    changes = {}
    for name, values in content.items():
        if name in _SETTINGS and isinstance(values, list) and len(values) > 1 and all(map(_is_setting, values)):
            changes[name] = SettingChange(values[0], frozenset(values[1:]))
    return changes


def _is_setting(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 0xFFFFFFFF
