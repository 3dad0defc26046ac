"""Which constraints the calls of a type that fulfil a condition are proven to fulfil."""

from __future__ import annotations

import pytest

from auditfalco.coverage.constraints import (
    ANYTHING,
    NEVER,
    Access,
    Below,
    Compared,
    Constraint,
    Contained,
    Exited,
    Family,
    Named,
    Register,
    Succeeded,
    Ways,
)
from auditfalco.coverage.ways import ways
from auditfalco.language.parser import parse

OK, FAILED = Succeeded(True), Succeeded(False)


def any_way(*found: tuple[Constraint, ...]) -> Ways:
    return frozenset(map(frozenset, found))


CONTAINED = any_way((Contained(),))
IS_A_FILE = any_way((Named("/etc/x"), OK), (FAILED,))
IN_ETC = any_way((Below("/etc"), OK), (FAILED,))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("proc.name = cat", ANYTHING),
        ("not proc.name = cat", ANYTHING),
        ("evt.type = open", NEVER),
        ("evt.type in (open, openat)", ANYTHING),
        ("not evt.type in (open, openat)", NEVER),
        ("evt.dir = >", NEVER),
        ("not evt.dir = <", NEVER),
        ("evt.type = openat and container.id != host", CONTAINED),
        ("evt.type = open or container.id != host", CONTAINED),
        ("evt.type = openat or container.id != host", ANYTHING),
        ("not (evt.type = open or not container.id != host)", CONTAINED),
        ("not container.id = host", ANYTHING),
    ],
)
def test_a_condition_is_folded_into_the_ways_to_fulfil_it(condition: str, expected: Ways) -> None:
    assert ways(parse(condition), "openat") == expected


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("fd.name = /etc/x", IS_A_FILE),
        ("fd.name in (/etc/x, /etc/y)", IS_A_FILE | any_way((Named("/etc/y"), OK))),
        ("fd.name = /etc/x and fd.num >= 0", any_way((Named("/etc/x"), OK))),
        ("fd.name = /etc/x and fd.name startswith /etc and fd.name startswith /etc/", IS_A_FILE),
        ("fd.name startswith /etc/", IN_ETC),
        ("fd.name startswith /etc/x", IN_ETC),
        ("fd.name startswith /etc", ANYTHING),
        ("fd.name startswith /", ANYTHING),
        ("fd.name glob /etc/*", IN_ETC),
        ("fd.name glob /etc/x?/y", IN_ETC),
        ("fd.name glob /etc/x", IS_A_FILE),
        ("fd.name glob */x", ANYTHING),
        ("fd.name pmatch (/etc/x)", IS_A_FILE | any_way((Below("/etc/x"), OK))),
        ("fd.name pmatch (//etc//x/)", IS_A_FILE | any_way((Below("/etc/x"), OK))),
        ("fd.name pmatch (/etc/*/y)", IN_ETC),
        ("fd.name pmatch (/)", ANYTHING),
        ("fd.directory = /etc", IN_ETC),
        ("fd.directory = /", ANYTHING),
        ("fd.directory pmatch (/etc)", IN_ETC),
        ("evt.arg.name = /etc/x", IS_A_FILE),
        ("evt.arg[2] = /etc/x", IS_A_FILE),
        ("evt.abspath = /etc/x", IS_A_FILE),
        ("fs.path.name = /etc/x", any_way((Named("/etc/x"), OK))),
        *((f"fd.name = {odd}", ANYTHING) for odd in ("x", "/etc/../x", "/etc//x", "/etc/x/", "/etc/./x", "/")),
        *(
            (f"fd.name {test}", ANYTHING)
            for test in ("!= /etc/x", "contains /etc/x", "endswith /x", "icontains /etc", "regex ^/etc/", "exists")
        ),
        ("not fd.name = /etc/x", ANYTHING),
        ("not fd.name != /etc/x", ANYTHING),
        ("tolower(fd.name) = /etc/x", ANYTHING),
        ("fd.name = val(proc.name)", ANYTHING),
        ("fd.filename = x", ANYTHING),
    ],
)
def test_names(check: str, expected: Ways) -> None:
    assert ways(parse(check), "openat") == expected


@pytest.mark.parametrize(
    ("event_type", "check", "expected"),
    [
        ("rename", "fs.path.source = /etc/x", any_way((Named("/etc/x"), OK))),
        ("symlink", "fs.path.source = /etc/x", any_way((Named("/etc/x"), OK))),
        ("symlink", "fs.path.target = /etc/x", any_way((OK,))),
        ("symlink", "evt.arg.target = /etc/x", ANYTHING),
        ("mount", "fs.path.source = /etc/x", any_way((OK,))),
        ("mount", "fs.path.target = /etc/x", any_way((Named("/etc/x"), OK))),
        ("fchmod", "fs.path.name = /etc/x", any_way((OK,))),
        ("unlinkat", "evt.arg.name = /etc/x", IS_A_FILE),
        ("read", "fd.name = /etc/x", ANYTHING),
        ("dup", "fd.directory = /etc", ANYTHING),
        ("quotactl", "fs.path.name startswith /dev/", any_way((OK,))),
    ],
)
def test_names_of_other_calls(event_type: str, check: str, expected: Ways) -> None:
    assert ways(parse(check), event_type) == expected


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("fd.num >= 0", any_way((OK,))),
        ("fd.num > 2", any_way((OK,))),
        ("fd.num >= -1", ANYTHING),
        ("fd.num = -1", any_way((FAILED,))),
        ("not fd.num < 0", ANYTHING),
        ("evt.res = SUCCESS", any_way((OK,))),
        ("evt.res != SUCCESS", any_way((FAILED,))),
        ("evt.res startswith E", any_way((FAILED,))),
        ("evt.res = EINPROGRESS", any_way((Exited(-115),))),
        ("evt.res in (SUCCESS, EINPROGRESS)", any_way((OK,), (Exited(-115),))),
        ("evt.res exists", ANYTHING),
        ("evt.rawres >= 0", any_way((OK,))),
        ("evt.rawres = -13", any_way((Exited(-13),))),
        ("evt.rawres < 0", any_way((FAILED,))),
        ("evt.rawres > -3", any_way((OK,), (Exited(-1),), (Exited(-2),))),
        ("evt.failed = false", any_way((OK,))),
        ("evt.failed = true and evt.rawres = -2", any_way((Exited(-2),))),
        ("evt.failed = true and evt.failed = false", NEVER),
        ("not evt.failed = true", ANYTHING),
        ("evt.count.error = 1", any_way((FAILED,))),
        ("evt.is_open_read = true", any_way((Access("r"),))),
        ("evt.is_open_write != false", any_way((Access("w"),))),
        ("evt.is_open_write = false", ANYTHING),
        ("not evt.is_open_write = true", ANYTHING),
        ("evt.is_open_read = true and evt.is_open_write = true", any_way((Access("r"), Access("w")))),
    ],
)
def test_results_and_access(check: str, expected: Ways) -> None:
    assert ways(parse(check), "openat") == expected


def test_calls_that_may_return_any_number_prove_no_failure() -> None:
    assert ways(parse("evt.failed = true"), "fcntl") == ANYTHING
    assert ways(parse("evt.rawres >= 0"), "fcntl") == any_way((OK,))
    assert ways(parse("evt.res = EACCES"), "fcntl") == any_way((Exited(-13),))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("user.uid = 0", any_way((Compared("euid", "=", 0),))),
        ("user.uid != 0", any_way((Compared("euid", ">=", 1),))),
        ("user.uid != 7", any_way((Compared("euid", "!=", 7),))),
        (
            "user.uid in (3, 4, 9)",
            any_way((Compared("euid", ">=", 3), Compared("euid", "<=", 4)), (Compared("euid", "=", 9),)),
        ),
        ("group.gid > 100", any_way((Compared("egid", ">=", 101),))),
        ("user.loginuid = -1", any_way((Compared("auid", "=", 0xFFFFFFFF),))),
        ("user.loginuid != -1", any_way((Compared("auid", "!=", 0xFFFFFFFF),))),
        ("user.loginuid >= 1000", any_way((Compared("auid", ">=", 1000), Compared("auid", "!=", 0xFFFFFFFF)))),
        ("user.loginuid < 1000", any_way((Compared("auid", "<=", 999),), (Compared("auid", "=", 0xFFFFFFFF),))),
        ("not user.uid = 0", ANYTHING),
        ("user.uid = 0 and user.uid = 1", NEVER),
        ("user.name = root", ANYTHING),
        ("user.loginname = root", any_way((Compared("auid", "!=", 0xFFFFFFFF),))),
        ("user.loginname != root", ANYTHING),
        ("container.id != host", CONTAINED),
        ("container.id = abc", CONTAINED),
        ("container.id != abc", ANYTHING),
        ("container.name startswith web", CONTAINED),
        ("container.image.repository = web", CONTAINED),
        ("container.image.repository != web", ANYTHING),
        ("k8s.ns.name = web", CONTAINED),
        ("proc.tty != 0", ANYTHING),
    ],
)
def test_callers(check: str, expected: Ways) -> None:
    assert ways(parse(check), "openat") == expected


INTERNET = any_way((OK, Family(0)), (OK, Family(2)), (OK, Family(10)), (FAILED,))


@pytest.mark.parametrize(
    ("event_type", "check", "expected"),
    [
        ("connect", "fd.type = ipv4", INTERNET),
        ("connect", "fd.typechar = 6", any_way((OK, Family(0)), (OK, Family(10)), (FAILED,))),
        ("connect", "fd.type = unix", any_way((OK, Family(0)), (OK, Family(1)), (FAILED,))),
        ("connect", "fd.l4proto = tcp", INTERNET),
        ("connect", "fd.sip = 1.2.3.4", INTERNET),
        ("connect", "fd.sip != 1.2.3.4", INTERNET),
        ("connect", "fd.snet in (10.0.0.0/8)", INTERNET),
        ("connect", "not fd.sip = 1.2.3.4", ANYTHING),
        ("connect", "fd.type != ipv4", ANYTHING),
        ("connect", "fd.l4proto != tcp", ANYTHING),
        ("bind", "fd.sport = 80 and evt.rawres >= 0", any_way(*((OK, Family(number)) for number in (0, 2, 10)))),
        ("sendto", "fd.type = ipv4", ANYTHING),
        ("accept", "fd.type = ipv4", ANYTHING),
        (
            "connect",
            "fd.typechar in (4, 6) and (evt.rawres >= 0 or evt.res = EINPROGRESS)",
            any_way((OK, Family(0)), (OK, Family(2)), (OK, Family(10)), (Exited(-115),)),
        ),
    ],
)
def test_sockets(event_type: str, check: str, expected: Ways) -> None:
    assert ways(parse(check), event_type) == expected


@pytest.mark.parametrize(
    ("event_type", "check", "expected"),
    [
        ("socket", "evt.arg.domain contains AF_PACKET", any_way((Register(0, "=", 17),))),
        ("socket", "evt.arg.domain = AF_UNSPEC", ANYTHING),  # numbers without a name are told so
        ("socket", "evt.rawarg.type = 3", any_way((Register(1, "=", 3),))),
        ("ptrace", "evt.arg.request = PTRACE_TRACEME", any_way((Register(0, "=", 0),))),
        ("ptrace", "evt.arg.request != PTRACE_TRACEME", ANYTHING),
        ("prctl", "evt.arg.option = PR_SET_NAME", any_way((Register(0, "=", 15),))),
        ("prctl", "evt.arg.option = 4660", any_way((Register(0, "=", 4660),))),
        ("prctl", "evt.arg.option regex PR_.*", ANYTHING),
        ("bpf", "evt.arg.cmd in (BPF_PROG_LOAD, 5)", any_way((Register(0, "=", 5),))),
        ("fcntl", "evt.arg.cmd = F_DUPFD", any_way((Register(1, "=", 0),))),
        ("kill", "evt.arg.sig = SIGKILL", any_way((Register(1, "=", 9),), (FAILED,))),
        ("tgkill", "evt.rawarg.sig < 0", any_way((FAILED,))),
        ("unshare", "evt.arg.flags contains CLONE_NEWUSER", any_way((Register(0, "&", 0x10000000),))),
        (
            "setns",
            "evt.arg.nstype contains CLONE_NEW and evt.res = SUCCESS",
            any_way((Register(1, "&", 0x7E020000), OK)),
        ),
        ("clone", "evt.arg.flags contains CLONE_CHILD", ANYTHING),
        ("chmod", "evt.arg.mode contains S_ISUID", any_way((Register(1, "&", 0o4000),))),
        ("fchmodat", "evt.arg.mode contains 'S_ISUID|S'", ANYTHING),
        ("openat", "evt.arg.flags contains O_TRUNC", any_way((Register(2, "&", 0o1000),))),
        ("openat", "evt.arg.flags contains O_RDONLY", ANYTHING),
        ("openat", "evt.arg.flags contains O_RDWR", any_way((Register(2, "&", 2),))),
        ("openat2", "evt.arg.flags contains O_TRUNC", ANYTHING),
        ("openat", "evt.is_open_create = true", any_way((Register(2, "&", 0o20000100),))),
        ("open_by_handle_at", "evt.is_open_write = true", any_way((Register(2, "&", 3),))),
        ("open_by_handle_at", "evt.is_open_read = true", ANYTHING),
        ("creat", "evt.is_open_write = true", NEVER),
        ("read", "evt.is_open_read = true", NEVER),
        ("mprotect", "evt.arg.prot contains PROT_NONE", ANYTHING),
        ("setuid", "evt.arg.uid = root", ANYTHING),
    ],
)
def test_registers(event_type: str, check: str, expected: Ways) -> None:
    assert ways(parse(check), event_type) == expected


def test_many_names_become_directories() -> None:
    names = [f"/srv/d{number % 7}/f{number}" for number in range(300)]
    found = ways(parse(f"fd.num >= 0 and fd.name in ({', '.join(names)})"), "openat")
    assert 1 <= len(found) <= 64
    places = {one for way in found for one in way if one != OK}
    assert all(len(way) == 2 for way in found)
    assert all(isinstance(one, (Named, Below)) for one in places)
    assert {f"/srv/d{number}" for number in range(7)} >= {one.directory for one in places if isinstance(one, Below)}


def test_too_many_ways_keep_what_they_have_in_common() -> None:
    choices = " or ".join(f"(user.uid = {number} and group.gid = {number} and fd.num >= 0)" for number in range(200))
    assert ways(parse(choices), "openat") == any_way((OK,))
