"""Containers told by the arguments of what starts their processes."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.process import Image
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.launchers import container_started_by, is_launcher

ID = "ab" * 32
EXECVE = 59


def image(exe: str, line: str) -> Image:
    """A program with its arguments."""
    made = Image()
    made.exe_path, made.argv = exe, line.split()
    return made


@pytest.mark.parametrize(
    ("exe", "line", "runtime"),
    [
        (
            "/usr/sbin/runc",
            f"runc --root /var/run/docker/runtime-runc/moby --log x exec --process /tmp/p --detach {ID}",
            "docker",
        ),
        ("/usr/sbin/runc", f"runc --root /run/containerd/runc/k8s.io create --bundle /run/x {ID}", "containerd"),
        ("/usr/bin/containerd-shim-runc-v2", f"shim -namespace moby -id {ID} -address /run/x.sock", "docker"),
        ("/usr/bin/crun", f"crun --root=/run/crun exec --process /var/lib/containers/storage/x {ID}", "podman"),
        ("/usr/bin/conmon", f"/usr/bin/conmon --api-version 1 -c {ID} -u {ID} -l /run/libpod/x", "podman"),
        ("/usr/libexec/crio/conmon", f"conmon -c {ID} -b /run/crio", "cri-o"),
    ],
)
def test_launchers_of_every_engine(exe: str, line: str, runtime: str) -> None:
    assert container_started_by(image(exe, line)) == ContainerReference(ID, runtime)


@pytest.mark.parametrize(
    ("exe", "line"),
    [
        ("/tmp/runc", f"runc exec {ID}"),
        ("/usr/bin/../../tmp/runc", f"runc exec {ID}"),
        ("/usr/bin/cat", f"cat {ID}"),
        ("/usr/sbin/runc", "runc init"),
        ("/usr/sbin/runc", f"runc exec {ID} {'cd' * 32}"),
        ("/usr/sbin/runc", f"runc exec {ID[:-1]}"),
    ],
)
def test_what_names_no_container(exe: str, line: str) -> None:
    assert container_started_by(image(exe, line)) is None


def test_an_unknown_program_is_no_launcher() -> None:
    assert not is_launcher(Image())
    assert is_launcher(image("/usr/sbin/runc", "runc init"))


@pytest.mark.parametrize(
    ("device", "place"), [("00:27", ID), ("08:01", None)], ids=["a-program-of-the-container", "a-hook-on-the-host"]
)
def test_a_process_of_a_container_in_a_log(machine: Any, records: Any, device: str, place: str | None) -> None:
    runc = {"pid": 400, "ppid": 300, "comm": "runc", "exe": "/usr/sbin/runc"}
    machine.event(
        records.syscall(EXECVE, **runc),
        records.execve("runc", "--root", "/run/runtime-runc/moby", "exec", "--process", "/tmp/p", ID),
        records.path(0, "/usr/sbin/runc"),
    )
    event = machine.event(
        records.syscall(EXECVE, pid=500, ppid=400, comm="ls", exe="/bin/busybox"),
        records.execve("ls", "/"),
        records.path(0, "/bin/ls", dev=device),
    )
    container = event.process.container
    assert (None if container is None else (container.full_id, container.runtime)) == (place and (place, "docker"))
    child = machine.event(records.syscall(EXECVE, pid=501, ppid=500, comm="id", exe="/bin/busybox")).process
    assert (None if child.container is None else child.container.full_id) == place
