"""Files of /proc as kernels write them, and as nobody should."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel_sources.procfs import (
    Capabilities,
    Cgroup,
    FdInfo,
    Identity,
    cgroups,
    descriptors,
    host,
    mounts,
    stat,
    status,
)

STAT = (
    b"1234 (%b) S 1000 1234 1200 34816 1300 4194304 2511 10 4 20 7 8 9 10 20 0 3 0 173152 20799488 3831 "
    b"18446744073709551615 1 1 0 0 0 0 0 16781312 134235142 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)

STATUS = b"""\
Name:\ta\\nb\\\\nc
Umask:\t0022
State:\tS (sleeping)
Tgid:\t1234
Ngid:\t0
Pid:\t1235
PPid:\t1000
TracerPid:\t77
Uid:\t1000\t1001\t1002\t1003
Gid:\t100\t101\t102\t103
FDSize:\t64
Groups:\t4 27 100
NStgid:\t1234\t7
NSpid:\t1235\t8
NSpgid:\t1234\t7
NSsid:\t1200\t1
VmSize:\t   20312 kB
VmRSS:\t   15480 kB
VmSwap:\t       4 kB
Threads:\t3
CapInh:\t0000000000000001
CapPrm:\t000001fffeffffff
CapEff:\t00000000a80425fb
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000400
NoNewPrivs:\t1
Seccomp:\t2
"""


@pytest.mark.parametrize(
    "name", ["sh", "a b", "a) S 1 (b", ") R 9 9 9", "((", "tmux: server", "two\nlines", "(sd-pam)"], ids=repr
)
def test_the_stat_line_whatever_the_name(name: str) -> None:
    facts = stat.parse(STAT % name.encode())
    assert facts is not None
    assert facts.comm == name
    assert (facts.pid, facts.state, facts.ppid, facts.pgrp, facts.session) == (1234, "S", 1000, 1234, 1200)
    assert (facts.tty_nr, facts.tpgid, facts.threads, facts.start_ticks) == (34816, 1300, 3, 173152)
    assert (facts.minor_faults, facts.major_faults, facts.vsize, facts.rss_pages) == (2511, 4, 20799488, 3831)
    assert not facts.is_kernel_thread


def test_a_name_that_is_no_utf8_survives() -> None:
    facts = stat.parse(STAT % b"\xff\xfe")
    assert facts is not None
    assert facts.comm.encode("utf-8", "surrogateescape") == b"\xff\xfe"


@pytest.mark.parametrize(
    "data", [b"", b"1234 (sh) S 1", b"1234 sh S", b"x (sh) " + b"1 " * 40, b"1 (sh) S " + b"x " * 40]
)
def test_a_broken_stat_line_is_absent(data: bytes) -> None:
    assert stat.parse(data) is None


def test_the_status_file() -> None:
    facts = status.parse(STATUS)
    assert facts is not None
    assert facts.name == "a\nb\\nc"
    assert (facts.tgid, facts.ppid, facts.tracer_pid, facts.threads) == (1234, 1000, 77, 3)
    assert facts.uids == Identity(1000, 1001, 1002, 1003)
    assert facts.gids == Identity(100, 101, 102, 103)
    assert facts.groups == (4, 27, 100)
    assert facts.capabilities == Capabilities(1, 0x1FFFEFFFFFF, 0xA80425FB, 0x1FFFFFFFFFF, 0x400)
    assert (facts.ns_tgids, facts.ns_pids) == ((1234, 7), (1235, 8))
    assert (facts.ns_pgids, facts.ns_sids) == ((1234, 7), (1200, 1))
    assert facts.vpid == 7
    assert (facts.vm_size_kb, facts.vm_rss_kb, facts.vm_swap_kb) == (20312, 15480, 4)
    assert (facts.no_new_privs, facts.seccomp) == (True, 2)


def test_the_status_file_of_an_old_kernel_or_a_zombie() -> None:
    kept = [line for line in STATUS.splitlines() if line.split(b":")[0] not in OPTIONAL]
    facts = status.parse(b"\n".join(kept))
    assert facts is not None
    assert facts.vpid is None
    assert (facts.vm_rss_kb, facts.no_new_privs, facts.seccomp) == (None, None, None)
    assert facts.groups == ()
    assert facts.capabilities.ambient == 0


OPTIONAL = {
    b"NStgid",
    b"NSpid",
    b"NSpgid",
    b"NSsid",
    b"VmSize",
    b"VmRSS",
    b"VmSwap",
    b"CapAmb",
    b"NoNewPrivs",
    b"Seccomp",
    b"Groups",
}


@pytest.mark.parametrize("missing", [b"Name", b"Tgid", b"Uid", b"Gid", b"Threads"])
def test_a_status_file_without_its_core_is_absent(missing: bytes) -> None:
    kept = [line for line in STATUS.splitlines() if not line.startswith(missing + b":")]
    assert status.parse(b"\n".join(kept)) is None


def test_control_groups_of_both_versions() -> None:
    data = b"12:cpu,cpuacct:/docker/abc\n1:name=systemd:/a:b:c\n0::/user.slice (deleted)\n\nx:y:/z\n3:cut"
    assert cgroups.parse(data) == [
        Cgroup(12, ("cpu", "cpuacct"), "/docker/abc"),
        Cgroup(1, ("name=systemd",), "/a:b:c"),
        Cgroup(0, (), "/user.slice (deleted)"),
    ]


def test_mounts_with_and_without_optional_fields() -> None:
    data = (
        b"36 35 98:0 /mnt1 /mnt\\0402\\134x rw,noatime master:1 shared:2 - ext3 /dev/root\\011x rw,errors=continue\n"
        b"40 36 0:21 / /a-b rw - tmpfs - rw\n"
        b"41 36 0:22 / /cut rw shared:1 - over"
    )
    first, second = mounts.parse(data)
    assert (first.id, first.parent, first.major, first.minor, first.root) == (36, 35, 98, 0, "/mnt1")
    assert first.mount_point == "/mnt 2\\x"
    assert (first.options, first.fs_type, first.source) == (("rw", "noatime"), "ext3", "/dev/root\tx")
    assert first.super_options == ("rw", "errors=continue")
    assert (second.mount_point, second.fs_type, second.source, second.super_options) == ("/a-b", "tmpfs", "-", ("rw",))


def test_descriptor_facts() -> None:
    data = b"pos:\t42\nflags:\t02100002\nmnt_id:\t24\nino:\t7\ninotify wd:1 ino:2\n"
    assert descriptors.parse(data) == FdInfo(0o2100002, 42, 24)
    assert descriptors.parse(b"pos:\t0\nflags:\t0100000\n") == FdInfo(0o100000, 0, None)
    assert descriptors.parse(b"pos:\t0\n") is None
    assert descriptors.parse(b"pos:\tx\nflags:\t0\n") is None


CONFIG = (
    b'# a comment\nCONFIG_AUDIT=y\n# CONFIG_KPROBES is not set\nCONFIG_LOCALVERSION="-fc"\nCONFIG_HZ=250\nCONFIG_X=m\n'
)


@pytest.mark.parametrize("data", [CONFIG, gzip.compress(CONFIG)], ids=["plain", "gzip"])
def test_the_configuration_of_the_kernel(data: bytes) -> None:
    assert host.parse_config(data) == {
        "CONFIG_AUDIT": "y",
        "CONFIG_LOCALVERSION": "-fc",
        "CONFIG_HZ": "250",
        "CONFIG_X": "m",
    }


def test_a_broken_packing_is_no_error() -> None:
    assert host.parse_config(gzip.compress(CONFIG)[:20]) == {}
    assert host.parse_config(b"\x1f\x8b\xff\xff") == {}


@given(some.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert stat.parse(data) is None or b"(" in data
    assert status.parse(data) is None or b"Name" in data
    assert descriptors.parse(data) is None or b"flags" in data
    assert len(cgroups.parse(data)) <= data.count(b"\n") + 1
    assert len(mounts.parse(data)) <= data.count(b"\n") + 1
    assert isinstance(host.parse_config(data), dict)
