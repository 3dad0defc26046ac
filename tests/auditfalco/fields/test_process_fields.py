"""proc.* and thread.*, against what Falco gives for the same facts."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.process import Capabilities, ExecutedFile, Image, Process

START = 1_700_000_000_000_000_000

# Of libsinsp's own test of a spawned process: what it printed there.
SPAWNED = {
    "proc.name": "test-exe",
    "proc.exe": "/bin/test-exe",
    "proc.cmdline": "test-exe -c 'echo aGVsbG8K | base64 -d'",
    "proc.exeline": "/bin/test-exe -c 'echo aGVsbG8K | base64 -d'",
    "proc.args": "-c 'echo aGVsbG8K | base64 -d'",
    "proc.args[0]": "-c",
    "proc.args[1]": "'echo aGVsbG8K | base64 -d'",
    "proc.args[2]": "",
    "proc.cmdnargs": 2,
    "proc.cmdlenargs": 29,
}


@pytest.fixture
def spawned(world: Any, event_of: Any) -> Any:
    return event_of(world.run(20, None, "/bin/test-exe", "-c", "'echo aGVsbG8K | base64 -d'"))


@pytest.mark.parametrize(("field", "value"), SPAWNED.items())
def test_a_spawned_process(read: Any, spawned: Any, field: str, value: object) -> None:
    assert read(field, spawned) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proc.cmdline", "true"),
        ("proc.args", ""),
        ("proc.args[0]", ""),
        ("proc.exeline", "true "),
        ("proc.cmdnargs", 0),
        ("proc.cmdlenargs", 0),
    ],
)
def test_a_process_without_arguments(read: Any, world: Any, event_of: Any, field: str, value: object) -> None:
    assert read(field, event_of(world.run(20, None, "true"))) == value


def test_lengths_are_in_bytes(read: Any, world: Any, event_of: Any) -> None:
    assert read("proc.cmdlenargs", event_of(world.run(20, None, "x", "caf\u00e9", "\udcff"))) == 6


def test_the_command_line_begins_with_comm_whatever_the_arguments_say(read: Any, world: Any, event_of: Any) -> None:
    event = event_of(world.run(20, None, "[kworker/0:1]", "x", comm="nc"))
    assert (read("proc.name", event), read("proc.exe", event)) == ("nc", "[kworker/0:1]")
    assert read("proc.cmdline", event) == "nc x"
    assert read("proc.exepath", event) == "/usr/bin/nc"


def test_a_process_that_renamed_itself(read: Any, world: Any, event_of: Any) -> None:
    process = world.run(20, None, "nc", "x")
    process.comm = "sshd"
    event = event_of(process)
    assert (read("proc.name", event), read("proc.cmdline", event), read("proc.exe", event)) == ("sshd", "sshd x", "nc")


MAY_BE_UNKNOWN = [
    "proc.name",
    "proc.exe",
    "proc.exepath",
    "proc.cmdline",
    "proc.exeline",
    "proc.args",
    "proc.args[0]",
    "proc.cmdnargs",
    "proc.cmdlenargs",
    "proc.pname",
    "proc.pexe",
    "proc.pexepath",
    "proc.pcmdline",
    "proc.aname",
    "proc.aname[1]",
    "proc.aname[0]",
    "proc.aargs",
    "proc.cwd",
    "proc.tty",
    "proc.ppid",
    "proc.vpid",
    "proc.sid",
    "proc.pgid",
    "proc.vpgid",
    "proc.pgid.name",
    "proc.vpgid.exe",
    "proc.sid.exe",
    "proc.is_pgid_leader",
    "proc.is_vpgid_leader",
    "proc.is_sid_leader",
    "proc.ppid.duration",
    "proc.ppid.ts",
    "proc.is_exe_writable",
    "proc.is_exe_upper_layer",
    "proc.is_exe_lower_layer",
    "proc.exe_ino",
    "proc.exe_ino.ctime",
    "proc.exe_ino.mtime",
    "proc.exe_ino.ctime_duration_proc_start",
    "proc.exe_ino.ctime_duration_pidns_start",
    "proc.pidns_init_start_ts",
    "thread.cap_permitted",
    "thread.cap_effective",
]


@pytest.mark.parametrize("field", MAY_BE_UNKNOWN)
def test_what_is_not_known_is_absent(read: Any, event_of: Any, field: str) -> None:
    assert read(field, event_of(Process(20, START, None, Image()))) is None
    assert read(field, event_of(None)) is None


def test_the_name_of_an_unknown_session_leader_is_a_text(read: Any, event_of: Any) -> None:
    assert read("proc.sname", event_of(Process(20, START, None, Image()))) == ""


@pytest.mark.parametrize(("cwd", "shown"), [("/", "/"), ("/root", "/root/"), ("/srv/", "/srv/")])
def test_the_directory_ends_with_a_slash(read: Any, world: Any, event_of: Any, cwd: str, shown: str) -> None:
    process = world.run(20, None, "sh")
    process.cwd = cwd
    assert read("proc.cwd", event_of(process)) == shown


class TestAncestors:
    @pytest.fixture
    def event(self, world: Any, event_of: Any) -> Any:
        """init runs sshd that runs bash that runs id."""
        init = world.run(1, None, "/sbin/init")
        sshd = world.run(10, init, "sshd:", "[priv]", comm="sshd")
        bash = world.run(20, sshd, "-bash", comm="bash")
        return event_of(world.run(30, bash, "id", "-u"))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("proc.pname", "bash"),
            ("proc.pexe", "-bash"),
            ("proc.pexepath", "/usr/bin/bash"),
            ("proc.pcmdline", "bash"),
            ("proc.ppid", 20),
            ("proc.aname[0]", "id"),
            ("proc.aname[1]", "bash"),
            ("proc.aname[2]", "sshd"),
            ("proc.aname[3]", "init"),
            ("proc.aname[4]", None),
            ("proc.acmdline[2]", "sshd [priv]"),
            ("proc.aexepath[3]", "/usr/bin/init"),
            ("proc.aexe[1]", "-bash"),
            ("proc.apid[2]", 10),
            ("proc.aargs[2]", "[priv]"),
            ("proc.aname", ("bash", "sshd", "init")),
            ("proc.aname[-1]", ("bash", "sshd", "init")),
            ("proc.apid", (20, 10, 1)),
            ("proc.aexepath", ("/usr/bin/bash", "/usr/bin/sshd", "/usr/bin/init")),
            ("proc.acmdline", ("bash", "sshd [priv]", "init")),
            ("proc.loginshellid", 20),
        ],
    )
    def test_by_level_and_all_together(self, read: Any, event: Any, field: str, value: object) -> None:
        assert read(field, event) == value

    def test_the_arguments_of_all_are_one_text(self, read: Any, event: Any) -> None:
        assert read("proc.aargs", event).split() == ["[priv]"]

    def test_an_ancestor_of_unknown_name_is_passed_over(self, read: Any, world: Any, event_of: Any) -> None:
        unknown = Process(15, START, world.run(1, None, "init"), Image())
        assert read("proc.aname", event_of(world.run(20, unknown, "id"))) == ("init",)
        assert read("proc.pname", event_of(world.processes[20])) is None

    def test_the_eldest_shell_counts(self, read: Any, world: Any, event_of: Any) -> None:
        outer = world.run(10, world.run(1, None, "init"), "zsh")
        inner = world.run(20, world.run(15, outer, "tmux"), "bash")
        assert read("proc.loginshellid", event_of(world.run(30, inner, "id"))) == 10
        assert read("proc.loginshellid", event_of(outer)) == 10
        assert read("proc.loginshellid", event_of(world.processes[1])) is None


class TestLeaders:
    @pytest.fixture
    def family(self, world: Any) -> list[Process]:
        bash = world.run(20, world.run(1, None, "init"), "bash")
        cat = world.run(30, bash, "cat")
        grep = world.run(31, bash, "grep", "x")
        for process in (bash, cat, grep):
            process.sid = 20
        world.groups = {20: 20, 30: 30, 31: 30}
        return [bash, cat, grep]

    def test_session(self, read: Any, event_of: Any, family: list[Process]) -> None:
        event = event_of(family[2])
        assert (read("proc.sid", event), read("proc.sname", event)) == (20, "bash")
        assert (read("proc.sid.exe", event), read("proc.sid.exepath", event)) == ("bash", "/usr/bin/bash")
        assert [read("proc.is_sid_leader", event_of(process)) for process in family] == [True, False, False]

    def test_group(self, read: Any, event_of: Any, family: list[Process]) -> None:
        event = event_of(family[2])
        assert (read("proc.pgid", event), read("proc.pgid.name", event)) == (30, "cat")
        assert (read("proc.vpgid.exe", event), read("proc.pgid.exepath", event)) == ("cat", "/usr/bin/cat")
        for field in ("proc.is_pgid_leader", "proc.is_vpgid_leader"):
            assert [read(field, event_of(process)) for process in family] == [True, True, False]

    def test_a_session_whose_leader_is_gone(self, read: Any, event_of: Any, world: Any, family: list[Process]) -> None:
        bash = world.processes.pop(20)
        bash.sid = family[1].sid = 7
        child = world.run(40, family[1], "wc")
        child.sid = 7
        assert read("proc.sname", event_of(child)) == "bash"

    def test_in_a_pid_namespace(self, read: Any, event_of: Any, world: Any) -> None:
        container = Container("ab" * 32, "docker")
        leader, member = world.run(20, None, "sh"), world.run(30, None, "id")
        for process, vpid in ((leader, 7), (member, 8)):
            process.container, process.vpid, process.vpgid = container, vpid, 7
        assert (read("proc.vpid", event_of(member)), read("proc.vpgid", event_of(member))) == (8, 7)
        assert [read("proc.is_vpgid_leader", event_of(process)) for process in (leader, member)] == [True, False]

    def test_on_the_host_both_namespaces_are_one(self, read: Any, event_of: Any, family: list[Process]) -> None:
        process = family[2]
        process.container = HOST
        assert (read("proc.vpid", event_of(process)), read("proc.vpgid", event_of(process))) == (31, 30)


class TestExecutable:
    @pytest.fixture
    def process(self, world: Any) -> Process:
        process = world.run(500, None, "tool")
        process.image.file = ExecutedFile(42, START - 1000, START - 2000, True, "upper")
        process.container = Container("ab" * 32, "docker")
        process.container.start_ns = START - 5000
        return process

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("proc.is_exe_writable", True),
            ("proc.is_exe_upper_layer", True),
            ("proc.is_exe_lower_layer", False),
            ("proc.is_exe_from_memfd", False),
            ("proc.exe_ino", 42),
            ("proc.exe_ino.ctime", START - 1000),
            ("proc.exe_ino.mtime", START - 2000),
            ("proc.exe_ino.ctime_duration_proc_start", 1500),
            ("proc.exe_ino.ctime_duration_pidns_start", 4000),
            ("proc.pidns_init_start_ts", START - 5000),
            ("proc.pid.ts", START + 500),
            ("proc.duration", 500),
            ("proc.pid", 500),
            ("thread.tid", 500),
        ],
    )
    def test_facts(self, read: Any, event_of: Any, process: Process, field: str, value: object) -> None:
        assert read(field, event_of(process)) == value

    def test_durations_are_never_negative(self, read: Any, event_of: Any, process: Process) -> None:
        process.image.file = ExecutedFile(42, START + 10**9)
        event = event_of(process)
        event.time_ns = START - 10**9
        assert read("proc.exe_ino.ctime_duration_proc_start", event) is None
        assert read("proc.duration", event) == 0

    def test_the_parents_times(self, read: Any, event_of: Any, world: Any, process: Process) -> None:
        event = event_of(world.run(600, process, "id"))
        assert (read("proc.ppid.ts", event), read("proc.ppid.duration", event)) == (START + 500, 500)

    def test_capabilities_by_name(self, read: Any, event_of: Any, process: Process) -> None:
        process.image.capabilities = Capabilities(1 << 0 | 1 << 21, 1 << 21, 0)
        event = event_of(process)
        assert read("thread.cap_permitted", event) == "CAP_CHOWN CAP_SYS_ADMIN"
        assert (read("thread.cap_effective", event), read("thread.cap_inheritable", event)) == ("CAP_SYS_ADMIN", "")
        process.capabilities = Capabilities(0, 0, 0)
        assert read("thread.cap_effective", event) == ""
