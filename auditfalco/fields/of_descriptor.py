"""Extractors of fd.*: what the event's file descriptor stands for."""

from __future__ import annotations

import re
from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.descriptor import FILE, TYPE_CHARACTERS, Descriptor, device_number
from auditfalco.model.event import Event

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


def _directory(descriptor: Descriptor) -> Value:
    return None if descriptor.name is None else directory_of(descriptor.name)


def _file_name(descriptor: Descriptor) -> Value:
    if descriptor.kind != FILE or descriptor.name is None:
        return None
    return descriptor.name.rpartition("/")[2]


def raw_name(descriptor: Descriptor) -> Value:
    """fd.nameraw: the name as it was spelled, double slashes made one."""
    return None if descriptor.name_raw is None else _SLASHES.sub("/", descriptor.name_raw)


def _layer(layer: str) -> Extractor:
    return _of_success(lambda descriptor: descriptor.layer == layer)


PLAIN: dict[str, Extractor] = {
    "fd.num": lambda event, world: event.fd_number,
    "fd.type": _of_success(lambda descriptor: descriptor.kind),
    "fd.typechar": _known(lambda descriptor: TYPE_CHARACTERS.get(descriptor.kind, "o")),
    "fd.name": _known(lambda descriptor: descriptor.name),
    "fd.nameraw": _known(raw_name),
    "fd.directory": _known(_directory),
    "fd.filename": _of_success(_file_name),
    "fd.dev": _of_success(lambda descriptor: device_number(*descriptor.device) if descriptor.device else None),
    "fd.dev.major": _of_success(lambda descriptor: descriptor.device[0] if descriptor.device else None),
    "fd.dev.minor": _of_success(lambda descriptor: descriptor.device[1] if descriptor.device else None),
    "fd.ino": _of_success(lambda descriptor: descriptor.inode),
    "fd.is_upper_layer": _layer("upper"),
    "fd.is_lower_layer": _layer("lower"),
}
"""Fields without an argument."""
