"""proc.* and thread.*: what a process uses and may; control groups; standard streams."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.descriptor import FILE, IPV4, OTHER, Descriptor
from auditfalco.model.process import Capabilities, Measures, Process

MEASURES = Measures(3, 29612, 4096, 12, 1, 28)
MEASURED = [
    ("proc.vmsize", 29612),
    ("proc.vmrss", 4096),
    ("proc.vmswap", 12),
    ("proc.nthreads", 3),
    ("proc.nchilds", 2),
    ("thread.vmsize", 29612),
    ("thread.vmrss", 4096),
    ("thread.vmsize.b", 29612 * 1024),
    ("thread.vmrss.b", 4096 * 1024),
    ("thread.pfmajor", 1),
    ("thread.pfminor", 28),
]


@pytest.mark.parametrize(("field", "expected"), MEASURED)
def test_what_a_process_uses(world: Any, read: Any, event_of: Any, field: str, expected: int) -> None:
    process = world.run(20, None, "sh")
    assert read(field, event_of(process)) is None
    world.used[20] = MEASURES
    assert read(field, event_of(process)) == expected
    assert read(field, event_of(None)) is None


def test_threads_are_told_apart_where_there_is_one(world: Any, read: Any, event_of: Any) -> None:
    process = world.run(20, None, "sh")
    world.used[20] = MEASURES
    assert read("thread.ismain", event_of(process)) is None
    world.used[20] = Measures(1, None, None, None, 0, 0)
    assert read("thread.ismain", event_of(process)) is True
    assert read("thread.vmsize.b", event_of(process)) is None


def test_numbers_of_a_thread(world: Any, read: Any, event_of: Any) -> None:
    process = world.run(20, world.run(10, None, "init"), "sh")
    event = event_of(process)
    assert (read("thread.tid", event), read("thread.vtid", event), read("thread.nametid", event)) == (20, None, "sh20")
    process.vpid = 7
    process.parent.container = HOST
    assert (read("thread.vtid", event), read("proc.pvpid", event)) == (7, 10)
    assert read("thread.nametid", event_of(world.run(30, None))) is None


def test_descriptors(world: Any, read: Any, event_of: Any) -> None:
    event = event_of(world.run(20, None, "sh"))
    assert (read("proc.fdopencount", event), read("proc.fdusage", event)) == (None, None)
    world.open_descriptors[20] = 5
    assert (read("proc.fdopencount", event), read("proc.fdlimit", event), read("proc.fdusage", event)) == (5, 200, 2.5)


def test_standard_streams(world: Any, read: Any, event_of: Any) -> None:
    event = event_of(world.run(20, None, "sh"))
    assert read("proc.stdin.name", event) is None
    world.open[20] = {}
    world.open[20][0] = Descriptor(IPV4, "10.0.0.1:4000->10.0.0.2:443")
    world.open[20][1] = Descriptor(FILE, "/dev/null")
    world.open[20][2] = Descriptor(OTHER, "")
    assert (read("proc.stdin.type", event), read("proc.stdin.name", event)) == ("ipv4", "10.0.0.1:4000->10.0.0.2:443")
    assert (read("proc.stdout.type", event), read("proc.stdout.name", event)) == ("file", "/dev/null")
    assert (read("proc.stderr.type", event), read("proc.stderr.name", event)) == ("<NA>", "")


def test_control_groups(world: Any, read: Any, event_of: Any) -> None:
    event = event_of(world.run(20, None, "sh"))
    assert (read("thread.cgroups", event), read("thread.cgroup.cpu", event)) == (None, None)
    world.control_groups_of[20] = (("cpu", "/a"), ("io", "/user.slice"))
    assert read("thread.cgroups", event) == "cpu=/a io=/user.slice"
    assert (read("thread.cgroup.io", event), read("thread.cgroup.blkio", event)) == ("/user.slice", "/user.slice")
    assert read("thread.cgroup.rdma", event) is None


def test_capabilities_in_force(world: Any, read: Any, event_of: Any) -> None:
    process = world.run(20, None, "sh")
    event = event_of(process)
    assert read("thread.cap_effective", event) is None
    process.image.capabilities = Capabilities(3, 1, 0)
    assert read("thread.cap_permitted", event) == "CAP_CHOWN CAP_DAC_OVERRIDE"
    process.capabilities = Capabilities(1, 0, 0)
    assert (read("thread.cap_permitted", event), read("thread.cap_effective", event)) == ("CAP_CHOWN", "")
    process.capabilities_lost = True
    assert read("thread.cap_permitted", event) is None


@pytest.mark.parametrize("field", ["thread.exectime", "thread.totexectime", "thread.cpu", "thread.cpu.user"])
def test_what_only_a_scheduler_knows_is_absent(world: Any, read: Any, event_of: Any, field: str) -> None:
    assert read(field, event_of(world.run(20, None, "sh"))) is None


def test_numbers_inside_a_pid_namespace_are_looked_for_when_asked(read: Any, event_of: Any, world: Any) -> None:
    process = world.run(20, None, "sh")
    process.container = Container("ab" * 32, "docker")

    def looked_at(asked: Process) -> int | None:
        asked.vpid = 1
        return None

    world.process_group = looked_at
    assert (read("proc.vpid", event_of(process)), read("thread.vtid", event_of(process))) == (1, 1)
