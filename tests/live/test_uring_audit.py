"""Which operations of io_uring the running kernel audits, against the table that says which it does not.

One program submits every operation by its number, each so that it gets as far as being carried out, whatever comes of
it then; a rule asks for all of them.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from harness.programs import Compiler
from harness.scope import AuditScope

from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.multicast import MulticastReader
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import UNAUDITED, URING_OPERATIONS

pytestmark = pytest.mark.live

URINGOP = 1336
SETTLING = 2.0  # seconds after the program's end in which its last records come
UNTRIED = {"link_timeout", "fixed_fd_install", "read_multishot", "recv_zc"}
"""Operations that are refused before they are carried out, unless others, or more of a set-up, go before them."""

PROGRAM = """
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char page[4096] __attribute__((aligned(4096)));
static unsigned word;
static struct iovec vector = {page, 8};
static struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
static struct sockaddr_in address = {.sin_family = AF_INET};
static struct epoll_event event;
static unsigned long long how[3], waitv[3], when[2] = {0, 1000000};
static char path[] = "no-such-file", other[] = "no-such-file-either", name[] = "user.x";
#define AT(p) ((uintptr_t)(p))

static void describe(struct io_uring_sqe *s, unsigned op, int file, int *pair, int *pipes, int listening, int polled) {
    s->fd = file;
    switch (op) {
    case 1: case 2: case 60: case 61: s->addr = AT(&vector), s->len = 1; break;
    case 4: case 5: case 22: case 23: s->addr = AT(page), s->len = 8; break;
    case 6: s->fd = pipes[0], s->poll32_events = POLLIN; break;
    case 0: case 7: case 12: case 14: s->fd = 0; s->addr = op ? 12345 : 0; break;
    case 9: case 10: case 48: s->fd = pair[0], s->addr = AT(&message), s->msg_flags = MSG_DONTWAIT; break;
    case 11: s->fd = 0, s->addr = AT(when), s->len = 1; break;
    case 13: s->fd = listening; break;
    case 16: s->fd = socket(AF_INET, SOCK_STREAM, 0), s->addr = AT(&address), s->off = sizeof address; break;
    case 17: s->addr = 8; break;
    case 18: s->fd = AT_FDCWD, s->addr = AT(path); break;
    case 19: s->fd = dup(file); break;
    case 20: s->fd = 0, s->addr = AT(&word), s->len = 1; break;
    case 21: s->fd = AT_FDCWD, s->addr = AT(path), s->off = AT(page); break;
    case 25: s->fd = 0, s->addr = AT(page), s->len = 4096; break;
    case 26: case 27: case 47: s->fd = pair[0], s->addr = AT(page), s->len = 8, s->msg_flags = MSG_DONTWAIT; break;
    case 28: s->fd = AT_FDCWD, s->addr = AT(path), s->off = AT(how), s->len = 24; break;
    case 29: s->fd = polled, s->addr = AT(&event), s->len = EPOLL_CTL_ADD, s->off = pipes[0]; break;
    case 30: s->fd = pipes[1], s->splice_fd_in = file, s->len = 1, s->off = -1; break;
    case 31: s->fd = 1, s->addr = AT(page), s->len = 16, s->buf_group = 1; break;
    case 32: s->fd = 1, s->buf_group = 1; break;
    case 33: s->fd = pair[1], s->splice_fd_in = pipes[0], s->len = 1, s->splice_flags = 2; break;
    case 34: s->fd = pair[1], s->len = 2; break;
    case 35: case 39: s->fd = AT_FDCWD, s->addr = AT(path), s->len = AT_FDCWD, s->off = AT(other); break;
    case 36: s->fd = AT_FDCWD, s->addr = AT(path); break;
    case 37: s->fd = AT_FDCWD, s->addr = AT("no-such-directory/x"); break;
    case 38: s->fd = AT_FDCWD, s->addr = AT(path), s->off = AT("no-such-directory/x"); break;
    case 41: case 43: s->addr = AT(name), s->off = AT(page), s->len = 1; break;
    case 42: case 44: s->fd = 0, s->addr = AT(name), s->off = AT(page), s->len = 1, s->addr3 = AT(path); break;
    case 45: s->fd = AF_INET, s->off = SOCK_STREAM; break;
    case 50: s->fd = 1, s->len = 1, s->splice_fd_in = 5; break;
    case 51: case 52: s->fd = 2, s->addr = AT(&word), s->off = 1, s->addr3 = 1; break;
    case 53: waitv[0] = 1, waitv[1] = AT(&word), waitv[2] = 2, s->fd = 0, s->addr = AT(waitv), s->len = 1; break;
    case 55: s->off = 4; break;
    case 56: s->fd = socket(AF_INET, SOCK_STREAM, 0), s->addr = AT(&address), s->off = sizeof address; break;
    case 57: s->fd = socket(AF_INET, SOCK_STREAM, 0), s->len = 1; break;
    case 59: s->fd = polled, s->addr = AT(&event), s->len = 1; break;
    case 62: s->fd = 0, s->addr = AT(page); break;
    }
}

static int carry_out(unsigned op) {
    struct io_uring_params params;
    memset(&params, 0, sizeof params);
    int ring = syscall(SYS_io_uring_setup, 4, &params);
    size_t size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t completions = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    if (completions > size) size = completions;
    char *rings = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry = mmap(0, params.sq_entries * sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                                      IORING_OFF_SQES);
    int file = open("file", O_RDWR | O_CREAT, 0600), pair[2], pipes[2], others[2];
    int listening = socket(AF_INET, SOCK_STREAM, 0), polled = epoll_create1(0);
    if (ring < 0 || rings == MAP_FAILED || file < 0 || pipe(pipes) || pipe(others)) return 1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || listen(listening, 1)) return 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK), address.sin_port = op == 16 ? htons(9) : 0;
    if (op == 33) pair[1] = others[1];
    memset(entry, 0, sizeof *entry);
    entry->opcode = op;
    describe(entry, op, file, pair, pipes, listening, polled);
    if (op == 40) entry->fd = ring;
    *(unsigned *)(rings + params.sq_off.array) = 0;
    __atomic_store_n((unsigned *)(rings + params.sq_off.tail), 1, __ATOMIC_RELEASE);
    syscall(SYS_io_uring_enter, ring, 1, 0, 0, 0, 0);
    usleep(20000);
    unsigned done = __atomic_load_n((unsigned *)(rings + params.cq_off.tail), __ATOMIC_ACQUIRE);
    struct io_uring_cqe *cqe = (struct io_uring_cqe *)(rings + params.cq_off.cqes);
    printf("%u %d\\n", op, done ? cqe->res : 0);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv) {
    if (chdir(argv[1])) return 2;
    for (unsigned op = 0; op < COUNT; op++)
        if (carry_out(op)) return 3;
    return 0;
}
"""


def test_the_kernel_audits_every_operation_but_those(
    audit_scope: AuditScope, compile_c: Compiler, tmp_path: Path
) -> None:
    key = f"kernel-sources-test-{os.getpid()}"
    program = compile_c(PROGRAM.replace("COUNT", str(len(URING_OPERATIONS))), "every")
    scoped = Field("auid", "=", audit_scope.login_uid)
    with MulticastReader() as reader, AuditControl() as control, InstalledRules(control) as installed:
        installed.enable()
        every = list(range(len(URING_OPERATIONS)))
        installed.add(rule("io_uring", "always", scoped, syscalls=every, keys=[key]))
        ran = audit_scope.run([str(program), str(tmp_path)])
        seen = recorded(reader, key)
    assert ran.returncode == 0, ran.stdout
    assert not seen & UNAUDITED
    assert set(URING_OPERATIONS) - UNAUDITED - UNTRIED == seen


def recorded(reader: MulticastReader, key: str) -> set[str]:
    """The operations of which records with the key have come."""
    seen = set()
    deadline = time.monotonic() + SETTLING
    while time.monotonic() < deadline:
        for kind, payload in reader.read_batch():
            text = payload.decode("utf-8", "surrogateescape")
            found = re.search(r"\buring_op=(\d+)", text)
            if kind == URINGOP and found is not None and f'key="{key}"' in text:
                seen.add(URING_OPERATIONS[int(found.group(1))])
        time.sleep(0.05)
    return seen
