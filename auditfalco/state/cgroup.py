"""The container that a control group belongs to, told by its path.

Engines put a container's processes into a control group whose last components carry the container's id. The shapes
below are those that each engine writes with either driver (cgroupfs, systemd), on cgroup v1 and v2. Groups beside them
are no containers: a container's monitor (`libpod-conmon-…`, `lxc.monitor.…`, nspawn's `supervisor`) and the virtual
machines in machine.slice.

Two shapes alone prove nothing, and are taken for a container where the engine's state files know it: containerd's
`/<namespace>/<id>`, and systemd's `machine-<name>.scope`, in which virtual machines run as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

DOCKER, PODMAN, CONTAINERD, CRIO = "docker", "podman", "containerd", "cri-o"
LXC, LIBVIRT_LXC, BPM = "lxc", "libvirt_lxc", "bpm"
NSPAWN = "systemd-nspawn"
"""Falco has no name for these containers."""


class ContainerReference(NamedTuple):
    """A container named by a control group: its full id, and the runtime as Falco's container.type spells it.

    `namespace` is containerd's, where the path tells it.
    """

    full_id: str
    runtime: str
    namespace: str | None = None


_REMOVED = " (deleted)"
"""What the kernel appends to the path of a control group that was removed while it held unreaped processes."""

_ID = r"(?P<id>[0-9a-f]{64})"
_NAME = r"(?P<id>[^/]+?)"
_END = r"(?=/|$)"
_SHAPES = tuple(
    (re.compile(shape + _END), runtime)
    for shape, runtime in (
        (rf"/docker/{_ID}", DOCKER),
        (rf"/docker-{_ID}\.scope", DOCKER),
        (rf"/libpod-(?:payload-)?{_ID}(?:\.scope)?", PODMAN),
        (rf"/crio-{_ID}(?:\.scope)?", CRIO),
        (rf"[/:]cri-containerd[-:]{_ID}(?:\.scope)?", CONTAINERD),
        (rf"/kubepods[^/]*/(?:.*/)?{_ID}", CONTAINERD),
        (rf"/nerdctl-{_ID}\.scope", CONTAINERD),
        (rf"^/default/{_ID}", CONTAINERD),
        (rf"/lxc/{_NAME}", LXC),
        (rf"/lxc\.payload[./]{_NAME}", LXC),
        (rf"/{_NAME}\.libvirt-lxc", LIBVIRT_LXC),
        (rf"/machine-lxc\\x2d[0-9]+\\x2d{_NAME}\.scope", LIBVIRT_LXC),
        (r"/bpm-(?P<id>[A-Za-z0-9._-]+?)(?:\.scope)?(?<!\.service)(?<!\.slice)", BPM),
        (rf"/systemd-nspawn@{_NAME}\.service(?!/supervisor{_END})", NSPAWN),
        (rf"/machine-{_NAME}\.scope/payload", NSPAWN),
    )
)
_MARKS = ("docker", "libpod-", "crio-", "cri-containerd", "kubepods", "nerdctl-", "default/", "lxc", "bpm-", "nspawn@")
_MARKS_OF_SCOPES = "machine-"

_NAMESPACED = re.compile(r"/(?P<namespace>[A-Za-z0-9][A-Za-z0-9._-]*)/(?P<id>[A-Za-z0-9][A-Za-z0-9._-]*)")
_UNITS = (".slice", ".service", ".scope", ".mount", ".socket", ".swap")
_MACHINE = re.compile(rf"/machine-{_NAME}\.scope(?!/supervisor{_END}){_END}")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


def container_of(paths: Iterable[str]) -> ContainerReference | None:
    """The container that a process with these control group paths is in; None when they name none.

    Nested containers: the innermost one, which is the last id on the path.
    """
    for path in paths:
        if not any(mark in path for mark in _MARKS) and _MARKS_OF_SCOPES not in path:
            continue
        path = path.removesuffix(_REMOVED)
        found = [(match, runtime) for shape, runtime in _SHAPES for match in shape.finditer(path)]
        if found:
            innermost, runtime = max(found, key=lambda pair: pair[0].end("id"))
            return ContainerReference(_unescaped(innermost.group("id"), runtime), runtime)
    return None


def possible_containers(paths: Iterable[str]) -> list[ContainerReference]:
    """The containers that the paths may name, for an engine's state files to confirm."""
    found = []
    for path in dict.fromkeys(path.removesuffix(_REMOVED) for path in paths):
        namespaced = _NAMESPACED.fullmatch(path)
        if namespaced is not None and not path.endswith(_UNITS) and not namespaced["namespace"].endswith(_UNITS):
            found.append(ContainerReference(namespaced["id"], CONTAINERD, namespaced["namespace"]))
        machine = _MACHINE.search(path)
        if machine is not None:
            found.append(ContainerReference(_unescaped(machine["id"], NSPAWN), NSPAWN))
    return found


def _unescaped(name: str, runtime: str) -> str:
    """Undo systemd's escapes in the name of a unit, which is where these runtimes have their containers' names from."""
    if runtime not in (NSPAWN, LIBVIRT_LXC) or "\\x" not in name:
        return name
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)
