"""Calls about files, put together from their parts: names, the directories they count from, descriptors, numbers.

A row such as ``telling(directory("dirfd", 0), path("path", 0), told_by_registers(mode=2))`` says that the first
register holds the directory that the name counts from, and the third the mode.
"""

from __future__ import annotations

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise import arguments, naming
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import identity


def telling(*parts: Builder) -> Builder:
    """A builder that tells a call's result and then its parts, in their order."""

    def build(call: Call, event: Event) -> None:
        call.tell_result(event)
        for part in parts:
            part(call, event)

    return build


def mode(name: str, register: int, mask: int) -> Builder:
    """A file's mode; `mask` are the bits that the kernel looks at."""

    def build(call: Call, event: Event) -> None:
        call.tell(event, name, call.facts.args[register] & mask)

    return build


def owner(name: str, register: int) -> Builder:
    """A user or group to give a file to, as a number; 4294967295 leaves it as it is."""

    def build(call: Call, event: Event) -> None:
        call.tell(event, name, identity(call, call.facts.args[register]))

    return build


def directory(name: str, register: int) -> Builder:
    """The directory that a name counts from."""

    def build(call: Call, event: Event) -> None:
        value = call.facts.args[register]
        _is_about(event, arguments.signed32(value), call.tell_directory(event, name, value))

    return build


def descriptor(name: str, register: int) -> Builder:
    """A file descriptor."""

    def build(call: Call, event: Event) -> None:
        value = arguments.signed32(call.facts.args[register])
        _is_about(event, value, call.tell_descriptor(event, name, value))

    return build


def recorded_descriptor(name: str, register: int) -> Builder:
    """The file descriptor of a call that is recorded with the file itself."""

    def build(call: Call, event: Event) -> None:
        value = arguments.signed32(call.facts.args[register])
        known = naming.recorded(call, call.tell_descriptor(event, name, value))
        event.arguments[name] = arguments.descriptor(value, known)
        _is_about(event, value, known)

    return build


def _is_about(event: Event, number: int, known: Descriptor | None) -> None:
    """Make a descriptor the event's own (fd.*): the first one of a call, where Falco counts it among their users."""
    if event.fd_number is None and EVENT_TYPES_BY_NAME[event.type].uses_fd:
        event.fd_number, event.descriptor = number, known


def path(name: str, directory: int | None = None) -> Builder:
    """The one name of a call; `directory` is the register of the directory that it counts from."""

    def build(call: Call, event: Event) -> None:
        dirfd = None if directory is None else call.facts.args[directory]
        naming.tell_target(call, event, name, naming.origin(call, dirfd))

    return build
