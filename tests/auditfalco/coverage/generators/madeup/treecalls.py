"""Random calls on a made-up host: what the filter sees of one, and the event with the names that the state would give.

A call goes as the host's files let it: what is missing is made or not found, and what is there is opened where its
links lead. None of it lasts: every call finds the host as it was at first.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from auditfalco.model.event import Event
from auditfalco.model.names import mapped, named
from kernel_sources.tables import machine_number, socketcall_number, syscall_number
from madeup.calls import DIRECTORIES, OPENS, CallMaker, Draft, MadeUpCall, straight
from madeup.kernelfilter import Seen
from madeup.place import Place
from madeup.tree import Entry, Found, Number, View

_ON_THE_ENTRY = frozenset(
    {"unlink", "unlinkat", "rmdir", "lchown", "rename", "renameat", "renameat2", "link", "linkat"}
)
"""Calls that do not follow a link at the end of a name that is there; those that make a name do not either."""

_TMPFILE, _O_CREAT, _O_DIRECTORY = 0o20000000, 0o100, 0o200000
_MOST_DRAWS = 20
_ENOENT, _EEXIST, _EINVAL, _EISDIR = -2, -17, -22, -21


class TreeCall(NamedTuple):
    """A call, and what the kernel's filter sees of it."""

    call: MadeUpCall
    seen: Seen


class _TreeDraft(Draft):
    """A draft that goes as the files are."""

    view: View
    found: dict[str, Found]
    files_seen: set[Number]
    above_seen: set[Number]
    removed: set[tuple[Entry, str, Number]]
    made: set[tuple[Entry, str, Number]]
    new = count(1_000_000)

    def fill(self) -> None:
        """Choose everything at random, and go where that leads."""
        super().fill()
        if self.paths and self.result < 0 and self.random.random() < 0.6:
            for _ in range(_MOST_DRAWS):
                self.paths, self.files = [], []
                super().fill()
                if self.result >= 0:
                    break
        if self.flags_of_open is not None and self.name in ("open", "openat") and self.random.random() < 0.1:
            flags = self.random.choice((1, 2)) | _TMPFILE | _O_DIRECTORY
            self._set(1 if self.name == "open" else 2, flags)
            self.flags_of_open = flags
        self.files_seen, self.above_seen, self.removed, self.made = set(), set(), set(), set()
        self.found = {}
        if self.paths and self.result >= 0:
            error = next((error for error in map(self._go, range(len(self.paths))) if error), 0)
            if error:
                self.result = error
        if self.result < 0:
            self.paths = [(spelled, "UNKNOWN") for spelled, kind in self.paths if kind != "PARENT"]
            self.found = {}
            self.removed, self.made = set(), set()
            if self.random.random() < 0.5:
                self.files_seen, self.above_seen = set(), set()

    def _go(self, item: int) -> int:
        """Take one name; the error, if that fails."""
        spelled, kind = self.paths[item]
        if spelled is None:  # a handle, of a file whose directories the kernel has in memory
            file = self.random.choice([one for one in _all_below(self.view.mounted.values()) if one.kind == "f"])
            self._come_upon(file, file)
            return 0
        if kind in ("PARENT", "UNKNOWN"):  # the latter is the text of a symbolic link
            return 0
        made = kind == "CREATE" and self.name not in OPENS
        found = self.view.find(posixpath.join(self.cwd, spelled), follow=not made and self.name not in _ON_THE_ENTRY)
        if found is None:
            return _ENOENT
        if self.name in OPENS:
            return self._go_open(item, found)
        if made:
            return self._go_make(spelled, found)
        if found.entry is None or not found.last:
            return _ENOENT
        self._come_upon(found.entry, found.entry)
        self.found[spelled] = found
        if kind == "DELETE":
            self._come_upon(found.above, found.above)
            self.removed.add((found.above, found.last, found.entry.number))
        return 0

    def _go_make(self, spelled: str, found: Found) -> int:
        if found.entry is not None and not self.name.startswith("rename"):
            return _EEXIST
        number = Number(found.above.number.device, next(self.new))
        if found.entry is not None:
            self.files_seen.add(found.entry.number)
            self.removed.add((found.above, found.last, found.entry.number))
        if self.name.startswith(("rename", "link")):
            first = next(iter(self.found.values()), None)
            if first is None or first.entry is None:
                return _ENOENT
            number = first.entry.number
        self._come_upon(found.above, found.above)
        self.files_seen.add(number)
        self.made.add((found.above, found.last, number))
        self.found[spelled] = found
        return 0

    def _go_open(self, item: int, found: Found) -> int:
        flags = self.flags_of_open or 0
        spelled = self.paths[item][0]
        assert spelled is not None
        if flags & _TMPFILE:
            if found.entry is None or found.entry.kind != "d" or not flags & 3:
                return _EINVAL
            self._come_upon(found.entry, found.entry)
            self.files_seen.add(Number(found.entry.number.device, next(self.new)))
            self.paths[item] = (spelled, "NORMAL")
        elif found.entry is None:
            if not flags & _O_CREAT or spelled.endswith("/"):
                return _ENOENT
            number = Number(found.above.number.device, next(self.new))
            self._come_upon(found.above, found.above)
            self.files_seen.add(number)
            self.made.add((found.above, found.last, number))
            self.paths[item] = (spelled, "CREATE")
        else:
            if found.entry.kind == "d" and flags & (3 | _O_CREAT):
                return _EISDIR
            self._come_upon(found.entry, found.entry)
            self.paths[item] = (spelled, "NORMAL")
        self.found[spelled] = found
        return 0

    def _come_upon(self, file: Entry, lowest: Entry) -> None:
        self.files_seen.add(file.number)
        self.above_seen.update(entry.number for entry in lowest.line())


class TreeCallMaker(CallMaker):
    """Makes random calls on a host.

    Args:
        seed: of all randomness.
        place: the host and its container.
    """

    def __init__(self, seed: int, place: Place) -> None:
        super().__init__(seed)
        self._place_made_up = place
        self._last: _TreeDraft | None = None

    def tree_call(self, name: str | None = None) -> TreeCall:
        """A call of this name or any."""
        call = self.call(name)
        draft = self._last
        assert draft is not None and call.event.process is not None
        machine, number, registers = call.machine, syscall_number(call.machine, call.name), call.registers
        chosen = socketcall_number(call.name)
        name = call.name
        if machine == "i386" and chosen is not None and (number is None or self.random.random() < 0.5):
            name, number = "socketcall", syscall_number(machine, "socketcall")
            registers = (chosen, *(self.random.getrandbits(32) for _ in range(3)))
        assert number is not None
        seen = Seen(
            machine_number(machine) or 0,
            number,
            name,
            registers,
            call.result,
            {**call.ids, "pid": call.event.process.pid},
            "/usr/bin/cat",
            call.family,
            call.open_flags,
            frozenset(draft.files_seen),
            frozenset(draft.above_seen),
            frozenset(draft.removed),
            frozenset(draft.made),
        )
        return TreeCall(call, seen)

    def _draft(self, machine: str, name: str) -> Draft:
        draft = _TreeDraft(self.random, machine, name)
        draft.contained = self.random.choice((True, False, False, None))
        # Nobody may know of a container's process yet that it is in one.
        inside = draft.contained is True or (draft.contained is None and self.random.random() < 0.5)
        draft.view = self._place_made_up.container if inside else self._place_made_up.host
        draft.cwd = self.random.choice([path for path in DIRECTORIES if _is_directory(draft.view, path)])
        self._last = draft
        return draft

    def _with_other_names(self, event: Event, draft: Draft) -> frozenset[str]:
        assert isinstance(draft, _TreeDraft)
        told = set(draft.files)
        for spelled, found in draft.found.items():
            plain = straight(draft.cwd, spelled)
            by_entry = (draft.name not in OPENS and found.entry is None) or draft.name in _ON_THE_ENTRY
            name = self._of_entry(draft, plain) if by_entry else self._of_file(draft, plain, found)
            told.update([name, *getattr(name, "also", ()), *getattr(name, "trusted", ())])
            known = event.descriptor
            if draft.name in OPENS and known is not None and known.name == plain:
                event.descriptor = replace(known, name=name)
            for parameter, argument in list(event.arguments.items()):
                if argument.text == plain:
                    event.arguments[parameter] = argument._replace(text=name)
        return frozenset(told)

    def _of_file(self, draft: _TreeDraft, plain: str, found: Found) -> str:
        """The names of what was opened: as it lies, by other mounts, and by any other hard link."""
        if found.entry is None:
            return self._of_entry(draft, found.real) if found.real == plain else named(plain, (found.real,))
        elsewhere = [name for name in draft.view.names_of(found.entry) if name != found.real]
        links = [name for one in _linked(draft.view, found.entry) for name in draft.view.names_of(one)]
        if self.random.random() < 0.5:
            return named(plain, links, (found.real, *elsewhere))
        return named(plain, (found.real, *links), elsewhere)

    @staticmethod
    def _of_entry(draft: _TreeDraft, plain: str) -> str:
        """The names of what was made or removed: those of its directory, with its last part."""
        directory, _, last = plain.rpartition("/")
        above = draft.view.find(directory or "/")
        if above is None or above.entry is None:
            return plain
        names = named(directory or "/", (above.real,), draft.view.names_of(above.entry))
        return mapped(names, lambda place: f"{place.rstrip('/')}/{last}")


def _is_directory(view: View, path: str) -> bool:
    found = view.find(path)
    return found is not None and found.entry is not None and found.entry.kind == "d"


def _linked(view: View, file: Entry) -> Iterator[Entry]:
    """The other names of a file on its disk that the view shows."""
    *_, root = file.line()
    return (one for one in _all_below([root]) if one.number == file.number and one is not file)


def _all_below(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _all_below(entry.below.values())
