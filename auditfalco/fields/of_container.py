"""Extractors of container.* and k8s.*.

On the host Falco gives `host` for names and an empty text for what only an image has; everything else is absent there.
"""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.language.glob import compile_glob
from auditfalco.model.container import SHORT_ID_LENGTH, Container, ContainerMount, Pod
from auditfalco.model.event import Event


def _container(read: Callable[[Container], Value]) -> Extractor:
    """A fact of the event's container; absent when it is not known where the process runs."""

    def extract(event: Event, world: World) -> Value:
        container = event.process.container if event.process is not None else None
        return None if container is None else read(container)

    return extract


def _image(read: Callable[[Container], Value]) -> Extractor:
    return _container(lambda container: "" if container.is_host else read(container))


def _pod(read: Callable[[Pod], Value]) -> Extractor:
    return _container(lambda container: None if container.pod is None else read(container.pod))


def _age(event: Event, world: World) -> Value:
    container = event.process.container if event.process is not None else None
    if container is None or container.start_ns is None:
        return None
    return max(event.time_ns - container.start_ns, 0)


def _joined(labels: dict[str, str] | None) -> Value:
    return None if labels is None else ", ".join(f"{key}:{value}" for key, value in labels.items())


def _all_mounts(container: Container) -> Value:
    return None if container.mounts is None else ",".join(map(str, container.mounts))


PLAIN: dict[str, Extractor] = {
    "container.id": _container(lambda container: container.id),
    "container.full_id": _container(lambda container: container.full_id),
    "container.name": _container(lambda container: container.name),
    "container.type": _container(lambda container: container.runtime),
    "container.image": _image(lambda container: container.image),
    "container.image.id": _image(
        lambda container: container.image_id[:SHORT_ID_LENGTH] if container.image_id else None
    ),
    "container.image.repository": _image(lambda container: container.repository),
    "container.image.tag": _image(lambda container: container.tag),
    "container.image.digest": _image(lambda container: container.digest),
    "container.privileged": _container(lambda container: container.privileged),
    "container.host_pid": _container(lambda container: container.host_pid),
    "container.host_network": _container(lambda container: container.host_network),
    "container.host_ipc": _container(lambda container: container.host_ipc),
    "container.start_ts": _container(lambda container: container.start_ns),
    "container.duration": _age,
    "container.ip": _container(lambda container: container.ip),
    "container.cni.json": _container(lambda container: container.cni_json),
    "container.labels": _container(lambda container: _joined(container.labels)),
    "container.mounts": _container(_all_mounts),
    "k8s.pod.name": _pod(lambda pod: pod.name),
    "k8s.ns.name": _pod(lambda pod: pod.namespace),
    "k8s.pod.id": _pod(lambda pod: pod.uid),
    "k8s.pod.uid": _pod(lambda pod: pod.uid),
    "k8s.pod.sandbox_id": _pod(lambda pod: pod.sandbox_id[:SHORT_ID_LENGTH] if pod.sandbox_id else None),
    "k8s.pod.full_sandbox_id": _pod(lambda pod: pod.sandbox_id),
    "k8s.pod.ip": _pod(lambda pod: pod.ip),
    "k8s.pod.cni.json": _pod(lambda pod: pod.cni_json),
    "k8s.pod.labels": _pod(lambda pod: _joined(pod.labels)),
}
"""Fields without an argument."""


def _container_label(key: str) -> Extractor:
    return _container(lambda container: container.labels.get(key) if container.labels is not None else None)


def _pod_label(key: str) -> Extractor:
    return _pod(lambda pod: pod.labels.get(key) if pod.labels is not None else None)


def _mount_part(
    read: Callable[[ContainerMount], Value], matched: Callable[[ContainerMount], str]
) -> Callable[[str], Extractor]:
    """A part of the mount that has a number, from 0, or whose matched path fits a glob: the first of them."""

    def with_argument(argument: str) -> Extractor:
        if argument.isascii() and argument.isdigit() and len(argument) < 10:
            number = int(argument)
            return _container(lambda container: next(map(read, (container.mounts or ())[number : number + 1]), None))
        fits = compile_glob(argument)

        def first(container: Container) -> Value:
            return next((read(mount) for mount in container.mounts or () if fits(matched(mount))), None)

        return _container(first)

    return with_argument


def _source(mount: ContainerMount) -> str:
    return mount.source


def _destination(mount: ContainerMount) -> str:
    return mount.destination


WITH_ARGUMENT: dict[str, Callable[[str], Extractor]] = {
    "container.label": _container_label,
    "container.mount": _mount_part(str, _source),
    "container.mount.source": _mount_part(_source, _destination),
    "container.mount.dest": _mount_part(_destination, _source),
    "container.mount.mode": _mount_part(lambda mount: mount.mode, _source),
    "container.mount.rdwr": _mount_part(lambda mount: "true" if mount.writable else "false", _source),
    "container.mount.propagation": _mount_part(lambda mount: mount.propagation, _source),
    "k8s.pod.label": _pod_label,
}
"""Fields with an argument: the extractor for an argument."""
