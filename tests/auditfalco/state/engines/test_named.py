"""Containers that go by their name: LXC's, libvirt's, BPM's, and systemd-nspawn's among virtual machines."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import Container
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.engines.named import NamedContainers, NspawnState

MACHINE = "NAME=web\nCLASS={kind}\nSERVICE=systemd-nspawn\nROOT=/var/lib/machines/web\nLEADER=4242\n"
WEB = ContainerReference("web", "systemd-nspawn")


@pytest.mark.parametrize("runtime", ["lxc", "libvirt_lxc", "bpm"])
def test_a_name_is_all_there_is(runtime: str) -> None:
    container = Container("web-long-name-1", runtime)
    assert NamedContainers().describe(container)
    assert (container.id, container.name, container.described) == ("web-long-name-1", "web-long-name-1", True)
    assert (container.image, container.privileged, container.mounts) == (None, None, None)


def test_a_machine_that_is_a_container(tree: Any) -> None:
    tree.write("web", MACHINE.format(kind="container"))
    state = NspawnState(tree.path(""))
    container = Container("web", "systemd-nspawn")
    assert state.knows(WEB)
    assert state.describe(container)
    assert (container.name, container.init_pid) == ("web", 4242)


def test_a_virtual_machine_is_no_container(tree: Any) -> None:
    tree.write("web", MACHINE.format(kind="vm"))
    assert not NspawnState(tree.path("")).knows(WEB)


@pytest.mark.parametrize("name", ["web", "../web", ".web", "a/b", "\0"])
def test_a_machine_that_is_nowhere(tree: Any, name: str) -> None:
    assert not NspawnState(tree.path("machines")).knows(ContainerReference(name, "systemd-nspawn"))


def test_a_broken_file_knows_nothing(tree: Any, hostile: bytes) -> None:
    tree.write("web", hostile)
    state = NspawnState(tree.path(""))
    container = Container("web", "systemd-nspawn")
    assert not state.knows(WEB)
    assert state.describe(container)
    assert (container.name, container.init_pid) == ("web", None)
