"""Extractors of user.* and group.*: ids from the event's process, names from where it lives."""

from __future__ import annotations

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event

UNKNOWN = "<NA>"


def _uid(event: Event, world: World) -> Value:
    return event.process.euid if event.process is not None else None


def _name(event: Event, world: World) -> Value:
    process = event.process
    if process is None or process.euid is None:
        return None
    return world.user_name(process, process.euid)


def _group_name(event: Event, world: World) -> Value:
    process = event.process
    if process is None or process.egid is None:
        return None
    return world.group_name(process, process.egid)


def _login_uid(event: Event, world: World) -> Value:
    return event.process.login_uid if event.process is not None else None


def _login_name(event: Event, world: World) -> Value:
    process = event.process
    if process is None or process.login_uid is None:
        return None
    return UNKNOWN if process.login_uid < 0 else world.login_name(process.login_uid)


def _entry(index: int) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None or process.euid is None:
            return None
        entry = world.user_entry(process, process.euid)
        return entry[index] if entry is not None else UNKNOWN

    return extract


PLAIN: dict[str, Extractor] = {
    "user.uid": _uid,
    "user.name": _name,
    "user.homedir": _entry(0),
    "user.shell": _entry(1),
    "user.loginuid": _login_uid,
    "user.loginname": _login_name,
    "group.gid": lambda event, world: event.process.egid if event.process is not None else None,
    "group.name": _group_name,
}
"""Fields without an argument."""
