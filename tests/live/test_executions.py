"""Ways to run a program that a list of system calls misses, and processes too short-lived to be looked up."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import truth
from harness.agent import StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.rulefiles import COMMAND, FILE_OPENED, SHIPPED
from harness.shell import OpenShell

EXECUTE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
static char *const arguments[] = {"told", "by", "the caller", NULL};
static char *const environment[] = {NULL};
static void execute(int directory, const char *name, int flags) {
    syscall(SYS_execveat, directory, name, arguments, environment, flags);
    perror("execveat");
}
int main(int argc, char **argv) {
    const char *target = argv[2];
    if (!strcmp(argv[1], "directory")) {
        execute(open("/opt", O_PATH | O_DIRECTORY), "quiet", 0);
    } else if (!strcmp(argv[1], "empty")) {
        execute(open(target, O_PATH), "", AT_EMPTY_PATH);
    } else if (!strcmp(argv[1], "memory")) {
        struct stat status;
        int from = open(target, O_RDONLY), to = memfd_create("nameless", MFD_CLOEXEC);
        fstat(from, &status);
        if (sendfile(to, from, NULL, status.st_size) == status.st_size)
            execute(to, "", AT_EMPTY_PATH);
    }
    return 1;
}
"""
ALL = ["-o", "rule_matching=all"]  # a program that is not of the image is the matter of an earlier rule
QUIET = "int main(void) { return 0; }"
BRIEF = "#include <unistd.h>\nint main(void) { usleep(1000); return 0; }"
PROCESSES = 500
BY_DIRECTORY = """
#include <fcntl.h>
int main(void) {
    int directory = open("/etc", O_RDONLY | O_DIRECTORY);
    openat(directory, "group", O_WRONLY | O_APPEND);
    openat(directory, "../etc/./passwd", O_RDWR);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("way", "path", "name", "flags"),
    [
        ("directory", "/opt/quiet", "quiet", "EXE_WRITABLE|EXE_UPPER_LAYER"),
        ("empty", "/opt/quiet", None, "EXE_WRITABLE|EXE_UPPER_LAYER"),
        ("memory", "memfd:nameless", None, "EXE_WRITABLE|EXE_FROM_MEMFD"),
    ],
)
def test_execveat_counts_as_a_spawned_process(
    agent: StartAgent,
    container_shell: OpenShell,
    dockerd: Docker,
    compile_c: Compiler,
    way: str,
    path: str,
    name: str | None,
    flags: str,
) -> None:
    running = agent(SHIPPED, options=ALL)
    shell = container_shell()
    for program, source in (("execute", EXECUTE), ("quiet", QUIET)):
        dockerd.copy_in(compile_c(source, program), shell.container, f"/opt/{program}")
    assert shell.run(f"/opt/execute {way} /opt/quiet")[0] == 0
    alert = running.wait_alert(
        lambda alert: alert["rule"] == COMMAND and alert["output_fields"]["evt.type"] == "execveat"
    )
    told = alert["output_fields"]
    assert told["proc.exepath"] == path
    assert told["evt.arg.flags"] == flags
    assert told["proc.exe"] == "told"
    assert told["proc.cmdline"].endswith(" by the caller")
    assert told["proc.pname"] == "sh"
    if name is not None:
        assert told["proc.name"] == name


@pytest.mark.parametrize("background", ["", "&"], ids=["one-by-one", "all-at-once"])
def test_no_short_process_is_missed(
    agent: StartAgent, container_shell: OpenShell, dockerd: Docker, compile_c: Compiler, background: str
) -> None:
    running = agent(SHIPPED, options=ALL)
    shell = container_shell()
    dockerd.copy_in(compile_c(BRIEF, "brief"), shell.container, "/opt/brief")
    call = f"/opt/brief $i {background or ';'}"
    shell.run(f"i=0; while [ $i -lt {PROCESSES} ]; do {call} i=$((i+1)); done; wait; /bin/true last", timeout=120)
    running.wait_alert(lambda alert: alert["output_fields"].get("proc.cmdline") == "true last", timeout=60)
    supervisor = truth.comm(truth.parent(shell.pid))
    found = [
        alert["output_fields"]
        for alert in running.alerts(COMMAND)
        if alert["output_fields"]["proc.exepath"] == "/opt/brief"
    ]
    expected = [f"brief {number}" for number in range(PROCESSES)]
    lines = [told["proc.cmdline"] for told in found]
    if background:
        assert (sorted(set(expected) - set(lines)), len(lines)) == ([], PROCESSES), running.messages()
    else:
        assert lines == expected
    assert {told["container.id"] for told in found} == {shell.container[:12]}
    assert {told["proc.pname"] for told in found} == {"sh"}
    assert {told["proc.aname[2]"] for told in found} == {supervisor}
    assert {told["proc.exe_ino.ctime"] for told in found} == {
        Path(f"/proc/{shell.pid}/root/opt/brief").stat().st_ctime_ns
    }
    assert "syscall event drop" not in running.interrupt().summary


@pytest.mark.parametrize("bits", [64, 32])
def test_opens_below_a_directory_descriptor_of_a_process_that_is_gone(
    agent: StartAgent, container_shell: OpenShell, dockerd: Docker, compile_c: Compiler, bits: int
) -> None:
    running = agent(SHIPPED, options=ALL)
    shell = container_shell()
    dockerd.copy_in(compile_c(BY_DIRECTORY, "below", bits), shell.container, "/opt/below")
    shell.run("/opt/below; /bin/true last")
    running.wait_alert(lambda alert: alert["output_fields"].get("proc.cmdline") == "true last")
    opened = [
        (told["fd.nameraw"], told["fd.name"], told["evt.arg.flags"])
        for alert in running.alerts(FILE_OPENED)
        if (told := alert["output_fields"])["proc.name"] == "below"
    ]
    assert opened == [
        ("group", "/etc/group", "O_APPEND|O_WRONLY|FD_UPPER_LAYER"),
        ("../etc/./passwd", "/etc/passwd", "O_RDWR|FD_UPPER_LAYER"),
    ]
