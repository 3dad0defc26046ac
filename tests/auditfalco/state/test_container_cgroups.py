"""Control group paths as engines write them, and what only looks like one."""

from __future__ import annotations

import pytest

from auditfalco.state.cgroup import ContainerReference, container_of, possible_containers

ID = "3f1c9a" + "0d" * 29
OTHER = "77" * 32
POD = "kubepods-burstable-pod5f0c1a8e_4a0e_4a9e_9d55_0d6f7c3a1b2c.slice"


@pytest.mark.parametrize(
    ("path", "runtime"),
    [
        (f"/docker/{ID}", "docker"),
        (f"/system.slice/docker-{ID}.scope", "docker"),
        (f"/docker/{ID}/init.scope", "docker"),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope", "docker"),
        (f"/machine.slice/libpod-{ID}.scope/container", "podman"),
        (f"/libpod_parent/libpod-{ID}", "podman"),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", "podman"),
        (f"/kubepods.slice/kubepods-burstable.slice/{POD}/crio-{ID}.scope", "cri-o"),
        (f"/kubepods/burstable/pod5f0c1a8e/crio-{ID}", "cri-o"),
        (f"/kubepods.slice/kubepods-burstable.slice/{POD}/cri-containerd-{ID}.scope", "containerd"),
        (f"/system.slice/containerd.service/{POD}:cri-containerd:{ID}", "containerd"),
        (f"/kubepods/besteffort/pod5f0c1a8e-4a0e-4a9e-9d55-0d6f7c3a1b2c/{ID}", "containerd"),
        (f"/kubepods/pod5f0c1a8e/{ID}", "containerd"),
        (f"/default/{ID}", "containerd"),
        (f"/system.slice/nerdctl-{ID}.scope", "containerd"),
        (f"/system.slice/web.service/libpod-payload-{ID}", "podman"),
    ],
)
def test_the_shapes_of_every_engine(path: str, runtime: str) -> None:
    assert container_of([path]) == ContainerReference(ID, runtime)


@pytest.mark.parametrize(
    ("path", "name", "runtime"),
    [
        ("/lxc/web", "web", "lxc"),
        ("/lxc/101/ns/init.scope", "101", "lxc"),
        ("/lxc.payload.web", "web", "lxc"),
        ("/lxc.payload.web-1.2/system.slice/ssh.service", "web-1.2", "lxc"),
        ("/lxc.payload/web/init.scope", "web", "lxc"),
        ("/machine/web.libvirt-lxc", "web", "libvirt_lxc"),
        (r"/machine.slice/machine-lxc\x2d1293\x2dmy\x2dweb.scope/libvirt", "my-web", "libvirt_lxc"),
        ("/system.slice/bpm-cloud.controller-7.scope", "cloud.controller-7", "bpm"),
        ("/machine.slice/systemd-nspawn@web.service/payload/init.scope", "web", "systemd-nspawn"),
        (r"/machine.slice/systemd-nspawn@my\x2dweb.service/payload", "my-web", "systemd-nspawn"),
        ("/machine.slice/systemd-nspawn@web.service", "web", "systemd-nspawn"),
        (r"/machine.slice/machine-my\x2dweb.scope/payload/system.slice/x.service", "my-web", "systemd-nspawn"),
    ],
)
def test_containers_that_go_by_a_name(path: str, name: str, runtime: str) -> None:
    assert container_of([path]) == ContainerReference(name, runtime)


@pytest.mark.parametrize(
    "path",
    [
        "/lxc.monitor.web",
        "/lxc.monitor/web",
        "/lxc.pivot",
        "/lxc",
        "/system.slice/lxc.service",
        r"/machine.slice/machine-qemu\x2d1\x2dweb.scope/libvirt/emulator",
        "/machine.slice/machine-web.scope",
        "/machine.slice/machine-web.scope/supervisor",
        "/machine.slice/systemd-nspawn@web.service/supervisor",
        "/system.slice/bpm-agent.service",
        "/machine.slice",
    ],
)
def test_monitors_and_machines_are_no_containers(path: str) -> None:
    assert container_of([path]) is None


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/k3s/web", ContainerReference("web", "containerd", "k3s")),
        (f"/buildkit/{ID}", ContainerReference(ID, "containerd", "buildkit")),
        ("/k3s/web (deleted)", ContainerReference("web", "containerd", "k3s")),
        (r"/machine.slice/machine-my\x2dweb.scope", ContainerReference("my-web", "systemd-nspawn")),
    ],
)
def test_groups_that_may_be_a_containers(path: str, reference: ContainerReference) -> None:
    assert container_of([path]) is None
    assert possible_containers([path, path]) == [reference]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/init.scope",
        "/system.slice/web.service",
        "/user.slice/user-1000.slice",
        "/a/b/c",
        "/..",
        "/../web",
        "/web/..",
        "/machine.slice/machine-web.scope/supervisor",
    ],
)
def test_groups_that_cannot_be_a_containers(path: str) -> None:
    assert possible_containers([path]) == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/init.scope",
        "/user.slice/user-1000.slice/session-1.scope",
        "/system.slice/docker.service",
        f"/system.slice/{ID}",
        f"/user.slice/{ID}.scope",
        f"/machine.slice/libpod-conmon-{ID}.scope",
        f"/kubepods.slice/crio-conmon-{ID}.scope",
        f"/system.slice/default/{ID}",
        f"/docker/{ID[:-1]}",
        f"/docker/{ID}0",
        f"/docker/{ID.upper()}",
        f"/mydocker/{ID}",
        f"/docker-{ID}.service",
        f"/docker/{ID}extra",
        f"/buildkit/{ID}",
    ],
)
def test_other_paths_are_no_containers(path: str) -> None:
    assert container_of([path]) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/docker/{OTHER}/docker/{ID}", ContainerReference(ID, "docker")),
        (f"/docker/{OTHER}/system.slice/docker-{ID}.scope", ContainerReference(ID, "docker")),
        (f"/system.slice/docker-{OTHER}.scope/docker/{ID}", ContainerReference(ID, "docker")),
        (f"/docker/{OTHER}/kubelet.slice/{POD}/cri-containerd-{ID}.scope", ContainerReference(ID, "containerd")),
        (f"/docker/{OTHER}/libpod_parent/libpod-{ID}", ContainerReference(ID, "podman")),
        (f"/kubepods/burstable/pod1/{OTHER}/docker/{ID}", ContainerReference(ID, "docker")),
        (f"/docker/{OTHER}/lxc.payload.web/init.scope", ContainerReference("web", "lxc")),
        (f"/lxc.payload.web/system.slice/docker-{ID}.scope", ContainerReference(ID, "docker")),
        (f"/machine.slice/machine-web.scope/payload/machine.slice/libpod-{ID}.scope", ContainerReference(ID, "podman")),
    ],
)
def test_of_nested_containers_the_innermost(path: str, expected: ContainerReference) -> None:
    assert container_of([path]) == expected


def test_version_1_has_a_path_for_every_controller() -> None:
    paths = [f"/docker/{ID}"] * 11 + ["/system.slice/containerd.service"]
    assert container_of(paths) == ContainerReference(ID, "docker")
    assert container_of(["/", "/", f"/docker/{ID}"]) == ContainerReference(ID, "docker")
    assert container_of([]) is None


def test_the_cgroup_of_a_container_that_was_just_removed_is_still_its() -> None:
    assert container_of([f"/docker/{ID} (deleted)"]) == ContainerReference(ID, "docker")
