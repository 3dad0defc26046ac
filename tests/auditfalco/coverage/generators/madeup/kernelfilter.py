"""The kernel's audit filter, as it decides at the end of a call (kernel/auditsc.c, auditfilter.c, audit_watch.c).

Of all rules that a call fulfils the one with the highest priority decides; what is put in front has a higher one than
all before it. A rule about a name or an inode is tried only with calls about such an inode, and of what takes a watched
name away also before the call has a result.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, NamedTuple

from kernel_sources.audit.rule import AuditRule, Field
from madeup.tree import Device, Entry, Number, View

_WORD = 0xFFFFFFFF
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": lambda left, right: bool(left & right),
}
_READ, _WRITE = 4, 2
_ACCESS_MODES = (_READ, _WRITE, _READ | _WRITE, _READ | _WRITE)
"""ACC_MODE() in include/linux/fs.h."""


@dataclass(frozen=True)
class Seen:
    """What the filter knows of a call.

    Attributes:
        arch: number of the machine; `number` that of the call in its table, `name` its name.
        registers: the first four arguments.
        result: what it returned.
        ids: uids and gids by the fields of audit rules, and pid.
        exe: the program's file.
        family: of the socket address that was passed; None without one.
        open_flags: of open, openat and openat2.
        files: the inodes that it came upon.
        above: the inodes of directories in which it found them, at any height of their file system.
        removed: inodes of which it took a name away, by directory and name.
        made: inodes to which it gave a name, by directory and name.
    """

    arch: int
    number: int
    name: str
    registers: tuple[int, ...]
    result: int
    ids: dict[str, int]
    exe: str
    family: int | None
    open_flags: int | None
    files: frozenset[Number] = frozenset()
    above: frozenset[Number] = frozenset()
    removed: frozenset[tuple[Entry, str, Number]] = frozenset()
    made: frozenset[tuple[Entry, str, Number]] = frozenset()

    @property
    def succeeded(self) -> bool:
        """Whether it returned no error (include/linux/err.h)."""
        return not -4095 <= self.result < 0


class _Watch(NamedTuple):
    """A watched name: its directory, the last part, and what is there now."""

    above: Entry
    last: str
    there: Number | None


class _Installed(NamedTuple):
    priority: int
    rule: AuditRule
    watch: _Watch | None
    tagged: frozenset[Number]


class KernelFilter:
    """The rules of the exit list and of the inodes, in a kernel.

    Args:
        rules: in the order in which they are added.
        view: what names in rules mean, when they are added.
        openat2_access: whether perm= knows openat2 (Linux 5.16).
    """

    def __init__(self, rules: Iterable[AuditRule], view: View, *, openat2_access: bool = True) -> None:
        self._view, self._openat2_access = view, openat2_access
        self._by_call: dict[tuple[int, int], list[_Installed]] = {}
        low, high = 0, 0
        for rule in rules:
            if rule.filter_list != "exit":
                continue
            low, high = (low, high + 1) if rule.prepend else (low - 1, high)
            self._add(high if rule.prepend else low, rule)
        for listed in self._by_call.values():
            listed.sort(key=lambda one: -one.priority)

    def _add(self, priority: int, rule: AuditRule) -> None:
        path, directory, arch = rule.value_of("path"), rule.value_of("dir"), rule.value_of("arch")
        watch = None
        if isinstance(path, str):
            found = self._view.find(path.rpartition("/")[0] or "/")
            if found is None or found.entry is None:
                return  # the kernel refuses it: ENOENT
            last = path.rpartition("/")[2]
            there = found.entry.below.get(last)
            watch = _Watch(found.entry, last, None if there is None else there.number)
        tagged = self._tagged(directory) if isinstance(directory, str) else frozenset()
        assert isinstance(arch, int), "a rule without arch= is for two tables at once"
        for number in rule.syscalls:
            self._by_call.setdefault((arch, number), []).append(_Installed(priority, rule, watch, tagged))

    def _tagged(self, directory: str) -> frozenset[Number]:
        """A directory, not looked for through a final link, and what is mounted below it."""
        found = self._view.find(directory, follow=False)
        if found is None or found.entry is None:
            return frozenset()
        below = f"{found.real.rstrip('/')}/"
        roots = [root for point, root in self._view.mounted.items() if point.startswith(below)]
        return frozenset(entry.number for entry in (found.entry, *roots))

    def records(self, call: Seen) -> bool:
        """Whether the call is recorded."""
        for one in self._by_call.get((call.arch, call.number), ()):
            if self._fulfils(call, one):
                return one.rule.action == "always"
        return False

    def _fulfils(self, call: Seen, one: _Installed) -> bool:
        plain = [field for field in one.rule.fields if field.name not in ("arch", "path", "key")]
        if one.watch is None:
            return all(self._holds(call, field, one.tagged) for field in plain)
        above, last, there = one.watch
        at_work = any((directory, name) == (above, last) for directory, name, _ in call.removed)
        if at_work and all(self._holds(call, field, one.tagged, ended=False) for field in plain):
            return True
        made = next((new for directory, name, new in call.made if (directory, name) == (above, last)), None)
        now = made if made is not None else None if at_work else there
        return now in call.files and all(self._holds(call, field, one.tagged) for field in plain)

    def _holds(self, call: Seen, field: Field, tagged: frozenset[Number], *, ended: bool = True) -> bool:
        name, op, value = field.name, field.op, field.value
        if name == "dir":
            return bool(tagged & call.above)
        if name == "exe":
            return call.exe == value
        assert isinstance(value, int)
        compare = _COMPARISONS[op]
        if name in call.ids:
            return compare(call.ids[name], value)
        if name == "success":
            return ended and compare(call.succeeded, bool(value))
        if name == "exit":
            return ended and compare(call.result & _WORD, value)
        if name in ("a0", "a1", "a2", "a3"):
            return compare(call.registers[int(name[1])] & _WORD, value)
        if name == "saddr_fam":
            return call.family is not None and compare(call.family, value)
        if name == "perm":
            return bool(self._access(call) & value)
        return _of_a_file(name, compare, value, call.files)

    def _access(self, call: Seen) -> int:
        """The classes of perm= that the call is in; of those that calls other than opens have, none is counted."""
        if call.name == "creat":
            return _WRITE
        told = ("open", "openat", "openat2") if self._openat2_access else ("open", "openat")
        return _ACCESS_MODES[call.open_flags & 3] if call.name in told and call.open_flags is not None else 0


def _of_a_file(name: str, compare: Callable[[int, int], bool], value: int, files: Iterable[Number]) -> bool:
    """A field that holds if it does so of any file; of a device also by what a device file stands for, here 0:0."""
    if name == "inode":
        return any(compare(file.inode & _WORD, value) for file in files)
    part: Callable[[Device], int] = {"devmajor": _major, "devminor": _minor}[name]
    return any(compare(part(file.device), value) or compare(0, value) for file in files)


def _major(device: Device) -> int:
    return device.major


def _minor(device: Device) -> int:
    return device.minor
