"""A rule that names a file or a directory sees it opened under every other name, on the host and in containers."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from harness.agent import StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.scope import SpawnScoped

# Opens DIR/etc/secret in the way named by the second argument, once, and prints what went wrong if it cannot. What a
# way needs is made before, next to the file; nothing of that opens the file itself.
OPEN = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char base[PATH_MAX];
static const char *at(const char *name) {
    static char names[4][PATH_MAX];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(names[turn], PATH_MAX, "%s%s", base, name);
    return names[turn];
}
static void need(int done, const char *what) {
    if (done < 0) {
        perror(what);
        exit(1);
    }
}
static void private_mounts(void) {
    need(unshare(CLONE_NEWNS), "unshare");
    need(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
}
static int opened(const char *path) { return open(path, O_RDONLY); }

int main(int argc, char **argv) {
    const char *way = argv[2];
    int directory, descriptor = -1;
    strcpy(base, argv[1]);
    umask(0);
    mkdir(at("/play"), 0777);
    if (!strcmp(way, "plain")) {
        descriptor = opened(at("/etc/secret"));
    } else if (!strcmp(way, "symlink")) {
        need(symlink(at("/etc/secret"), at("/play/x")), way);
        descriptor = opened(at("/play/x"));
    } else if (!strcmp(way, "two-symlinks")) {
        need(symlink("../etc/secret", at("/play/one")), way);
        need(symlink("one", at("/play/two")), way);
        descriptor = opened(at("/play/two"));
    } else if (!strcmp(way, "linked-directory")) {
        need(symlink(at("/etc"), at("/play/d")), way);
        descriptor = opened(at("/play/d/secret"));
    } else if (!strcmp(way, "dots-after-a-link")) {
        mkdir(at("/etc/below"), 0777);
        need(symlink(at("/etc/below"), at("/play/b")), way);
        descriptor = opened(at("/play/b/../secret"));
    } else if (!strcmp(way, "dots")) {
        descriptor = opened(at("/play/..//etc/./secret"));
    } else if (!strcmp(way, "proc-self-root")) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "/proc/self/root%s", at("/etc/secret"));
        descriptor = opened(path);
    } else if (!strcmp(way, "proc-self-cwd")) {
        need(chdir(at("/etc")), way);
        descriptor = opened("/proc/self/cwd/secret");
    } else if (!strcmp(way, "proc-self-fd")) {
        char path[64];
        directory = open(at("/etc/secret"), O_PATH);
        snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
        descriptor = opened(path);
    } else if (!strcmp(way, "link-to-proc-self-cwd")) {
        need(chdir(at("/etc")), way);
        need(symlink("/proc/self/cwd", at("/play/here")), way);
        descriptor = opened(at("/play/here/secret"));
    } else if (!strcmp(way, "working-directory")) {
        need(chdir(at("/etc")), way);
        descriptor = opened("secret");
    } else if (!strcmp(way, "directory-descriptor")) {
        directory = open(at("/etc"), O_PATH | O_DIRECTORY);
        descriptor = openat(directory, "secret", O_RDONLY);
    } else if (!strcmp(way, "openat2")) {
        unsigned long long how[3] = {O_RDONLY, 0, 0};
        need(symlink(at("/etc/secret"), at("/play/o")), way);
        descriptor = syscall(437, AT_FDCWD, at("/play/o"), how, sizeof how);
    } else if (!strcmp(way, "hard-link")) {
        need(link(at("/etc/secret"), at("/play/hard")), way);
        descriptor = opened(at("/play/hard"));
    } else if (!strcmp(way, "bind-mount")) {
        private_mounts();
        mkdir(at("/play/m"), 0777);
        need(mount(at("/etc"), at("/play/m"), NULL, MS_BIND, NULL), way);
        descriptor = opened(at("/play/m/secret"));
    } else if (!strcmp(way, "bind-mounted-file")) {
        private_mounts();
        close(open(at("/play/f"), O_CREAT | O_WRONLY, 0666));
        need(mount(at("/etc/secret"), at("/play/f"), NULL, MS_BIND, NULL), way);
        descriptor = opened(at("/play/f"));
    } else if (!strcmp(way, "new-mount-calls")) {
        private_mounts();
        mkdir(at("/play/n"), 0777);
        directory = syscall(428, AT_FDCWD, at("/etc"), 1 /* OPEN_TREE_CLONE */);
        need(syscall(429, directory, "", AT_FDCWD, at("/play/n"), 4 /* MOVE_MOUNT_F_EMPTY_PATH */), way);
        descriptor = opened(at("/play/n/secret"));
    } else if (!strcmp(way, "detached-mount")) {
        directory = syscall(428, AT_FDCWD, at("/etc"), 1);
        descriptor = openat(directory, "secret", O_RDONLY);
    } else if (!strcmp(way, "chroot")) {
        need(chroot(at("")), way);
        descriptor = opened("/etc/secret");
    }
    need(descriptor, "open");
    if (argc > 3)
        usleep(300000); /* stay, so that it can be looked at */
    return 0;
}
"""
SPELLINGS = [
    "plain",
    "symlink",
    "two-symlinks",
    "linked-directory",
    "dots-after-a-link",
    "dots",
    "proc-self-root",
    "proc-self-cwd",
    "proc-self-fd",
    "link-to-proc-self-cwd",
    "working-directory",
    "directory-descriptor",
    "openat2",
    "hard-link",
]
MOUNTS = ["bind-mount", "bind-mounted-file", "new-mount-calls", "detached-mount", "chroot"]
RULES = """
- rule: File
  desc: a file by its name
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name = {base}/etc/secret
  output: opened %fd.name %fd.nameraw %proc.args
  priority: WARNING
- rule: Directory
  desc: anything below a directory, unless excused by another name
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name startswith {base}/etc/
    and not fd.name startswith {base}/play/ and proc.name = opener
  output: below %fd.name %proc.args
  priority: WARNING
"""


def rules(directory: Path, base: str, condition: str = "") -> Path:
    """The rule file for a base directory."""
    file = directory / "names.yaml"
    text = RULES.format(base=base)
    file.write_text(
        text.replace("condition: evt", f"condition: {condition}evt").replace(">\n    evt", f">\n    {condition}evt")
    )
    return file


def ways_seen(alerts: list[dict[str, object]], rule: str) -> list[str]:
    """The ways that raised a rule, in order, each once."""
    found = (alert for alert in alerts if alert["rule"] == rule)
    return list(dict.fromkeys(str(alert["output_fields"]["proc.args"]).split()[1] for alert in found))  # type: ignore[index]


@pytest.mark.parametrize("stay", [[], ["stay"]], ids=["gone-at-once", "staying"])
def test_on_the_host(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, tmp_path: Path, stay: list[str]
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "etc").mkdir()  # a directory made moments ago may go unnoticed; a file in one that stays does not
    running = agent(rules(tmp_path, str(tmp_path)), options=["-o", "rule_matching=all"])
    opener = compile_c(OPEN, "opener")
    for way in [*SPELLINGS, *MOUNTS]:
        (tmp_path / "etc/secret").write_text("secret")
        process = spawn_scoped([str(opener), str(tmp_path), way, *stay], stderr=subprocess.PIPE, text=True)
        assert process.wait(10) == 0, f"{way}: {process.stderr.read()}"
        if not stay:
            running.wait_alert(lambda alert, way=way: f" {way}" in alert["output"])  # before its files go
        (tmp_path / "etc/secret").unlink()
        shutil.rmtree(tmp_path / "play")
    alerts = running.interrupt().alerts
    assert ways_seen(list(alerts), "File") == [*SPELLINGS, *MOUNTS]
    shown = {alert["output_fields"]["proc.args"].split()[1]: alert["output_fields"]["fd.name"] for alert in alerts}
    assert shown["symlink"] == f"{tmp_path}/play/x", "the printed name stays the one that was spelled"


@pytest.mark.parametrize("stay", [[], ["stay"]], ids=["gone-at-once", "staying"])
def test_in_a_container(
    agent: StartAgent, dockerd: Docker, compile_c: Compiler, tmp_path: Path, stay: list[str]
) -> None:
    running = agent(rules(tmp_path, "/opt", "container.id != host and "), options=["-o", "rule_matching=all"])
    opener = compile_c(OPEN, "opener")
    container = dockerd.run("sleep", "600", options=["--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"])
    try:
        dockerd.copy_in(opener, container, "/opt/opener")
        for way in [*SPELLINGS, "bind-mount", "bind-mounted-file", "new-mount-calls"]:
            dockerd.execute(
                container, "sh", "-c", "rm -rf /opt/play /opt/etc; mkdir /opt/etc; echo x > /opt/etc/secret"
            )
            dockerd.execute(container, "/opt/opener", "/opt", way, *stay)
            running.wait_alert(lambda alert, way=way: f" {way}" in alert["output"] and alert["rule"] == "File")
    finally:
        dockerd.remove(container)


def test_a_directory_that_goes_and_comes_again(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    running = agent(rules(tmp_path, str(tmp_path)), options=["-o", "rule_matching=all"])
    opener = compile_c(OPEN, "opener")
    for _ in range(3):
        time.sleep(0.5)  # a missing directory is looked for four times a second
        before = running.alert_count()
        (tmp_path / "etc").mkdir()
        time.sleep(0.5)
        (tmp_path / "etc/secret").write_text("secret")
        process = spawn_scoped([str(opener), str(tmp_path), "hard-link", "stay"])
        assert process.wait(10) == 0
        running.wait_alert(lambda alert: alert["rule"] == "File", after=before)
        shutil.rmtree(tmp_path / "etc")
        shutil.rmtree(tmp_path / "play")
