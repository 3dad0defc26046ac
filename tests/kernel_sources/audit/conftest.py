"""What the tests of the audit library share: where the case files are, and facts written down as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from kernel_sources.audit import facts
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.tables import record_types

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "audit"
RECORDS = Path(__file__).resolve().parents[2] / "records"

NUMBERS = ("ppid", "pid", "auid", "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid", "ses")
TEXTS = ("tty", "comm", "exe", "subj")
OUTCOMES = {True: "success", False: "failed", None: None}

Json = Any
Describe = Callable[[RawEvent], dict[str, Json]]


@pytest.fixture(scope="session")
def cases() -> Path:
    """The directory of public audit records with their golden facts; it lies beside the checkout, if at all."""
    if not CASES.is_dir():
        pytest.skip("no shared case files beside the checkout")
    return CASES


@pytest.fixture(scope="session")
def records() -> Path:
    """The directory of the project's own small cases."""
    return RECORDS


@pytest.fixture(scope="session")
def describe() -> Describe:
    """The function that writes all facts of a raw event down as JSON, absent ones left out."""
    return _describe


def _describe(raw: RawEvent) -> dict[str, Json]:
    key = raw.key
    found = {
        "timestamp": f"{key.sec}.{key.milli:03}",
        "serial": key.serial,
        "node": key.node or None,
        "record_types": [record.type for record in raw.records],
        "complete": raw.first(record_types.EOE) is not None,
        "result": OUTCOMES[facts.result(raw)],
        **_call(raw),
        **_arguments(raw),
        "cwd": facts.cwd(raw),
        "paths": [_path(resolved, facts.cwd(raw)) for resolved in facts.resolved_paths(raw)] or None,
        "sockaddr": _sockaddr(raw),
        **_specials(raw),
        "user_msg": [_message(message) for message in facts.user_messages(raw)] or None,
    }
    return _present(found)


def text(value: str | None) -> Json:
    """Return text as JSON can hold it: what is not UTF-8 as an object with its bytes."""
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return {"hex": value.encode("utf-8", "surrogateescape").hex()}
    return value


def _subject(record: Record) -> dict[str, Json]:
    subject = facts.Subject(record)
    found = {name: getattr(subject, name) for name in NUMBERS}
    found.update((name, text(getattr(subject, name))) for name in TEXTS)
    return _present(found)


def _present(found: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in found.items() if value is not None}


def _call(raw: RawEvent) -> dict[str, Json]:
    call = facts.syscall(raw)
    if call is not None:
        return {
            "arch": call.arch,
            "syscall_nr": call.number,
            "syscall": call.name,
            "success": call.success,
            "exit": call.exit,
            "args": [f"{argument:x}" for argument in call.args],
            "items": call.items,
            "subject": _subject(call.record),
            "keys": call.keys if "key" in call.record.fields else None,
        }
    operation = facts.uring(raw)
    if operation is not None:
        return {
            "uring_op": operation.number,
            "uring_op_name": operation.name,
            "success": operation.success,
            "exit": operation.exit,
            "items": operation.items,
            "subject": _subject(operation.record),
            "keys": operation.keys if "key" in operation.record.fields else None,
        }
    return {"subject": _subject(raw.records[0])} if "uid" in raw.records[0].fields else {}


def _arguments(raw: RawEvent) -> dict[str, Json]:
    argv, title = facts.argv(raw), facts.proctitle(raw)
    return {
        "argc": facts.argc(raw),
        "argv": None if argv is None else [text(argument) for argument in argv],
        "proctitle": None if title is None else [text(part) for part in title],
        "proctitle_truncated": facts.proctitle_truncated(raw) or None,
    }


def _path(resolved: facts.ResolvedPath, cwd: str | None) -> dict[str, Json]:
    path = resolved.path
    found = {
        "item": path.item,
        "name": text(path.name),
        "nametype": path.nametype,
        "inode": path.inode,
        "dev": _device(path.dev),
        "mode": None if path.mode is None else f"0{path.mode:o}",
        "ouid": path.ouid,
        "ogid": path.ogid,
        "rdev": _device(path.rdev),
        "resolved": text(resolved.resolved),
    }
    if resolved.dirfd is not None:
        found.update(dirfd=resolved.dirfd, naive_cwd_join=text(facts.join(cwd, path.name)))
    return _present(found)


def _device(numbers: tuple[int, int] | None) -> str | None:
    return None if numbers is None else f"{numbers[0]:02x}:{numbers[1]:02x}"


def _sockaddr(raw: RawEvent) -> dict[str, Json] | None:
    address = facts.sockaddr(raw)
    if address is None:
        return None
    found = {
        "family_nr": address.family_number,
        "family": address.family,
        "addr": address.address_text,
        "port": address.port,
        "path": text(address.path),
        "abstract": address.abstract or None,
        "nl_pid": address.port_id,
        "cid": address.cid,
        "protocol": address.protocol,
        "interface": address.interface,
    }
    return _present(found)


def _specials(raw: RawEvent) -> dict[str, Json]:
    bpf, how, mapping = facts.bpf(raw), facts.openat2(raw), facts.mmap(raw)
    call, answer, stopped = facts.socketcall(raw), facts.fanotify(raw), facts.seccomp(raw)
    targets, pair = facts.obj_pids(raw), facts.fd_pair(raw)
    return {
        "obj_pids": [
            {"opid": one.pid, "oauid": one.auid, "ouid": one.uid, "oses": one.ses, "ocomm": text(one.comm)}
            for one in targets
        ]
        or None,
        "bpf": bpf and {"prog_id": bpf.program, "op": bpf.operation},
        "openat2": how and {"oflag": how.flags, "mode": how.mode, "resolve": how.resolve},
        "mmap": mapping and {"fd": mapping.fd, "flags": mapping.flags},
        "fd_pair": pair and list(pair),
        "socketcall": call and {"nargs": call.count, "args": [f"{argument:x}" for argument in call.args]},
        "kern_module": text(facts.kern_module(raw)),
        "fanotify": answer and _present(_fanotify(answer)),
        "seccomp": stopped
        and {
            "arch": stopped.arch,
            "syscall_nr": stopped.number,
            "syscall": stopped.name,
            "sig": stopped.signal,
            "code": stopped.code,
        },
        **_capabilities(raw),
    }


def _fanotify(answer: facts.FanotifyFacts) -> dict[str, Json]:
    return {
        "resp": answer.response,
        "fan_type": answer.rule_type,
        "fan_info": answer.rule,
        "subj_trust": answer.subject_trust,
        "obj_trust": answer.object_trust,
    }


def _capabilities(raw: RawEvent) -> dict[str, Json]:
    raised, asked, login = facts.capabilities(raw), facts.capset(raw), facts.login(raw)
    return {
        "capabilities": raised and dict(vars(raised)),
        "capset": asked and dict(vars(asked)),
        "login": login and dict(vars(login)),
    }


def _message(message: facts.UserMessage) -> dict[str, Json]:
    sender = message.sender
    return {
        "record": message.type,
        "sender_pid": sender.pid,
        "text": text(message.text),
        "fields": {name: text(value) for name, value in message.fields.items()},
    }
