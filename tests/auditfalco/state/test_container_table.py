"""Containers as shared objects: recognised, described once their engine tells of them, and bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.containers import DESCRIBE_INTERVAL_NS, LONGEST_INTERVAL_NS, ContainerTable, Place
from auditfalco.state.engines.containerd import ContainerdState
from auditfalco.state.engines.docker import DockerState
from auditfalco.state.engines.named import NamedContainers, NspawnState
from auditfalco.state.patience import LONGEST_WAIT_NS, Patience
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


def test_the_first_event_of_a_container_waits_for_its_files(tmp_path: Path) -> None:
    now_ns = 0

    def sleep(seconds: float) -> None:
        nonlocal now_ns
        now_ns += int(seconds * 1e9)
        if now_ns >= 20_000_000 and not (tmp_path / "containers").exists():
            write_config(tmp_path, ID, "web")

    patience = Patience(clock=lambda: now_ns, sleep=sleep)
    table = ContainerTable(None, [DockerState([str(tmp_path)])], patience=patience)
    container = table.obtain(ContainerReference(ID, "docker"))
    table.describe(container, 2, START)
    assert (container.described, container.name) == (True, "web")
    assert patience.waited_ns == now_ns == 20_000_000


def test_a_container_is_waited_for_once(tmp_path: Path) -> None:
    slept: list[float] = []
    patience = Patience(clock=lambda: int(sum(slept) * 1e9), sleep=slept.append)
    table = ContainerTable(None, [DockerState([str(tmp_path)])], patience=patience)
    container = table.obtain(ContainerReference(ID, "docker"))
    table.describe(container, 2, START)
    assert patience.waited_ns == pytest.approx(LONGEST_WAIT_NS, abs=3_000_000)
    waited = len(slept)
    for step in range(1, 100):
        table.describe(container, 2, START + step * DESCRIBE_INTERVAL_NS)
    assert len(slept) == waited


def test_a_container_of_no_known_engine_is_not_waited_for(tmp_path: Path) -> None:
    patience = Patience(clock=lambda: 0, sleep=lambda seconds: pytest.fail("waited"))
    table = ContainerTable(None, [DockerState([str(tmp_path)])], patience=patience)
    table.describe(table.obtain(ContainerReference(ID, "podman")), 2, START)


def test_a_container_that_nothing_describes_is_looked_for_less_and_less(tmp_path: Path) -> None:
    looks = 0

    class Silent(DockerState):
        def describe(self, container: Container) -> bool:
            nonlocal looks
            looks += 1
            return super().describe(container)

    table = ContainerTable(None, [Silent([str(tmp_path)])])
    container = table.obtain(ContainerReference(ID, "docker"))
    for step in range(10_000):  # ten seconds of an event each millisecond
        table.describe(container, 2, START + step * 1_000_000)
    assert looks <= 12
    write_config(tmp_path, ID, "web")
    table.describe(container, 2, START + 10_000_000_000 + LONGEST_INTERVAL_NS)
    assert container.name == "web"


def test_what_no_file_tells_is_seen_from_the_first_process(proc: Any) -> None:
    table = ContainerTable(proc, [NamedContainers()])
    container = table.obtain(ContainerReference("web", "lxc"))
    proc.run(20, cgroup="/lxc.payload.web", start_ms=7)
    container.init_pid = 20
    table.describe(container, 20, START)
    assert (container.described, container.root, container.host_pid) == (True, None, None)  # not yet inside
    proc.places[20] = Place("/srv/web", "/srv/upper")
    proc.shared = {"net"}
    table.describe(container, 20, START + DESCRIBE_INTERVAL_NS)
    assert (container.root, container.upper, container.start_ns) == ("/srv/web", "/srv/upper", START + 7_000_000)
    assert (container.host_pid, container.host_network, container.host_ipc) == (False, True, False)


def test_a_root_that_the_host_does_not_show_is_reached_through_the_first_process(proc: Any) -> None:
    table = ContainerTable(proc, [NamedContainers()])
    container = table.obtain(ContainerReference("web", "lxc"))
    proc.run(21)
    proc.places[21] = Place(None, None)
    table.describe(container, 21, START)
    assert container.root is None  # any process may end while the container lives on
    container.init_pid = 21
    table.describe(container, 21, START + DESCRIBE_INTERVAL_NS)
    assert container.root == "/proc/21/root"


def test_an_exact_start_is_not_replaced_by_proc_s_ticks(proc: Any) -> None:
    table = ContainerTable(proc, [NamedContainers()])
    container = table.obtain(ContainerReference("web", "lxc"))
    proc.run(20, start_ms=0)
    container.started(20, START + 4_000_000)
    table.describe(container, 20, START)
    assert container.start_ns == START + 4_000_000


@pytest.mark.parametrize("cgroup", ["/k3s/web", r"/machine.slice/machine-web.scope"])
def test_groups_that_prove_nothing_are_a_containers_when_an_engine_says_so(
    proc: Any, tmp_path: Path, cgroup: str
) -> None:
    proc.run(2, cgroup=cgroup)
    engines = [ContainerdState([str(tmp_path)]), NspawnState(str(tmp_path / "machines"))]
    table = ContainerTable(proc, engines)
    assert table.of_process(2) is HOST
    bundle = tmp_path / "io.containerd.runtime.v2.task" / "k3s" / "web"
    bundle.mkdir(parents=True)
    (bundle / "config.json").write_text("{}")
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "web").write_text("CLASS=container\nLEADER=2\n")
    container = table.of_process(2)
    assert container is not None
    assert (container.full_id, container.is_host) == ("web", False)


def test_docker_below_kubernetes_is_told_from_containerd_by_its_files(tmp_path: Path) -> None:
    write_config(tmp_path, ID, "k8s_web_web-1_shop_0")
    table = ContainerTable(None, [ContainerdState([str(tmp_path / "no")]), DockerState([str(tmp_path)])])
    container = table.obtain(ContainerReference(ID, "containerd"))
    table.describe(container, 2, START)
    assert (container.runtime, container.name) == ("docker", "k8s_web_web-1_shop_0")


def test_a_cgroup_that_could_not_be_read_is_no_host(proc: Any, containers: ContainerTable) -> None:
    proc.cgroup_paths = lambda pid: []
    assert containers.of_process(1) is None


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
