"""Extractors of fd.*: what the event's file descriptor stands for."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.descriptor import (
    DIRECTORY,
    FILE,
    MEMORY,
    OTHER,
    PIPE,
    TYPE_CHARACTERS,
    Descriptor,
    device_number,
)
from auditfalco.model.event import Event
from auditfalco.model.names import mapped

IN_FILE_SYSTEMS = frozenset({FILE, DIRECTORY, PIPE, MEMORY})
"""Kinds of descriptors that have an inode of their own; of others Falco tells 0."""

UNNAMED_KIND = "<NA>"
"""fd.type of a kind that Falco has no word for: a text, not an absent value."""

_SLASHES = re.compile("/{2,}")


def _known(read: Callable[[Descriptor], Value]) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        return None if event.descriptor is None else read(event.descriptor)

    return extract


def _of_success(read: Callable[[Descriptor], Value]) -> Extractor:
    """For facts about the open file, which a call that failed has none of."""

    def extract(event: Event, world: World) -> Value:
        if event.descriptor is None or event.fd_number is None or event.fd_number < 0:
            return None
        return read(event.descriptor)

    return extract


def directory_of(name: str) -> str:
    """fd.directory: the name up to its last slash; "/" when there is none or it is the first character."""
    head = name.rpartition("/")[0]
    return head or "/"


def _directory(descriptor: Descriptor) -> str | None:
    if descriptor.kind not in (FILE, DIRECTORY) or descriptor.name is None:
        return None
    return mapped(descriptor.name, directory_of)


def _file_name(descriptor: Descriptor) -> Value:
    if descriptor.kind != FILE or descriptor.name is None:
        return None
    return mapped(descriptor.name, lambda name: name.rpartition("/")[2])


def raw_name(descriptor: Descriptor) -> Value:
    """fd.nameraw: the name as it was spelled, double slashes made one; empty for what is no file."""
    if descriptor.name_raw is None:
        return None if descriptor.kind in (FILE, DIRECTORY) else ""
    return _SLASHES.sub("/", descriptor.name_raw)


def _number_of_file(read: Callable[[Descriptor], int | None]) -> Extractor:
    """A number that files have; 0, as with Falco, for what is no file."""

    def number(descriptor: Descriptor) -> Value:
        found = read(descriptor)
        return 0 if found is None and descriptor.kind not in IN_FILE_SYSTEMS else found

    return _of_success(number)


def _device(descriptor: Descriptor) -> int | None:
    if descriptor.kind == PIPE:
        return 0
    return None if descriptor.device is None else device_number(*descriptor.device)


def _part_of_device(part: int) -> Extractor:
    def number(descriptor: Descriptor) -> int | None:
        if descriptor.kind == PIPE:
            return 0
        return None if descriptor.device is None else descriptor.device[part]

    return _number_of_file(number)


def _is_block_device(descriptor: Descriptor) -> bool | None:
    return None if descriptor.file_type is None else stat.S_ISBLK(descriptor.file_type)


def _unique_number(event: Event, world: World) -> Value:
    """fd.uid: the thread's number and the descriptor's, one behind the other; audit tells the process's for it."""
    if event.descriptor is None or event.process is None or event.fd_number is None:
        return None
    return f"{event.process.pid}{event.fd_number}"


def _of_container(read: Callable[[Descriptor], str | None]) -> Extractor:
    """A name with the container's id and a colon before it; the host's id is empty."""

    def extract(event: Event, world: World) -> Value:
        container = event.process.container if event.process is not None else None
        name = None if event.descriptor is None else read(event.descriptor)
        if container is None or name is None:
            return None
        return f"{'' if container.is_host else container.id}:{name}"

    return extract


def kinds_of(descriptors: Mapping[int, Descriptor]) -> tuple[str, ...]:
    """fd.types: each kind of descriptor once; the one whose first number is highest comes first, as in Falco's set."""
    kinds = dict.fromkeys(descriptors[number].kind for number in sorted(descriptors))
    return tuple(reversed(kinds))


def _kinds(event: Event, world: World) -> Value:
    return None if event.process is None else kinds_of(world.descriptors(event.process))


def kind_at(argument: str) -> Extractor:
    """fd.types[N]: the kind of one descriptor, as a list of one."""
    number = int(argument)

    def extract(event: Event, world: World) -> Value:
        known = None if event.process is None else world.open_descriptor(event.process, number)
        return None if known is None else (known.kind,)

    return extract


def _layer(layer: str) -> Extractor:
    return _of_success(lambda descriptor: descriptor.layer == layer)


PLAIN: dict[str, Extractor] = {
    "fd.num": lambda event, world: event.fd_number,
    "fd.type": _of_success(lambda descriptor: UNNAMED_KIND if descriptor.kind == OTHER else descriptor.kind),
    "fd.typechar": _known(lambda descriptor: TYPE_CHARACTERS.get(descriptor.kind, "o")),
    "fd.name": _known(lambda descriptor: descriptor.name),
    "fd.nameraw": _known(raw_name),
    "fd.directory": _known(_directory),
    "fd.filename": _of_success(_file_name),
    "fd.name_changed": lambda event, world: None if event.descriptor is None else event.name_changed,
    "fd.uid": _unique_number,
    "fd.containername": _of_container(lambda descriptor: descriptor.name),
    "fd.containerdirectory": _of_container(_directory),
    "fd.dev": _number_of_file(_device),
    "fd.dev.major": _part_of_device(0),
    "fd.dev.minor": _part_of_device(1),
    "fd.ino": _number_of_file(lambda descriptor: descriptor.inode),
    "fd.is_upper_layer": _layer("upper"),
    "fd.is_lower_layer": _layer("lower"),
    "fd.types": _kinds,
    "fd.is_block_device": _known(_is_block_device),
}
"""Fields without an argument."""

WITH_ARGUMENT: dict[str, Callable[[str], Extractor]] = {"fd.types": kind_at}
"""What makes the extractor of a field with an argument."""
