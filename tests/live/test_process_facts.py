"""What no audit record tells of a process, and what those of rare calls do: ends, environments, capabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness.agent import StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.scope import SpawnScoped
from harness.shell import OpenShell

# Makes a child that ends as the second argument says; or makes the calls that it names.
ACTS = r"""
#define _GNU_SOURCE
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void ending(const char *how) {
    pid_t child = fork();
    if (!child) {
        if (!strcmp(how, "code")) _exit(3);
        if (!strcmp(how, "signal")) { raise(SIGKILL); }
        if (!strcmp(how, "parent")) {
            if (!fork()) { sleep(1); _exit(0); }
            _exit(0);
        }
    }
    waitpid(child, NULL, 0);
}
static void calls(void) {
    syscall(SYS_tkill, getpid(), 0);
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    syscall(SYS_mlock2, memory, 4096, MLOCK_ONFAULT);
    munlock(memory, 4096);
    munmap(memory, 8192);
    int set = semget(0x4242, 2, IPC_CREAT | IPC_EXCL | 0600);
    struct sembuf one = {0, 1, IPC_NOWAIT};
    semop(set, &one, 1);
    semctl(set, 1, GETVAL);
    semctl(set, 0, IPC_RMID);
    struct rlimit limit = {64, 64};
    syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
    uid_t a, b, c;
    getresuid(&a, &b, &c);
#ifdef __i386__
    int result;
    unsigned long mapping[] = {0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(90), "b"(mapping) : "memory");
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(70), "b"(0xffff), "c"(0xffff));  // setreuid, of 16 bits
#endif
}
int main(int argc, char **argv) {
    if (!strcmp(argv[1], "calls")) calls();
    else if (!strcmp(argv[1], "user")) return setuid(1);
    else if (!strcmp(argv[1], "kill")) {
        pid_t child = fork();
        if (!child) { prctl(PR_SET_NAME, "victim"); pause(); }
        usleep(50000);
        printf("%d\n", child);
        kill(child, SIGTERM);
        waitpid(child, NULL, 0);
    }
    else ending(argv[1]);
    return 0;
}
"""


def rules(path: Path, condition: str, output: str) -> Path:
    """A file with one rule."""
    path.write_text(
        f"- rule: Told\n  desc: Told\n  condition: {condition}\n  output: told {output}\n  priority: INFO\n"
    )
    return path


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("code", {"evt.arg.status": "768", "evt.arg.ret": "3", "evt.arg.sig": "0"}),
        ("signal", {"evt.arg.status": "9", "evt.arg.ret": "0", "evt.arg.sig": "SIGKILL"}),
        ("parent", {"evt.arg.status": "0", "evt.arg.ret": "0", "evt.arg.sig": "0"}),
    ],
)
def test_ends_are_events_where_a_rule_names_them(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, tmp_path: Path, how: str, expected: Any
) -> None:
    output = "%evt.arg.status %evt.arg.ret %evt.arg.sig %evt.arg.core %evt.arg.reaper_tid %evt.dir %proc.cmdline"
    path = rules(tmp_path / "rules.yaml", "evt.type=procexit and proc.name=acts and proc.pname=acts", output)
    running = agent(path)
    # By a shell, so that the program is the first that its process runs: of several in one tick of the audit clock, of
    # which one goes unrecorded, a process that has ended does not tell which was its last.
    spawn_scoped(["/bin/sh", "-c", f"{compile_c(ACTS, 'acts')} {how}; :"]).wait(10)
    told = running.wait_alert(lambda alert: True)["output_fields"]
    assert {name: told[name] for name in expected} == expected
    assert (told["proc.cmdline"], told["evt.dir"], told["evt.arg.core"]) == (f"acts {how}", ">", "0")
    assert (told["evt.arg.reaper_tid"] != "0") == (how == "parent")


def test_environments(agent: StartAgent, spawn_scoped: SpawnScoped, tmp_path: Path) -> None:
    path = rules(
        tmp_path / "rules.yaml",
        "evt.type=execve and proc.env[LD_AUDIT] = /tmp/x.so",
        "%proc.env[LD_AUDIT] %proc.aenv[OUTER] %evt.arg.env %evt.arg.vm_size %evt.arg.fdlimit",
    )
    running = agent(path)
    spawn_scoped(["/bin/sh", "-c", "env LD_AUDIT=/tmp/x.so /bin/sleep 0.01; :"], env={"OUTER": "yes"}).wait(10)
    told = running.wait_alert(lambda alert: True)["output_fields"]
    assert (told["proc.env[LD_AUDIT]"], told["proc.aenv[OUTER]"]) == ("/tmp/x.so", "yes")
    assert "LD_AUDIT=/tmp/x.so." in told["evt.arg.env"]
    assert int(told["evt.arg.vm_size"]) > 100
    assert int(told["evt.arg.fdlimit"]) > 0


def test_capabilities_go_with_the_user(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, tmp_path: Path
) -> None:
    path = rules(
        tmp_path / "rules.yaml",
        "evt.type=setuid and proc.name=acts",
        "%user.uid %thread.cap_effective",
    )
    running = agent(path)
    spawn_scoped([str(compile_c(ACTS, "acts")), "user"]).wait(10)
    told = running.wait_alert(lambda alert: True)["output_fields"]
    assert told["user.uid"] == 1
    assert told["thread.cap_effective"] in ("", None)  # None: it had ended before its capabilities were looked at


ANY = "any"
EVERYWHERE = {
    "tkill": {"res": "0", "tid": "acts", "sig": "0"},
    "mlock2": {"res": "0", "addr": ANY, "len": "4096", "flags": "MLOCK_ONFAULT"},
    "munlock": {"res": "0", "addr": ANY, "len": "4096"},
    "munmap": {"res": "0", "addr": ANY, "length": "8192"},
    "getresuid": {"res": "0"},
}
BY_WIDTH: dict[int, dict[str, dict[str, str]]] = {
    64: {
        "semget": {"res": ANY, "key": "4242", "nsems": "2", "semflg": "IPC_EXCL|IPC_CREAT"},
        "semctl": {"res": "0", "semid": ANY, "semnum": "0", "cmd": "IPC_RMID", "val": "0"},
        "prlimit": {"res": "0", "pid": "0", "resource": "RLIMIT_CORE"},
    },
    32: {
        "mmap": {"res": ANY},  # by the call that takes the address of its arguments
        "setreuid": {"res": "0", "ruid": "<NA>", "euid": "<NA>"},  # by the call whose ids have 16 bits
    },
}


@pytest.mark.parametrize("bits", [64, 32])
def test_calls(agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, tmp_path: Path, bits: int) -> None:
    expected = {**EVERYWHERE, **BY_WIDTH[bits]}
    names = sorted({name for arguments in expected.values() for name in arguments})
    output = " ".join(["%evt.type", *(f"%evt.arg.{name}" for name in names)])
    condition = f"evt.type in ({', '.join(expected)}) and proc.name=acts"
    running = agent(rules(tmp_path / "rules.yaml", condition, output))
    spawn_scoped([str(compile_c(ACTS, "acts", bits)), "calls"]).wait(10)
    last = "getresuid" if bits == 64 else "setreuid"
    running.wait_alert(lambda alert: alert["output_fields"]["evt.type"] == last)
    told = {alert["output_fields"]["evt.type"]: alert["output_fields"] for alert in running.alerts()}
    for call, arguments in expected.items():
        shown = {name: told[call][f"evt.arg.{name}"] for name in names if told[call][f"evt.arg.{name}"] is not None}
        assert {**shown, **{name: ANY for name in shown if arguments.get(name) == ANY}} == arguments, call


def test_a_container_counts_its_processes_by_itself(
    agent: StartAgent, container_shell: OpenShell, dockerd: Docker, compile_c: Compiler, tmp_path: Path
) -> None:
    condition = "evt.type in (kill, clone, fork, prctl) and proc.name in (acts, victim)"
    output = (
        "%evt.type %evt.arg.res %evt.rawarg.res %evt.arg.pid %evt.rawarg.pid %evt.arg.sig %evt.arg.vpid %evt.arg.flags"
    )
    running = agent(rules(tmp_path / "rules.yaml", condition, output))
    shell = container_shell()
    dockerd.copy_in(compile_c(ACTS, "acts"), shell.container, "/opt/acts")
    child = int(shell.run("/opt/acts kill")[1])
    running.wait_alert(lambda alert: alert["output_fields"]["evt.type"] == "kill")
    told = {alert["output_fields"]["evt.type"]: alert["output_fields"] for alert in running.alerts()}
    assert (told["kill"]["evt.rawarg.pid"], told["kill"]["evt.arg.pid"]) == (child, "victim")
    assert told["kill"]["evt.arg.sig"] == "SIGTERM"
    assert (told["clone"]["evt.rawarg.res"], told["clone"]["evt.arg.vpid"]) == (child, "acts")
    assert "CLONE_CHILD_IN_PIDNS" in told["clone"]["evt.arg.flags"]
