"""What an OCI bundle's config.json tells of any engine's container (runtime-spec, config.md and config-linux.md)."""

from __future__ import annotations

import re
from typing import Any

from auditfalco.model.container import Container, ContainerMount
from auditfalco.state.engines.statefiles import flag_at, list_at, object_at, text_at

_MOST_MOUNTS = 1024
_PROPAGATIONS = frozenset({"private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"})
_NAMESPACES = (("host_pid", "pid"), ("host_network", "network"), ("host_ipc", "ipc"))


def describe_by_spec(container: Container, spec: dict[str, Any], engines_own: re.Pattern[str]) -> None:
    """Fill in privileges, shared namespaces and mounts.

    `engines_own` is found in the paths from which the engine mounts files of its own, such as /etc/hosts.
    """
    linux = object_at(spec, "linux")
    if not linux:
        return
    container.privileged = is_privileged(spec)
    namespaces = {text_at(entry, "type"): text_at(entry, "path") for entry in list_at(linux, "namespaces")}
    for attribute, kind in _NAMESPACES:
        # One that is named by a path may be the host's or another container's: left to whoever can look.
        if kind not in namespaces:
            setattr(container, attribute, True)
        elif namespaces[kind] is None:
            setattr(container, attribute, False)
    container.mounts = bind_mounts(spec, engines_own)


def is_privileged(spec: dict[str, Any]) -> bool:
    """Whether a container has what engines give to privileged ones alone.

    That is: every device, the capability to administer the system, no system call filter, no masked path.
    """
    linux = object_at(spec, "linux")
    process = object_at(spec, "process")
    devices = [entry for entry in list_at(object_at(linux, "resources"), "devices") if isinstance(entry, dict)]
    every_device = any(_is_every_device(entry) for entry in devices) and all(
        flag_at(entry, "allow") is not False for entry in devices[_first_allowing_all(devices) :]
    )
    bounding = list_at(object_at(process, "capabilities"), "bounding")
    return (
        every_device and "CAP_SYS_ADMIN" in bounding and not linux.get("seccomp") and not list_at(linux, "maskedPaths")
    )


def _is_every_device(entry: dict[str, Any]) -> bool:
    everything = text_at(entry, "type") in (None, "a") and entry.get("major") in (None, -1)
    return flag_at(entry, "allow") is True and everything and text_at(entry, "access") in (None, "rwm")


def _first_allowing_all(devices: list[dict[str, Any]]) -> int:
    return next((index for index, entry in enumerate(devices) if _is_every_device(entry)), 0)


def bind_mounts(spec: dict[str, Any], engines_own: re.Pattern[str]) -> tuple[ContainerMount, ...]:
    """The directories and files of the host that an operator had mounted, in the order of the file."""
    found = []
    for entry in list_at(spec, "mounts")[:_MOST_MOUNTS]:
        source, destination = text_at(entry, "source"), text_at(entry, "destination")
        options = [option for option in list_at(entry, "options") if isinstance(option, str)]
        is_bind = text_at(entry, "type") == "bind" or "bind" in options or "rbind" in options
        if source is None or destination is None or not is_bind or engines_own.search(source) is not None:
            continue
        propagation = next((option for option in options if option in _PROPAGATIONS), "")
        found.append(ContainerMount(source, destination, "", "ro" not in options, propagation))
    return tuple(found)
