"""What alerts say of Docker's and Podman's containers and their users, compared with what engine and kernel say."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Union

import pytest
from harness import truth
from harness.agent import AgentProcess, Alert, StartAgent
from harness.docker import Docker
from harness.machine import podman_obstacle
from harness.podman import Podman
from harness.scope import AuditScope

Engine = Union[Docker, Podman]

RULE = "Program in a container"
FIELDS = [
    *("container.id", "container.full_id", "container.name", "container.type"),
    *("container.image", "container.image.id", "container.image.repository", "container.image.tag"),
    *("container.privileged", "container.mounts", "container.mount.source[/data]", "container.mount.rdwr[/*]"),
    *("container.start_ts", "container.duration", "container.labels", "container.label[team]"),
    *("container.host_pid", "container.host_network", "container.host_ipc", "k8s.pod.name"),
    *("proc.name", "proc.vpid", "proc.is_exe_upper_layer", "proc.is_exe_lower_layer"),
    *("user.uid", "user.name", "user.homedir", "user.shell", "group.gid", "group.name", "user.loginuid"),
]
RULES = f"""\
- rule: {RULE}
  desc: Any program that is started in a container.
  condition: evt.type = execve and container.id != host
  output: "%container.info | {" ".join("%" + name for name in FIELDS)}"
  priority: NOTICE
"""


@pytest.fixture(params=["dockerd", "podman"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def running(agent: StartAgent, tmp_path: Path) -> AgentProcess:
    rules = tmp_path / "containers.yaml"
    rules.write_text(RULES)
    return agent(rules)


@pytest.fixture
def start(engine: Engine) -> Iterator[Callable[..., str]]:
    """Starts containers that sleep, and removes them."""
    started: list[str] = []

    def sleeping(**options: Any) -> str:
        started.append(engine.run("sleep", "600", **options))
        return started[-1]

    yield sleeping
    for container in started:
        engine.remove(container)


def of(container: str, name: str) -> Callable[[Alert], bool]:
    """An alert about a program of this name in a container."""
    return lambda alert: (
        alert["output_fields"]["container.full_id"] == container and alert["output_fields"]["proc.name"] == name
    )


def called(container_name: str, name: str) -> Callable[[Alert], bool]:
    """An alert about a program of this name in a container of that name."""
    return lambda alert: (
        (alert["output_fields"]["container.name"], alert["output_fields"]["proc.name"]) == (container_name, name)
    )


def moment(text: str) -> float:
    """Seconds since the epoch of an engine's time, which has nine decimals."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp() + float(f"0.{fraction or 0}")


def test_the_first_process_of_a_container(
    engine: Engine, running: AgentProcess, start: Callable[..., str], tmp_path: Path
) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    data.mkdir()
    log.mkdir()
    options = [f"--volume={data}:/data:ro", f"--volume={log}:/log", "--label=team=blue"]
    container = start(name="facts-of-all-kinds", options=options)
    told = running.wait_alert(of(container, "sleep"))["output_fields"]
    inspected = engine.inspect(container)
    assert (told["container.id"], told["container.full_id"]) == (inspected["Id"][:12], inspected["Id"])
    assert told["container.name"] == inspected["Name"].lstrip("/") == "facts-of-all-kinds"
    assert told["container.type"] == type(engine).__name__.lower()
    assert told["container.image"] == engine.image == inspected.get("ImageName", inspected["Config"]["Image"])
    assert f"{told['container.image.repository']}:{told['container.image.tag']}" == engine.image
    assert told["container.image.id"] == inspected["Image"].replace("sha256:", "")[:12]
    assert told["container.privileged"] is inspected["HostConfig"]["Privileged"] is False
    expected = [
        f"{mount['Source']}:{mount['Destination']}:{mount['Mode']}:{str(mount['RW']).lower()}:{mount['Propagation']}"
        for mount in inspected["Mounts"]
    ]
    assert sorted(told["container.mounts"].split(",")) == sorted(expected)
    assert told["container.mount.source[/data]"] == str(data)
    assert [told[f"container.host_{kind}"] for kind in ("pid", "network", "ipc")] == [False, False, False]
    assert told["k8s.pod.name"] is None
    if isinstance(engine, Docker):
        assert (told["container.labels"], told["container.label[team]"]) == ("team:blue", "blue")


def test_the_start_of_a_container(engine: Engine, running: AgentProcess, start: Callable[..., str]) -> None:
    container = start()
    alert = running.wait_alert(of(container, "sleep"))["output_fields"]
    first = engine.init_pid(container)
    assert alert["proc.vpid"] == 1
    assert alert["container.start_ts"] == pytest.approx(truth.start_ns(first), abs=30_000_000)
    assert alert["container.start_ts"] / 1e9 == pytest.approx(
        moment(engine.inspect(container)["State"]["StartedAt"]), abs=2
    )
    assert 0 <= alert["container.duration"] < 2_000_000_000
    engine.restart(container)
    again = running.wait_alert(
        lambda told: (
            of(container, "sleep")(told) and told["output_fields"]["container.start_ts"] != alert["container.start_ts"]
        )
    )["output_fields"]
    assert again["container.start_ts"] == pytest.approx(truth.start_ns(engine.init_pid(container)), abs=30_000_000)
    assert again["container.name"] == alert["container.name"]


def test_containers_that_live_for_a_moment(engine: Engine, running: AgentProcess) -> None:
    for number in range(8):
        name = f"moment-{number}"
        engine.run("true", name=name, options=["--rm"])
        alert = running.wait_alert(called(name, "true"))
        told = alert["output_fields"]
        assert f"{told['container.image.repository']}:{told['container.image.tag']}" == engine.image
        assert (told["container.privileged"], told["container.mounts"]) == (False, "")
        assert 0 <= told["container.duration"] < 2_000_000_000
        assert (
            f"container_name={name} container_image_repository={told['container.image.repository']}" in alert["output"]
        )
        assert "k8s_pod_name" not in alert["output"]


def test_a_container_older_than_the_agent(
    engine: Engine, agent: StartAgent, start: Callable[..., str], tmp_path: Path
) -> None:
    container = start(name="older", options=[f"--volume={tmp_path}:/data"])
    rules = tmp_path / "containers.yaml"
    rules.write_text(RULES)
    running = agent(rules)
    engine.execute(container, "uname")
    told = running.wait_alert(of(container, "uname"))["output_fields"]
    assert (told["container.name"], told["container.mount.source[/data]"]) == ("older", str(tmp_path))
    assert told["container.start_ts"] == pytest.approx(truth.start_ns(engine.init_pid(container)), abs=30_000_000)
    assert told["user.name"] == "root"


def test_users_and_groups_of_the_container(engine: Engine, running: AgentProcess, start: Callable[..., str]) -> None:
    container = start()
    engine.execute(container, "uname", options=["--user=1000"])
    told = running.wait_alert(of(container, "uname"))["output_fields"]
    assert (told["user.uid"], told["user.name"]) == (1000, "alice")
    assert (told["user.homedir"], told["user.shell"]) == ("/home/alice", "/bin/sh")
    assert (told["group.gid"], told["group.name"]) in [(1000, "alice"), (0, "root")]
    engine.execute(container, "id", options=["--user=4321:4321"])
    told = running.wait_alert(of(container, "id"))["output_fields"]
    assert [told[name] for name in ("user.name", "user.homedir", "group.name")] == ["<NA>"] * 3
    entry = "late:x:4321:4321::/srv:/bin/ash"
    engine.execute(container, "sh", "-c", f"echo {entry} >>/etc/passwd; echo crew:x:4321: >>/etc/group")
    time.sleep(0.5)
    engine.execute(container, "date", options=["--user=4321:4321"])
    told = running.wait_alert(of(container, "date"))["output_fields"]
    assert [told[name] for name in ("user.name", "user.homedir", "group.name")] == ["late", "/srv", "crew"]


def test_a_user_whom_the_host_calls_otherwise(engine: Engine, running: AgentProcess, start: Callable[..., str]) -> None:
    entries = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines()]
    theirs, uid = next((entry[0], int(entry[2])) for entry in entries if 0 < int(entry[2]) < 1000)
    container = start()
    engine.execute(container, "sh", "-c", f"echo not-{theirs}:x:{uid}:{uid}::/:/bin/sh >>/etc/passwd")
    time.sleep(0.5)
    engine.execute(container, "uname", options=[f"--user={uid}"])
    told = running.wait_alert(of(container, "uname"))["output_fields"]
    assert (told["user.uid"], told["user.name"]) == (uid, f"not-{theirs}")


def test_programs_of_the_image_and_programs_put_there_since(
    engine: Engine, running: AgentProcess, start: Callable[..., str]
) -> None:
    container = start()
    engine.execute(container, "sh", "-c", "/bin/uname; cp /bin/busybox /tmp/date; /tmp/date")
    image = running.wait_alert(of(container, "uname"))["output_fields"]
    assert (image["proc.is_exe_upper_layer"], image["proc.is_exe_lower_layer"]) == (False, True)
    since = running.wait_alert(of(container, "date"))["output_fields"]
    assert (since["proc.is_exe_upper_layer"], since["proc.is_exe_lower_layer"]) == (True, False)


def test_what_podman_wrote_is_gone_with_it(audit_scope: AuditScope) -> None:
    obstacle = podman_obstacle()
    if obstacle is not None:
        pytest.skip(obstacle)
    places = [Path("/run"), Path("/var/lib"), Path("/sys/fs/cgroup"), Path(tempfile.gettempdir())]
    before = [{path for path in place.glob("*") if "docker" not in path.name} for place in places]
    podman = Podman(audit_scope)
    try:
        podman.start()
        pid = podman.init_pid(podman.run("sleep", "600"))
        assert podman.mounts() != []
    finally:
        podman.stop()
    assert not Path(f"/proc/{pid}").exists() or truth.stat_line(pid)[0] in "ZX"
    assert podman.mounts() == []
    assert [{path for path in place.glob("*") if "docker" not in path.name} for place in places] == before
