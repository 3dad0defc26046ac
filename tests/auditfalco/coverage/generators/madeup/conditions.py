"""Random conditions on what made-up calls are made of, nested in any manner, and many of them true for some call."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from auditfalco.language.constants import MAX_LENGTH
from auditfalco.language.parser import parse
from auditfalco.language.tree import Node
from auditfalco.model.descriptor import TYPE_CHARACTERS
from auditfalco.model.event import Argument, Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, Parameter
from madeup.calls import CALLS, DIRECTORIES, ERRORS, IDS, LEAVES

_PATH_FIELDS = ("fd.name", "fd.name", "fd.directory", "fs.path.name", "fs.path.source", "fs.path.target", "evt.abspath")
_PATH_ARGUMENTS = ("name", "path", "oldpath", "newpath", "target", "linkpath", "filename", "dir", "dev")
_ODD_PATHS = ("/", "/etc/", "etc/x", "/etc//x", "/etc/../tmp/x", "x", "/et", "/etc/s", "")
_NAMES_OF_ARGUMENTS: dict[str, Sequence[str]] = {
    "domain": ("AF_INET", "AF_INET6", "AF_UNIX", "AF_PACKET", "AF_UNSPEC", "2", "AF_"),
    "type": ("1", "2", "3", "65536"),
    "request": ("PTRACE_TRACEME", "PTRACE_ATTACH", "PTRACE_SEIZE", "PTRACE_PEEKTEXT", "4", "PTRACE_SETREGS", "0"),
    "option": ("PR_SET_NAME", "PR_SET_DUMPABLE", "22", "PR_", "15"),
    "cmd": ("BPF_PROG_LOAD", "BPF_MAP_CREATE", "F_DUPFD", "F_SETFL", "5", "UNKNOWN", "FSCONFIG_SET_FD", "36"),
    "sig": ("SIGKILL", "SIGHUP", "9", "0", "SIG", "64"),
    "flags": (
        "CLONE_NEWUSER",
        "CLONE_NEW",
        "CLONE_VM",
        "O_TRUNC",
        "O_CREAT",
        "O_RDWR",
        "O_WRONLY",
        "O_RDONLY",
        "O_",
        "0",
    ),
    "nstype": ("CLONE_NEWNS", "CLONE_NEWPID", "0"),
    "mode": ("S_ISUID", "S_ISGID", "S_IXUSR", "04755", "0644", "S_I", "R_OK"),
    "prot": ("PROT_EXEC", "PROT_WRITE", "PROT_NONE"),
    "level": ("SOL_SOCKET", "SOL_TCP", "UNKNOWN"),
    "how": ("SHUT_RD", "SHUT_WR", "2"),
    "op": ("1", "0"),
    "operation": ("KEYCTL_JOIN_SESSION_KEYRING", "LOCK_EX", "LOCK_NONE", "KEYCTL_GET", "1"),
    "resource": ("RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_UNKNOWN"),
}
_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}_|/.-")
_NUMBERED = ("domain", "type", "request", "option", "sig", "level", "how", "op", "resource", "nstype")


class ConditionMaker:
    """Makes random conditions."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def condition(self) -> Node:
        """A condition that is not about the event type alone."""
        return parse(self.text())

    def aimed(self, event: Event) -> str:
        """The text of a condition whose first check is of what this event has, and mostly true of it."""
        known = EVENT_TYPES_BY_NAME.get(event.type)
        parameters = known.parameters if known is not None else ()
        checks = [self._of_values(parameter) for parameter in parameters if parameter.values]
        checks += [self._signal() for parameter in parameters if parameter.type == "SIGTYPE"]
        checks += [self._as_told(name, argument) for name, argument in event.arguments.items()] * 2
        checks += [self._socket()] if event.type in ("connect", "bind") else [self._path(), self._result()]
        if event.descriptor is not None:
            checks += [f"fd.type = {event.descriptor.kind}", f"fd.typechar = {TYPE_CHARACTERS[event.descriptor.kind]}"]
        first = self._pick(*checks)
        return self._pick(first, first, f"{first} and ({self.text(1)})", f"not ({first}) or {self._check()}")

    def _as_told(self, name: str, argument: Argument) -> str:
        """A check of an argument for what it is; of a path by any of the fields that may show it."""
        text = argument.text
        if not 0 < len(text) <= MAX_LENGTH or not set(text) <= _PLAIN:
            return f"evt.arg.{name} exists"
        if text.startswith("/"):
            field = self._pick(f"evt.arg.{name}", "fs.path.name", "fs.path.source", "fs.path.target", "fd.name")
            return f"{field} {self._pick('=', 'startswith', 'glob')} " + f'"{text}"'
        part = self._pick(*text.split("|"))
        return self._pick(f'evt.arg.{name} = "{text}"', f'evt.arg.{name} contains "{part}"')

    def _of_values(self, parameter: Parameter) -> str:
        names = [name for name, _ in parameter.values]
        chosen = self._random.sample(names, min(3, len(names)))
        test = self._pick("=", "contains", "contains", "in", "startswith", "!=")
        if parameter.type.startswith("ENUM") and self._random.random() < 0.2:
            return f"evt.rawarg.{parameter.name} in ({self._random.choice(parameter.values)[1]}, 77)"
        return f"evt.arg.{parameter.name} {test} " + (f"({', '.join(chosen)})" if test == "in" else chosen[0])

    def _signal(self) -> str:
        return self._pick(
            "evt.arg.sig = SIGHUP", "evt.rawarg.sig = 9", "evt.arg.sig in (SIGKILL, 0)", "evt.rawarg.sig < 5"
        )

    def text(self, depth: int = 3) -> str:
        """The same as text."""
        draw = self._random.random()
        if depth == 0 or draw < 0.3:
            return self._check()
        if draw < 0.42:
            return f"not ({self.text(depth - 1)})"
        word = " and " if draw < 0.72 else " or "
        return word.join(f"({self.text(depth - 1)})" for _ in range(self._random.choice((2, 2, 3))))

    def _check(self) -> str:
        kinds = (
            *(self._path, self._path, self._argument, self._argument, self._result, self._result, self._access),
            *(self._id, self._container, self._socket, self._socket, self._type, self._other),
        )
        return self._random.choice(kinds)()

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _a_path(self) -> str:
        if self._random.random() < 0.25:
            return f'"{self._pick(*_ODD_PATHS)}"'
        directory = self._pick(*DIRECTORIES)
        return directory if self._random.random() < 0.3 else f"{directory.rstrip('/')}/{self._pick(*LEAVES)}"

    def _path(self) -> str:
        field = self._pick(*_PATH_FIELDS, f"evt.arg.{self._pick(*_PATH_ARGUMENTS)}", "fd.filename", "fd.nameraw")
        test = self._pick(
            "=", "!=", "in", "startswith", "startswith", "pmatch", "glob", "contains", "endswith", "regex"
        )
        if test in ("in", "pmatch"):
            listed = ", ".join(self._a_path() for _ in range(self._random.randrange(1, 4)))
            return f"{field} {test} ({listed})"
        path = self._a_path()
        if test == "glob":
            path = path.strip('"') + self._pick("", "*", "?", "/*", "[xy]", "/?*")
            return f'{field} glob "{path}"'
        return f"{field} {test} {path}"

    def _result(self) -> str:
        error = str(self._random.choice(ERRORS))
        return self._pick(
            "evt.res = SUCCESS",
            "evt.res != SUCCESS",
            f"evt.res {self._pick('=', '!=')} {self._pick('EACCES', 'EINPROGRESS', 'ENOENT', '-5000')}",
            f"evt.res startswith {self._pick('E', 'EI', 'S', '-')}",
            "evt.res in (SUCCESS, EINPROGRESS)",
            f"evt.rawres {self._pick('=', '!=', '<', '<=', '>', '>=')} {self._pick('0', '-1', '3', '-4096', error)}",
            f"evt.failed {self._pick('=', '!=')} {self._pick('true', 'false')}",
            f"fd.num {self._pick('=', '>', '>=', '<')} {self._pick('0', '-1', '3')}",
            f"evt.count.error = {self._pick('0', '1')}",
        )

    def _access(self) -> str:
        field = self._pick("evt.is_open_read", "evt.is_open_write", "evt.is_open_create", "evt.is_open_exec")
        return f"{field} {self._pick('=', '=', '!=')} {self._pick('true', 'true', 'false')}"

    def _id(self) -> str:
        field = self._pick("user.uid", "group.gid", "user.loginuid")
        number = str(self._random.choice((*IDS, -1, 8)) & 0xFFFFFFFF if field != "user.loginuid" else self._login())
        if self._random.random() < 0.2:
            return f"{field} in ({number}, 7, 8, 1000)"
        return f"{field} {self._pick('=', '!=', '<', '<=', '>', '>=')} {number}"

    def _login(self) -> int:
        return self._random.choice((*IDS, -1, 8))

    def _container(self) -> str:
        return self._pick(
            "container.id != host",
            "container.id = host",
            "container.id = aaaaaaaaaaaa",
            "container.id startswith a",
            "container.type != host",
            "container.image.repository = web",
            "container.name exists",
        )

    def _socket(self) -> str:
        return self._pick(
            f"fd.type {self._pick('=', '!=')} {self._pick('ipv4', 'ipv6', 'unix', 'file', 'netlink')}",
            f"fd.typechar in ({self._pick('4, 6', 'u', '4', 'f')})",
            f"fd.l4proto {self._pick('=', '!=')} {self._pick('tcp', 'udp')}",
            f"fd.sockfamily = {self._pick('ip', 'unix')}",
            f"fd.{self._pick('sip', 'rip', 'ip', 'cip')} {self._pick('=', '!=')} 10.0.0.1",
            f"fd.{self._pick('sport', 'rport', 'port')} {self._pick('=', '!=')} {self._pick('22', '80')}",
            f"fd.{self._pick('snet', 'net')} in (10.0.0.0/8)",
        )

    def _type(self) -> str:
        return f"evt.type in ({', '.join(self._random.sample(sorted(set(CALLS)), 12))})"

    def _other(self) -> str:
        return self._pick("proc.name = cat", "proc.name = dog", "evt.dir = <", "evt.dir = >", "fd.name exists")

    def _argument(self) -> str:
        name = self._pick(*_NAMES_OF_ARGUMENTS)
        text = self._pick(*_NAMES_OF_ARGUMENTS[name])
        if name in _NUMBERED and self._random.random() < 0.3:
            return f"evt.rawarg.{name} {self._pick('=', '=', '!=', '<')} {self._random.choice((0, 1, 2, 3, 9, 15, 16))}"
        test = self._pick("=", "=", "in", "contains", "contains", "!=", "startswith", "icontains", "glob")
        constant = {"in": f"({text}, SIGHUP, 7)", "glob": f'"{text}*"'}.get(test, text)
        return f"evt.arg.{name} {test} {constant}"
