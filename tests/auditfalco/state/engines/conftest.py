"""State trees below a temporary directory, made by hand after what the engines write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HOSTILE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b'{"annotations": "\xff"}',
    b"[" * 200_000,
    b'{"a": ' + b"9" * 5000,
    b'{"annotations": {"io.kubernetes.cri.container-type": "container"',
    b" " * (5 << 20),
]
"""Files that are no JSON objects, cut short, or too large."""

STRANGE: list[dict[str, Any]] = [
    {},
    {"annotations": None},
    {"annotations": []},
    {"annotations": {"io.kubernetes.cri.container-type": 7}},
    {"annotations": {"io.kubernetes.cri.container-type": "sandbox"}},
    {"annotations": {"io.kubernetes.cri-o.Labels": "{", "io.kubernetes.cri-o.Volumes": "{}"}},
    {"annotations": {"io.kubernetes.cri-o.Metadata": "[]", "io.kubernetes.cri-o.Volumes": "[1, {}, null]"}},
    {"annotations": {"nerdctl/mounts": '[3, {"Destination": "/x"}]'}},
    {"linux": []},
    {"linux": {"namespaces": "host", "resources": 7}},
    {"linux": {"namespaces": [3, {"type": 4}], "resources": {"devices": [3, {"allow": "yes"}]}}},
    {"linux": {"seccomp": []}, "mounts": {"a": 1}},
    {"linux": {"maskedPaths": 7}, "mounts": [3, {"type": "bind", "source": 3, "options": 7}], "process": []},
]
"""Configurations whose parts are not what they should be."""


class Tree:
    """A directory that stands for the host's root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> str:
        """The path of something in the tree."""
        return str(self.root / name)

    def write(self, name: str, content: object) -> None:
        """Write a file: bytes and texts as they are, anything else as JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))

    def spec(self, annotations: dict[str, str], **changes: Any) -> dict[str, Any]:
        """The parts of a config.json that matter, of a container without privileges."""
        return {
            "ociVersion": "1.1.0",
            "process": {"args": ["sh"], "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"]}},
            "root": {"path": "rootfs"},
            "mounts": [],
            "annotations": annotations,
            "linux": {
                "resources": {"devices": [{"allow": False, "access": "rwm"}]},
                "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
                "maskedPaths": ["/proc/kcore"],
                "seccomp": {"defaultAction": "SCMP_ACT_ERRNO"},
            },
            **changes,
        }

    def privileged_spec(self, annotations: dict[str, str]) -> dict[str, Any]:
        """As `spec`, of a privileged container."""
        made = self.spec(annotations)
        made["process"]["capabilities"]["bounding"].append("CAP_SYS_ADMIN")
        made["linux"]["resources"]["devices"].append({"allow": True, "access": "rwm"})
        del made["linux"]["maskedPaths"], made["linux"]["seccomp"]
        return made


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty tree."""
    return Tree(tmp_path)


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> bytes:
    """Each hostile file."""
    content: bytes = request.param
    return content


@pytest.fixture(params=STRANGE, ids=range(len(STRANGE)))
def strange(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each strange configuration."""
    content: dict[str, Any] = request.param
    return content
