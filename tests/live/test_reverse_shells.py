"""Standard streams put on network connections, in every way there is, in containers and on the host.

What the alerts must say is what getsockname(2) and getpeername(2) gave the program itself at the other end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness.agent import Alert, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.rulefiles import CHECKOUT
from harness.scope import SpawnScoped
from harness.shell import OpenShell

RULE = "Streams on a connection"
FALCO_RULE = "Redirect STDOUT/STDIN to Network Connection in Container"
FALCO_RULES = CHECKOUT.parent / "shared" / "reference" / "falco_rules.yaml"
FIELDS = """
evt.type evt.rawres fd.num fd.type fd.typechar fd.l4proto fd.name fd.cip fd.cport fd.sip fd.sport fd.lip
fd.lport fd.rip fd.rport fd.is_server fd.connected fd.sockfamily proc.name container.id
"""
RULES = f"""\
- rule: {RULE}
  desc: a standard stream becomes a connection
  condition: evt.type in (dup, dup2, dup3, fcntl) and evt.rawres in (0, 1, 2) and fd.type in (ipv4, ipv6)
  output: "seen {" ".join("%" + name for name in FIELDS.split())}"
  priority: NOTICE
"""

# One process listens and prints both ends; another one, the shell, connects (or, for a bind shell, is the one that
# accepts) and puts its streams on the connection. It stays for a while, or ends at once.
PROGRAM = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
static void redirect(const char *way, int from) {
    if (!strcmp(way, "fcntl"))
        for (int number = 0; number < 3; number++)
            close(number);
    for (int number = 0; number < 3; number++) {
        int got = !strcmp(way, "dup2") ? dup2(from, number)
                : !strcmp(way, "dup3") ? dup3(from, number, 0) : fcntl(from, F_DUPFD, 0);
        if (got != number)
            _exit(9);
    }
}
static void print(FILE *to, struct sockaddr_storage *end) {
    char text[INET6_ADDRSTRLEN];
    int is4 = end->ss_family == AF_INET;
    void *address = is4 ? (void *)&((struct sockaddr_in *)end)->sin_addr
                        : (void *)&((struct sockaddr_in6 *)end)->sin6_addr;
    inet_ntop(end->ss_family, address, text, sizeof text);
    fprintf(to, "%s %d ", text, ntohs(((struct sockaddr_in *)end)->sin_port));
}
int main(int argc, char **argv) {
    const char *way = argv[1], *side = argv[3];
    int family = atoi(argv[2]) == 4 ? AF_INET : AF_INET6, stays = !strcmp(argv[4], "stays");
    struct sockaddr_storage at = {0}, client = {0}, server = {0};
    socklen_t length = sizeof at, one = sizeof client, other = sizeof server;
    at.ss_family = family;
    if (family == AF_INET)
        ((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_loopback;
    int listener = socket(family, SOCK_STREAM, 0), connection;
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 1) || getsockname(listener, (void *)&at, &length))
        return 2;
    if (!strcmp(side, "reverse")) {
        pid_t shell = fork();
        if (!shell) {
            int to = socket(family, SOCK_STREAM, 0);
            if (connect(to, (void *)&at, sizeof at))
                _exit(8);
            redirect(way, to);
            if (stays)
                usleep(700000);
            _exit(0);
        }
        connection = accept(listener, (void *)&client, &one);
        getsockname(connection, (void *)&server, &other);
        char rest;
        while (read(connection, &rest, 1) > 0) {}
    } else {
        pid_t visitor = fork();
        if (!visitor) {
            int to = socket(family, SOCK_STREAM, 0);
            _exit(connect(to, (void *)&at, sizeof at) || (usleep(stays ? 900000 : 50000), 0));
        }
        connection = accept(listener, (void *)&client, &one);
        getsockname(connection, (void *)&server, &other);
        if (!fork()) {
            redirect(way, connection);
            if (stays)
                usleep(700000);
            _exit(0);
        }
    }
    int status, failed = 0;
    while (wait(&status) > 0)
        failed |= status;
    print(stdout, &client);
    print(stdout, &server);
    puts("ends");
    return failed != 0;
}
"""

WAYS = ["dup2", "dup3", "fcntl"]


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    path = tmp_path / "streams.yaml"
    path.write_text(RULES)
    return path


def ends_of(output: str) -> tuple[str, int, str, int]:
    """The client's address and port and the server's, as the program printed them."""
    words = next(line for line in output.splitlines() if line.strip().endswith("ends")).split()
    return words[0], int(words[1]), words[2], int(words[3])


def expected(way: str, family: int, side: str, ends: tuple[str, int, str, int]) -> list[dict[str, Any]]:
    """What the three alerts must say."""
    client, client_port, server, server_port = ends
    # The server's address is one of this machine, and so counts as the local one, as with Falco.
    return [
        {
            "evt.type": way,
            "evt.rawres": number,
            "fd.num": number,
            "fd.type": f"ipv{family}",
            "fd.typechar": str(family),
            "fd.l4proto": "tcp",
            "fd.name": f"{client}:{client_port}->{server}:{server_port}",
            "fd.cip": client,
            "fd.cport": client_port,
            "fd.sip": server,
            "fd.sport": server_port,
            "fd.lip": server,
            "fd.lport": server_port,
            "fd.rip": client,
            "fd.rport": client_port,
            "fd.is_server": side == "bind",
            "fd.connected": True,
            "fd.sockfamily": "ip",
            "proc.name": "streams",
        }
        for number in (0, 1, 2)
    ]


def told(alerts: list[Alert], rule: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: alert["output_fields"].get(name) for name in wanted}
        for alert in alerts
        if alert["rule"] == rule and alert["output_fields"]["proc.name"] == "streams"
    ]


@pytest.mark.parametrize("side", ["reverse", "bind"])
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("way", WAYS)
def test_streams_on_a_connection_in_a_container(
    agent: StartAgent,
    container_shell: OpenShell,
    dockerd: Docker,
    compile_c: Compiler,
    rule_file: Path,
    way: str,
    family: int,
    side: str,
) -> None:
    running = agent(rule_file)
    # Docker switches IPv6 off in containers without a network.
    shell = container_shell(options=["--sysctl=net.ipv6.conf.all.disable_ipv6=0"])
    dockerd.copy_in(compile_c(PROGRAM, "streams"), shell.container, "/opt/streams")
    status, output = shell.run(f"/opt/streams {way} {family} {side} stays")
    assert status == 0, output
    wanted = expected(way, family, side, ends_of(output))
    running.wait_alert(lambda alert: alert["output_fields"].get("fd.num") == 2)
    assert told(running.alerts(), RULE, wanted[0]) == wanted
    assert {alert["output_fields"]["container.id"] for alert in running.alerts(RULE)} == {shell.container[:12]}


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("way", WAYS)
def test_streams_on_a_connection_on_the_host(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, rule_file: Path, way: str, bits: int
) -> None:
    running = agent(rule_file)
    output = run_on_host(spawn_scoped, compile_c(PROGRAM, "streams", bits), way, "4", "reverse", "stays")
    wanted = expected(way, 4, "reverse", ends_of(output))
    running.wait_alert(lambda alert: alert["output_fields"].get("fd.num") == 2)
    assert told(running.alerts(), RULE, wanted[0]) == wanted


@pytest.mark.parametrize("side", ["reverse", "bind"])
@pytest.mark.parametrize("way", WAYS)
def test_a_shell_that_is_gone_at_once_is_known_by_its_records(
    agent: StartAgent, spawn_scoped: SpawnScoped, compile_c: Compiler, rule_file: Path, way: str, side: str
) -> None:
    running = agent(rule_file)
    output = run_on_host(spawn_scoped, compile_c(PROGRAM, "streams"), way, "4", side, "goes")
    wanted = expected(way, 4, side, ends_of(output))
    running.wait_alert(lambda alert: alert["output_fields"].get("fd.num") == 2)
    certain = ["evt.type", "fd.num", "fd.type", "fd.l4proto", "fd.sip", "fd.sport", "fd.is_server", "fd.connected"]
    found = told(running.alerts(), RULE, wanted[0])
    assert [{name: alert[name] for name in certain} for alert in found] == [
        {name: alert[name] for name in certain} for alert in wanted
    ]
    # The own end of who connected is in no record: it is right, or absent.
    for alert, truth in zip(found, wanted):
        assert alert["fd.cip"] in (None, truth["fd.cip"])
        assert alert["fd.cport"] in (None, truth["fd.cport"])


@pytest.mark.parametrize("published", [False, True] if FALCO_RULES.is_file() else [False], ids=str)
@pytest.mark.parametrize("way", ["dup2", "dup3"])
def test_what_falcos_rule_tells(
    agent: StartAgent,
    container_shell: OpenShell,
    dockerd: Docker,
    compile_c: Compiler,
    rule_file: Path,
    way: str,
    published: bool,
) -> None:
    """With Falco's own rule where it lies beside the checkout, and with one of ours that asks the same."""
    file, rule = (FALCO_RULES, FALCO_RULE) if published else (rule_file, RULE)
    running = agent(file)
    shell = container_shell()
    dockerd.copy_in(compile_c(PROGRAM, "streams"), shell.container, "/opt/streams")
    status, output = shell.run(f"/opt/streams {way} 4 reverse stays")
    assert status == 0, output
    wanted = expected(way, 4, "reverse", ends_of(output))
    names = ["evt.type", "fd.sip", "fd.name", "fd.lport", "fd.rport", "fd.type", "fd.l4proto"]
    running.wait_alert(lambda alert: alert["rule"] == rule)
    found = told(running.alerts(), rule, dict.fromkeys(names))
    assert found[0] == {name: wanted[0][name] for name in names}


def run_on_host(spawn_scoped: SpawnScoped, program: Path, *arguments: str) -> str:
    process = spawn_scoped([str(program), *arguments], stdout=-1, text=True)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    return str(output)
