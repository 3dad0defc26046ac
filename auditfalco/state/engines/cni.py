"""Addresses that network plugins gave, as libcni remembers them until the container is gone.

`<directory>/<network>-<container id>-<interface>` is a JSON object whose `result` is the plugins' answer
(containernetworking/cni, libcni/api.go, since version 0.8).
"""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from auditfalco.state.engines.statefiles import StateFiles, list_at, object_at, text_at

DEFAULT_DIRECTORY = "/var/lib/cni/results"
_MOST_ENTRIES = 16_384
_LOOPBACK = "-lo"


class NetworkAnswer(NamedTuple):
    """A pod's first IPv4 address (None where it has none), and the answer as JSON."""

    ip: str | None
    text: str


def network_answer(files: StateFiles, sandbox_id: str, directory: str = DEFAULT_DIRECTORY) -> NetworkAnswer | None:
    """What the network plugins answered for a sandbox; None when nothing is remembered."""
    for name in _names(directory):
        if f"-{sandbox_id}-" in name and not name.endswith(_LOOPBACK):
            result = object_at(files.object_of(Path(directory) / name), "result")
            if result:
                return NetworkAnswer(_first_ipv4(result), json.dumps(result, separators=(",", ":")))
    return None


def _names(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MOST_ENTRIES))]
    except OSError:
        return []
    return sorted(names)


def _first_ipv4(result: dict[str, Any]) -> str | None:
    for entry in list_at(result, "ips"):
        address = (text_at(entry, "address") or "").partition("/")[0]
        try:
            return str(ipaddress.IPv4Address(address))
        except ValueError:
            continue
    return None
