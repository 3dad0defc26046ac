"""The container that a control group belongs to, told by its path.

Engines put a container's processes into a control group whose last components carry the container's id. The shapes
below are those that Docker, containerd, CRI-O and Podman write with either driver (cgroupfs, systemd), on cgroup v1 and
v2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class ContainerReference(NamedTuple):
    """A container named by a control group: its full id, and the runtime as Falco's container.type spells it."""

    full_id: str
    runtime: str


_REMOVED = " (deleted)"
"""What the kernel appends to the path of a control group that was removed while it held unreaped processes."""

_ID = r"(?P<id>[0-9a-f]{64})"
_SHAPES = (
    (re.compile(rf"/docker/{_ID}(?=/|$)"), "docker"),
    (re.compile(rf"/docker-{_ID}\.scope(?=/|$)"), "docker"),
    (re.compile(rf"/libpod-{_ID}(?:\.scope)?(?=/|$)"), "podman"),
    (re.compile(rf"/crio-{_ID}(?:\.scope)?(?=/|$)"), "cri-o"),
    (re.compile(rf"[/:]cri-containerd[-:]{_ID}(?:\.scope)?(?=/|$)"), "containerd"),
    (re.compile(rf"/kubepods[^/]*/(?:.*/)?{_ID}(?=/|$)"), "containerd"),
)


def container_of(paths: Iterable[str]) -> ContainerReference | None:
    """The container that a process with these control group paths is in; None when they name none.

    Nested containers: the innermost one, which is the last id on the path.
    """
    for path in paths:
        if len(path) < 64:
            continue
        path = path.removesuffix(_REMOVED)
        found = [(match, runtime) for shape, runtime in _SHAPES for match in shape.finditer(path)]
        if found:
            innermost, runtime = max(found, key=lambda pair: pair[0].end("id"))
            return ContainerReference(innermost.group("id"), runtime)
    return None
