"""Containers as shared objects: recognised, described once their engine tells of them, and bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from auditfalco.model.container import HOST
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.containers import DESCRIBE_INTERVAL_NS, ContainerTable
from auditfalco.state.engines.docker import DockerState
from kernel_sources.procfs import mounts

ID = "ab" * 32
START = 1_700_000_000_000_000_000


def write_config(root: Path, full_id: str, name: str) -> None:
    """Let the engine tell of a container."""
    directory = root / "containers" / full_id
    directory.mkdir(parents=True)
    (directory / "config.v2.json").write_text(json.dumps({"ID": full_id, "Name": f"/{name}"}))


def test_the_host_a_container_and_nobody(proc: Any, containers: ContainerTable) -> None:
    proc.run(1, cgroup="/init.scope")
    proc.run(2, cgroup=f"/docker/{ID}")
    assert containers.of_process(1) is HOST
    container = containers.of_process(2)
    assert container is not None
    assert (container.id, container.full_id, container.runtime, container.is_host) == (ID[:12], ID, "docker", False)
    assert containers.of_process(3) is None


def test_without_a_door_to_proc_nothing_is_known() -> None:
    assert ContainerTable(None).of_process(1) is None


def test_processes_share_their_containers_object(proc: Any, containers: ContainerTable) -> None:
    proc.run(2, cgroup=f"/docker/{ID}")
    proc.run(3, cgroup=f"/docker/{ID}/init.scope")
    assert containers.of_process(2) is containers.of_process(3)
    assert len(containers) == 1


def test_metadata_that_comes_late_reaches_everybody(tmp_path: Path) -> None:
    table = ContainerTable(None, [DockerState([str(tmp_path)])])
    container = table.obtain(ContainerReference(ID, "docker"))
    table.describe(container, 2, START)
    assert (container.described, container.name) == (False, None)
    write_config(tmp_path, ID, "web")
    table.describe(container, 2, START + DESCRIBE_INTERVAL_NS - 1)
    assert not container.described
    table.describe(container, 2, START + DESCRIBE_INTERVAL_NS)
    assert (container.described, container.name) == (True, "web")


def test_a_data_root_that_only_the_mounts_give_away(tmp_path: Path, proc: Any) -> None:
    write_config(tmp_path / "moved", ID, "web")
    table = ContainerTable(proc, [DockerState([str(tmp_path / "usual")])])
    container = table.obtain(ContainerReference(ID, "docker"))
    table.describe(container, 2, START)
    assert not container.described
    line = f"90 25 0:51 / {tmp_path}/moved/overlay2/{ID}/merged rw - overlay overlay rw"
    proc.mount_tables[None] = mounts.parse(line.encode())
    table.describe(container, 2, START + DESCRIBE_INTERVAL_NS)
    assert (container.described, container.name) == (True, "web")


def test_a_described_container_is_not_looked_up_again(tmp_path: Path) -> None:
    write_config(tmp_path, ID, "web")
    table = ContainerTable(None, [DockerState([str(tmp_path)])])
    container = table.obtain(ContainerReference(ID, "docker"))
    table.describe(container, 2, START)
    (tmp_path / "containers" / ID / "config.v2.json").write_text('{"Name": "/renamed"}')
    table.describe(container, 2, START + 10 * DESCRIBE_INTERVAL_NS)
    assert container.name == "web"


def test_the_host_is_never_looked_up(tmp_path: Path) -> None:
    write_config(tmp_path, "host", "not-the-host")
    ContainerTable(None, [DockerState([str(tmp_path)])]).describe(HOST, 1, START)
    assert (HOST.name, HOST.id, HOST.root) == ("host", "host", "/")


def test_the_container_unused_for_longest_is_forgotten() -> None:
    table = ContainerTable(None, capacity=3)
    first, *_ = (table.obtain(ContainerReference(f"{number:064x}", "docker")) for number in range(3))
    assert table.obtain(ContainerReference(first.full_id, "docker")) is first
    table.obtain(ContainerReference(f"{3:064x}", "docker"))
    assert (len(table), table.evictions) == (3, 1)
    assert table.obtain(ContainerReference(first.full_id, "docker")) is first
