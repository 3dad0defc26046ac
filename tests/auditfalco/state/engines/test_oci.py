"""What any OCI configuration tells: privileges, namespaces, mounts."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auditfalco.model.container import Container, ContainerMount
from auditfalco.state.engines.oci import describe_by_spec, is_privileged

NOTHING_OWN = re.compile(r"(?!)")
DENY, ALLOW = {"allow": False, "access": "rwm"}, {"allow": True, "access": "rwm"}
PRIVILEGED: dict[str, Any] = {
    "process": {"capabilities": {"bounding": ["CAP_SYS_ADMIN"]}},
    "linux": {"resources": {"devices": [DENY, ALLOW]}},
}


def described(spec: dict[str, Any], own: re.Pattern[str] = NOTHING_OWN) -> Container:
    """A container after it was described by a configuration."""
    container = Container("ab" * 32, "containerd")
    describe_by_spec(container, spec, own)
    return container


def test_every_privilege_together() -> None:
    assert is_privileged(PRIVILEGED)


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (("process", "capabilities", "bounding"), ["CAP_CHOWN"]),
        (("process", "capabilities"), None),
        (("linux", "resources", "devices"), [DENY]),
        (("linux", "resources", "devices"), []),
        (("linux", "resources", "devices"), [ALLOW, DENY]),
        (("linux", "resources", "devices"), [{**ALLOW, "type": "c"}]),
        (("linux", "resources", "devices"), [{**ALLOW, "major": 1}]),
        (("linux", "resources", "devices"), [{**ALLOW, "access": "r"}]),
        (("linux", "seccomp"), {"defaultAction": "SCMP_ACT_ERRNO"}),
        (("linux", "maskedPaths"), ["/proc/kcore"]),
    ],
)
def test_any_privilege_that_is_lacking(where: tuple[str, ...], what: object) -> None:
    spec = copy.deepcopy(PRIVILEGED)
    inner = spec
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = what
    assert not is_privileged(spec)
    assert described(spec).privileged is False


def test_namespaces_that_are_not_made_are_the_hosts() -> None:
    kinds = [{"type": "pid"}, {"type": "network", "path": "/proc/77/ns/net"}]
    container = described({"linux": {"namespaces": kinds}})
    assert (container.host_pid, container.host_network, container.host_ipc) == (False, None, True)


def test_mounts() -> None:
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
        {"destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "ro", "rslave"]},
        {"destination": "/log", "source": "/var/log", "options": ["bind", "rw"]},
        {"destination": "/etc/hosts", "type": "bind", "source": "/engine/hosts", "options": ["rbind"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},
    ]
    container = described({"linux": {"namespaces": []}, "mounts": mounts}, re.compile("^/engine/"))
    assert container.mounts == (
        ContainerMount("/srv/data", "/data", "", False, "rslave"),
        ContainerMount("/var/log", "/log", "", True, ""),
    )
    assert ",".join(map(str, container.mounts)) == "/srv/data:/data::false:rslave,/var/log:/log::true:"


def test_a_configuration_for_another_system_tells_nothing() -> None:
    container = described({"windows": {}, "mounts": [{"type": "bind", "source": "/a", "destination": "/b"}]})
    assert (container.privileged, container.host_pid, container.mounts) == (None, None, None)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("linux", "process", "mounts", "namespaces", "resources", "devices", "capabilities", "seccomp", "maskedPaths")


@given(some.dictionaries(some.sampled_from(KEYS), some.dictionaries(some.sampled_from(KEYS), JSON) | JSON))
def test_nothing_in_a_configuration_can_stop_the_reading(spec: dict[str, Any]) -> None:
    container = described(spec)
    assert container.privileged in (None, False, True)
