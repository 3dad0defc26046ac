"""Extractors of container.*: on the host Falco gives `host` for names and an empty text for what only an image has."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.container import Container
from auditfalco.model.event import Event


def _container(read: Callable[[Container], Value]) -> Extractor:
    """A fact of the event's container; absent when it is not known where the process runs."""

    def extract(event: Event, world: World) -> Value:
        container = event.process.container if event.process is not None else None
        return None if container is None else read(container)

    return extract


def _image(read: Callable[[Container], Value]) -> Extractor:
    return _container(lambda container: "" if container.is_host else read(container))


def _age(event: Event, world: World) -> Value:
    container = event.process.container if event.process is not None else None
    if container is None or container.start_ns is None:
        return None
    return max(event.time_ns - container.start_ns, 0)


PLAIN: dict[str, Extractor] = {
    "container.id": _container(lambda container: container.id),
    "container.full_id": _container(lambda container: container.full_id),
    "container.name": _container(lambda container: container.name),
    "container.type": _container(lambda container: container.runtime),
    "container.image": _image(lambda container: container.image),
    "container.image.id": _image(lambda container: container.image_id[:12] if container.image_id else None),
    "container.image.repository": _image(lambda container: container.repository),
    "container.image.tag": _image(lambda container: container.tag),
    "container.image.digest": _image(lambda container: container.digest),
    "container.privileged": _container(lambda container: container.privileged),
    "container.start_ts": _container(lambda container: container.start_ns),
    "container.duration": _age,
}
"""Fields without an argument."""
