"""What a container can open, told from mount tables as a Docker host has them, its paths below a directory of ours.

The host has a disk with a number as high as containers', so that nothing stands for all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.coverage.scopes import DeviceScope, FileScope, HostMounts, TreeScope, container_scopes
from kernel_sources.audit.rule import Field
from kernel_sources.procfs import Mount, mounts

HOST = """\
25 1 254:1 / {root} rw,relatime - ext4 /dev/vda1 rw
20 25 0:20 / {root}/proc rw,nosuid - proc proc rw
21 25 0:21 / {root}/sys rw,nosuid - sysfs sysfs rw
22 25 0:5 / {root}/dev rw,nosuid - devtmpfs udev rw
23 25 0:24 / {root}/run rw,nosuid - tmpfs tmpfs rw
26 25 254:2 / {root}/home rw,relatime - ext4 /dev/vda2 rw
27 25 259:300 / {root}/mnt rw,relatime - ext4 /dev/nvme3n1 rw
90 25 0:51 / {root}/var/lib/docker/overlay2/aa/merged rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u
91 23 0:4 net:[4026532300] {root}/run/docker/netns/aa rw - nsfs nsfs rw
"""

CONTAINER = """\
600 500 0:51 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u
601 600 0:60 / /proc rw,nosuid - proc proc rw
602 600 0:61 / /dev rw,nosuid - tmpfs tmpfs rw
603 602 0:62 / /dev/pts rw,nosuid - devpts devpts rw
604 600 254:1 /var/lib/docker/containers/aa/hosts /etc/hosts rw,relatime - ext4 /dev/vda1 rw
"""

OWN = {DeviceScope(0, 51), DeviceScope(0, 60), DeviceScope(0, 61), DeviceScope(0, 62)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The host's files."""
    for directory in ("var/lib/docker/containers/aa", "srv/data", "home/user", "run/secrets"):
        (tmp_path / directory).mkdir(parents=True)
    for name in ("var/lib/docker/containers/aa/hosts", "etc-shadow"):
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.fixture
def host(root: Path) -> HostMounts:
    return HostMounts(mounts.parse(HOST.format(root=root).encode()))


def table(*further: str) -> list[Mount]:
    """The container's mount table, with further mounts."""
    return mounts.parse((CONTAINER + "\n".join(further)).encode())


def test_the_overlays_of_the_host(host: HostMounts) -> None:
    assert host.overlays == {DeviceScope(0, 51)}


def test_the_hosts_own_root_is_no_containers_overlay() -> None:
    host = HostMounts(mounts.parse(b"25 1 0:40 / / rw - overlay overlay rw\n90 25 0:51 / /x rw - overlay overlay rw\n"))
    assert host.overlays == {DeviceScope(0, 51)}


def test_a_plain_container(host: HostMounts, root: Path) -> None:
    found = container_scopes(table(), host)
    assert found is not None
    assert found.scopes == OWN | {FileScope(f"{root}/var/lib/docker/containers/aa/hosts")}
    assert found.unseen == ()


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        ("700 600 254:1 /srv/data /data rw - ext4 /dev/vda1 rw", "srv/data"),
        ("700 600 254:2 /user /home/user rw - ext4 /dev/vda2 rw", "home/user"),
        ("700 600 254:2 / /home rw - ext4 /dev/vda2 rw", "home"),
        ("700 600 0:24 /secrets /run/secrets ro - tmpfs tmpfs rw", "run/secrets"),
    ],
)
def test_a_directory_of_the_host(host: HostMounts, root: Path, mount: str, path: str) -> None:
    found = container_scopes(table(mount), host)
    assert found is not None
    assert TreeScope(f"{root}/{path}") in found.scopes
    assert found.unseen == ()


def test_a_file_of_the_host(host: HostMounts, root: Path) -> None:
    found = container_scopes(table("700 600 254:1 /etc-shadow /shadow ro - ext4 /dev/vda1 rw"), host)
    assert found is not None
    assert FileScope(f"{root}/etc-shadow") in found.scopes


def test_the_whole_host_cannot_be_singled_out() -> None:
    host = HostMounts(mounts.parse(b"25 1 254:1 / / rw - ext4 /dev/vda1 rw\n90 25 0:51 / /x rw - overlay overlay rw\n"))
    inside = b"600 500 0:51 / / rw - overlay overlay rw\n700 600 254:1 / /host rw - ext4 /dev/vda1 rw\n"
    found = container_scopes(mounts.parse(inside), host)
    assert found is not None
    assert (found.scopes, found.unseen) == ({DeviceScope(0, 51)}, ("/host",))


def test_a_directory_that_is_gone_is_unseen(host: HostMounts) -> None:
    found = container_scopes(table("700 600 254:1 /srv/old//deleted /old rw - ext4 /dev/vda1 rw"), host)
    assert found is not None
    assert found.unseen == ("/old",)


def test_a_part_of_a_file_system_of_which_the_host_mounts_only_another_part() -> None:
    host = HostMounts(mounts.parse(b"25 1 254:1 /@root / rw - btrfs /dev/vda1 rw\n"))
    inside = b"600 500 0:51 / / rw - overlay overlay rw\n700 600 254:1 /@data /data rw - btrfs /dev/vda1 rw\n"
    found = container_scopes(mounts.parse(inside), host)
    assert found is not None
    assert found.unseen == ("/data",)


@pytest.mark.parametrize("closest_first", [False, True])
def test_the_closest_mount_of_the_host_names_the_directory(root: Path, closest_first: bool) -> None:
    lines = [
        f"25 1 254:1 / {root} rw - ext4 /dev/vda1 rw\n",
        f"26 25 254:1 /srv/data {root}/home rw - ext4 /dev/vda1 rw\n",
    ]
    (root / "srv/data/user").mkdir()
    host = HostMounts(mounts.parse("".join(reversed(lines) if closest_first else lines).encode()))
    found = container_scopes(table("700 600 254:1 /srv/data/user /data rw - ext4 /dev/vda1 rw"), host)
    assert found is not None
    assert TreeScope(f"{root}/home/user") in found.scopes


def test_a_runtimes_helper_that_still_has_the_hosts_root_tells_nothing() -> None:
    text = b"25 1 254:1 / / rw - ext4 /dev/vda1 rw\n90 25 0:51 / /var/lib/docker/overlay2/aa/merged rw - overlay o rw\n"
    helper = text.replace(b"25 1 ", b"525 501 ").replace(b"90 25 ", b"590 525 ")
    assert container_scopes(mounts.parse(helper), HostMounts(mounts.parse(text))) is None


def test_a_table_without_a_root_tells_nothing(host: HostMounts) -> None:
    assert container_scopes([], host) is None


def test_the_conditions_of_an_audit_rule() -> None:
    assert DeviceScope(0, 51).fields() == (Field("devmajor", "=", 0), Field("devminor", "=", 51))
    assert TreeScope("/srv").fields() == (Field("dir", "=", "/srv"),)
    assert FileScope("/etc/hosts").fields() == (Field("path", "=", "/etc/hosts"),)
