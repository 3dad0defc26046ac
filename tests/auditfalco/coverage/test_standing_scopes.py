"""Scopes that cover the own file systems of whatever container there will be."""

from __future__ import annotations

import pytest

from auditfalco.coverage.scopes import (
    MOST_HOLES,
    DeviceScope,
    HostMounts,
    MinorsFrom,
    Scope,
    TreeScope,
    container_scopes,
)
from kernel_sources.procfs import Mount, mounts

ID = "ab" * 32
BOOTED = [
    "254:1 / / - ext4 /dev/vda1",
    "0:6 / /dev - devtmpfs udev",
    "0:21 / /proc - proc proc",
    "0:22 / /sys - sysfs sysfs",
    "0:23 / /run - tmpfs tmpfs",
]


def host(*further: str) -> HostMounts:
    return HostMounts(table(*BOOTED, *further))


def table(*lines: str) -> list[Mount]:
    """Mounts of `major:minor root mount_point - type source` lines."""
    full = []
    for number, line in enumerate(lines, 30):
        place, kind = line.split(" - ")
        full.append(f"{number} 1 {place} rw - {kind} rw")
    return mounts.parse("\n".join(full).encode())


@pytest.mark.parametrize(
    ("further", "standing"),
    [
        ([], {MinorsFrom(24)}),
        (["0:24 / /dev/shm - tmpfs shm"], {MinorsFrom(25)}),
        (["0:27 / /tmp - tmpfs tmp"], {MinorsFrom(28), *(DeviceScope(0, minor) for minor in (24, 25, 26))}),
        # What containers have mounted on the host is theirs.
        (["0:24 / /var/lib/docker/overlay2/x/merged - overlay overlay"], {MinorsFrom(24)}),
        ([f"0:24 / /var/lib/docker/containers/{ID}/mounts/shm - tmpfs shm"], {MinorsFrom(24)}),
        # Too many holes for single rules: this one of the host's is asked for as well.
        ([f"0:{24 + MOST_HOLES + 1} / /run/user/1000 - tmpfs tmpfs"], {MinorsFrom(24)}),
        # Disks with small numbers do not matter, nor do images of packages.
        (["8:1 / /boot - ext4 /dev/sda1", "7:100 / /snap/x/1 - squashfs /dev/loop100"], {MinorsFrom(24)}),
        # A disk with a number as containers' would be asked for as a whole.
        (["8:65 / /srv - ext4 /dev/sde1"], set()),
    ],
)
def test_the_hosts_own_devices_are_left_out(further: list[str], standing: set[Scope]) -> None:
    assert host(*further).standing == standing


def test_without_proc_and_sys_nothing_stands() -> None:
    assert HostMounts(table("254:1 / / - ext4 /dev/vda1")).standing == frozenset()


def test_an_overlay_as_the_hosts_root_is_its_own() -> None:
    live_system = HostMounts(table("0:30 / / - overlay overlay", "0:21 / /proc - proc proc"))
    assert MinorsFrom(31) in live_system.standing
    assert DeviceScope(0, 30) not in live_system.standing


def test_a_container_needs_only_what_it_shares() -> None:
    booted = host("0:40 / /var/lib/docker/overlay2/x/merged - overlay overlay")
    inside = table(
        "0:40 / / - overlay overlay",
        "0:41 / /proc - proc proc",
        "0:42 / /tmp - tmpfs tmpfs",
        f"254:1 /var/lib/docker/containers/{ID}/hosts /etc/hosts - ext4 /dev/vda1",
        f"254:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname - ext4 /dev/vda1",
    )
    found = container_scopes(inside, booted)
    assert found is not None
    assert found.scopes == {TreeScope("/var/lib/docker/containers")}
    assert found.root == DeviceScope(0, 40)
    assert found.unseen == ()


def test_a_file_system_of_the_hosts_own_is_not_covered() -> None:
    booted = host()
    private, shared = table("0:30 / /data - tmpfs tmpfs", "0:23 / /run - tmpfs tmpfs")
    assert booted.covers(private)
    assert not booted.covers(shared)


def test_their_audit_rule() -> None:
    assert [str(field) for field in MinorsFrom(39).fields()] == ["devminor>=39"]
