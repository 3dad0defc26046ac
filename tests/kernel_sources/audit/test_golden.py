"""Every event of four public collections of audit records against its golden facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from kernel_sources.audit import facts
from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.tables import record_types

Json = Any
Describe = Callable[[RawEvent], dict[str, Json]]

EVENTS = {"extra-public": 62, "go-libaudit": 123, "osquery": 75, "synthetic-format-samples": 17}

EXPLAINED = {
    ("extra-public:1669382477.611:459", "seccomp"): "the golden code= swallows what auditd appended without its 0x1D",
    ("go-libaudit:1492625990.183:4083", "user_msg"): "cut before its quote; the golden drops a letter",
    ("osquery:1502125323.756:6", "argv"): "the event is in the file twice; the golden joins both copies of argv[0]",
    ("osquery:1502573858.179:46825", "syscall"): "the kernel's name of the call, not libaudit's",
    ("osquery:1502573858.179:46826", "syscall"): "the kernel's name of the call, not libaudit's",
    ("osquery:1502573858.178:46817", "paths"): "an empty name (open_by_handle_at) is not the working directory",
    ("osquery:1502573858.178:46819", "paths"): "an empty name (open_by_handle_at) is not the working directory",
}


@pytest.mark.parametrize("collection", sorted(EVENTS))
def test_every_fact_of_every_event(collection: str, cases: Path, describe: Describe) -> None:
    golden = json.loads((cases / "golden" / f"{collection}.expect.json").read_text(encoding="utf-8"))
    assert len(golden) == EVENTS[collection]
    differing = {}
    for event in golden:
        raw = _raw_event(event["lines"])
        found = describe(raw)
        for name, expected in event["expect"].items():
            if not _agrees(name, expected, found, raw):
                differing[event["id"], name] = (expected, found.get(name))
    explained = {key for key in EXPLAINED if key[0].startswith(f"{collection}:")}
    assert {key: value for key, value in differing.items() if key not in explained} == {}
    assert explained <= set(differing), "an explanation that explains nothing any more"


def test_the_explained_differences_are_what_they_are_said_to_be(cases: Path) -> None:
    events = {}
    for collection in EVENTS:
        golden = json.loads((cases / "golden" / f"{collection}.expect.json").read_text(encoding="utf-8"))
        events.update({event["id"]: _raw_event(event["lines"]) for event in golden})
    stopped = facts.seccomp(events["extra-public:1669382477.611:459"])
    assert stopped is not None
    assert (stopped.code, stopped.name) == (0x80000000, "sigreturn")
    (message,) = facts.user_messages(events["go-libaudit:1492625990.183:4083"])
    assert message.fields["res"] == "success"
    assert facts.argv(events["osquery:1502125323.756:6"]) == ["sh"]
    for serial, name in ((46825, "pread64"), (46826, "pwrite64")):
        call = facts.syscall(events[f"osquery:1502573858.179:{serial}"])
        assert call is not None
        assert call.name == name
    for identity in ("osquery:1502573858.178:46817", "osquery:1502573858.178:46819"):
        call = facts.syscall(events[identity])
        assert call is not None and call.name == "open_by_handle_at"
        assert [path.resolved for path in facts.resolved_paths(events[identity])] == [None]


def _raw_event(lines: list[str]) -> RawEvent:
    return RawEvent([parse_line(line.encode("utf-8", "surrogateescape")) for line in lines])


def _agrees(name: str, expected: Json, found: dict[str, Json], raw: RawEvent) -> bool:
    if name in _COMPARISONS:
        return _COMPARISONS[name](expected, found.get(name))
    if name.startswith("subject"):
        return _same_subject(name, expected, raw)
    return bool(expected == found.get(name))


def _same_subject(name: str, expected: Json, raw: RawEvent) -> bool:
    """The golden names the other record's type, where an event has a SYSCALL and another record with a subject."""
    wanted = record_types.record_type_number(name.partition("_")[2].upper())
    candidates = [record for record in raw.records if wanted in (None, record.type)]
    main = [record for record in candidates if record.type in (record_types.SYSCALL, record_types.URINGOP)]
    subject = facts.Subject((main or candidates)[-1 if main else 0])
    return bool({key: _plain(getattr(subject, key)) for key in expected} == expected)


def _plain(value: Json) -> Json:
    if isinstance(value, str) and any("\udc80" <= character <= "\udcff" for character in value):
        return {"hex": value.encode("utf-8", "surrogateescape").hex()}
    return value


def _same_types(expected: Json, found: Json) -> bool:
    return bool([record_types.record_type_number(name) for name in expected] == found)


def _same_paths(expected: Json, found: Json) -> bool:
    return len(expected) == len(found) and all(_same_path(*pair) for pair in zip(expected, found))


def _same_path(expected: Json, found: Json) -> bool:
    wanted = {name: expected.get(name) for name in ("item", "name", "nametype", "dev", "rdev", "resolved")}
    wanted.update((name, int(expected[name])) for name in ("inode", "ouid", "ogid") if expected.get(name))
    wanted["mode"] = f"0{int(expected['mode'], 8):o}" if expected.get("mode") else None
    wanted["naive_cwd_join"] = expected.get("naive_cwd_join")
    relative = expected.get("dirfd_relative", False)
    return relative == ("dirfd" in found) and wanted == {name: found.get(name) for name in wanted}


def _same_messages(expected: Json, found: Json) -> bool:
    for wanted, message in zip(expected, found):
        pairs = {name: value for name, value in wanted.items() if name != "record"}
        if record_types.record_type_number(wanted["record"]) != message["record"]:
            return False
        if {name: message["fields"].get(name) for name in pairs} != pairs:
            return False
    return len(expected) == len(found)


def _numbers(**bases: int) -> Callable[[Json, Json], bool]:
    def same(expected: Json, found: Json) -> bool:
        wanted = {name: int(value, bases[name]) if name in bases else value for name, value in expected.items()}
        return wanted == {name: found.get(name) for name in wanted}

    return same


_COMPARISONS: dict[str, Callable[[Json, Json], bool]] = {
    "record_types": _same_types,
    "args": lambda expected, found: [int(value, 16) for value in expected] == [int(value, 16) for value in found],
    "paths": _same_paths,
    "user_msg": _same_messages,
    "openat2": _numbers(oflag=8, mode=8, resolve=16),
    "mmap": _numbers(flags=16),
    "fanotify": _numbers(resp=10, fan_type=10, fan_info=16, subj_trust=10, obj_trust=10),
    "seccomp": lambda expected, found: '"' not in expected["code"] and _numbers(code=16)(expected, found),
}
