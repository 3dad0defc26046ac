"""Every field that Falco itself read from an event of its own tests, read from the same event here.

The event's printed parameters and its context become an Event, a Process and a world."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from auditfalco.engine.times import time_text
from auditfalco.engine.values import text_value
from auditfalco.errors import UnknownFieldError
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field
from auditfalco.language.types import TYPES, Family
from auditfalco.model.container import HOST
from auditfalco.model.descriptor import PROTOCOL_CHARACTERS, TYPE_CHARACTERS, Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.event import Argument, ArgumentValue, Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, EventType, Parameter
from auditfalco.model.process import Capabilities, Environment, ExecutedFile, Image, Measures, Process

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco" / "fields.json"
START = 1_700_000_000_000_000_000
OPENS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
_EMPTY = ("<NA>", "NULL")
_MARK = re.compile(r"<(?P<kind>.)(?P<protocol>[a-z])?>(?P<name>.*)", re.DOTALL)
_KINDS = {character: kind for kind, character in TYPE_CHARACTERS.items() if kind != "userfaultfd"}
_PROTOCOLS = {character: protocol for protocol, character in PROTOCOL_CHARACTERS.items()}
_BYTES = frozenset({"BYTEBUF", "CHARBUFARRAY", "CHARBUFPAIRARRAY"})
_TEXTS = frozenset({"SOCKADDR", "SOCKTUPLE", "DYN"})


def text_of(printed: Any) -> str:
    """A text of the case file; what is not UTF-8 is there as hexadecimal digits."""
    if isinstance(printed, dict):
        return bytes.fromhex(printed["bytes_hex"]).decode("utf-8", "surrogateescape")
    return str(printed)


def event_of(case: dict[str, Any]) -> Event:
    """The case's event with arguments, result, descriptor and open flags; without a process."""
    given = case["event"]
    event = Event(given["type"], START)
    event.number = 1
    event_type = EVENT_TYPES_BY_NAME[event.type]
    for parameter in event_type.parameters:
        if parameter.name in given["params"]:
            event.arguments[parameter.name] = argument_of(
                parameter, [text_of(one) for one in given["params"][parameter.name]]
            )
    event.result = result_of(event_type, event)
    if event.type in OPENS:
        flags, mode = event.arguments.get("flags"), event.arguments.get("mode")
        event.open_flags = flags.value if flags is not None and isinstance(flags.value, int) else None
        event.open_mode = mode.value if mode is not None and isinstance(mode.value, int) else None
    describe_descriptor(case, event_type, event)
    return event


def argument_of(parameter: Parameter, printed: list[str]) -> Argument:
    """An argument from how Falco printed it: its value, and what that resolves to if it does."""
    raw, text = printed[0], printed[-1]
    return Argument(value_of(parameter, raw) if raw not in _EMPTY else None, text, raw)


def value_of(parameter: Parameter, raw: str) -> ArgumentValue:
    """The value that prints so."""
    if parameter.type in _BYTES:
        return raw.encode("utf-8", "surrogateescape")
    if parameter.type == "ABSTIME":
        seconds, _, nanoseconds = raw.partition(".")
        moment = datetime.strptime(seconds, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        return int(moment.timestamp()) * 1_000_000_000 + int(nanoseconds)
    if parameter.type in _TEXTS or TYPES[parameter.type].family is not Family.NUMBER:
        return raw
    return int(raw, parameter.base)


def result_of(event_type: EventType, event: Event) -> int | None:
    """What the call returned: its first parameter, of 64 bits with a sign."""
    if not event_type.has_result:
        return None
    first = event.arguments.get(event_type.parameters[0].name)
    return first.value if first is not None and isinstance(first.value, int) else None


def describe_descriptor(case: dict[str, Any], event_type: EventType, event: Event) -> None:
    """Set the descriptor that the event is about: as the context tells, or as its parameters print it."""
    context = case.get("context", {})
    marked = [
        argument
        for name in ("res", "fd2", "fd", "dirfd", "linkdirfd")
        for argument in [event.arguments.get(name)]
        if argument is not None and isinstance(argument.value, int) and _MARK.fullmatch(argument.text)
    ]
    shown = _MARK.fullmatch(marked[0].text) if marked else None
    number = context.get("fd.num")
    if number is None and marked and isinstance(marked[0].value, int):
        number = marked[0].value
    kind = context.get("fd.type") or (_KINDS[shown.group("kind")] if shown is not None else None)
    event.fd_number = number
    if kind is None:
        return
    name = text_of(context["fd.name"]) if context.get("fd.name") is not None else shown.group("name") if shown else ""
    protocol = _PROTOCOLS.get(shown.group("protocol") or "") if shown is not None else None
    flags = event.open_flags or 0
    layer = "upper" if flags & 0x8000 else "lower" if flags & 0x10000 else None
    device, inode = event.arguments.get("dev"), event.arguments.get("ino")
    event.descriptor = Descriptor(
        kind,
        name,
        name,
        device=device_of(device.value) if device is not None else None,
        inode=inode.value if inode is not None and isinstance(inode.value, int) else None,
        layer=layer,
        endpoints=endpoints_of(kind, name, protocol, event) if kind in ("ipv4", "ipv6") else None,
    )


def device_of(number: ArgumentValue) -> tuple[int, int] | None:
    """Major and minor of a device number (new_decode_dev in include/linux/kdev_t.h)."""
    return (number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00) if isinstance(number, int) else None


def endpoints_of(kind: str, name: str, protocol: str | None, event: Event) -> Endpoints:
    """Both ends from a socket's name; the end of accept, and what is bound, are the server's."""
    ends = [end_of(text) for text in name.split("->") if text]
    client, server = (ends[0], ends[1]) if len(ends) == 2 else (None, ends[0] if ends else None)
    is_server = event.type in ("accept", "accept4", "bind", "listen")
    return Endpoints(client, server, protocol, is_server, connected=client is not None)


def end_of(text: str) -> Endpoint:
    """`address:port`."""
    address, _, port = text.rpartition(":")
    return Endpoint(ipaddress.ip_address(address).packed, int(port))


def give_process(case: dict[str, Any], event: Event, world: Any) -> Process:
    """Set the event's process as the context and the parameters tell it, and whom the world must know beside it."""
    context = case.get("context", {})
    given = {name: argument.value for name, argument in event.arguments.items()}
    pid = context.get("proc.pid") or given.get("pid") or 1
    parent = None
    ppid = context.get("proc.ppid") or given.get("ptid")
    if ppid:
        parent = world.run(ppid, None, "/sbin/init")
    process: Process = world.run(pid, parent)
    process.comm = context.get("proc.name")
    cwd = context.get("proc.cwd")
    process.cwd = cwd
    process.euid, process.egid = given.get("euid", given.get("uid", 0)), given.get("egid", given.get("gid", 0))
    if event.type in ("execve", "execveat", "clone", "clone3", "fork", "vfork"):
        fill_image(process, process.image, event)
    give_measures(process, event, world)
    if event.descriptor is not None and event.fd_number is not None:
        world.open.setdefault(pid, {})[event.fd_number] = event.descriptor
    event.process = process
    if case["field"].startswith("fd."):
        process.container = HOST
    return process


def fill_image(process: Process, image: Image, event: Event) -> None:
    """Take over what an execution's parameters say of the process."""
    texts = {name: argument.text for name, argument in event.arguments.items() if argument.value is not None}
    numbers = {name: argument.value for name, argument in event.arguments.items() if isinstance(argument.value, int)}
    image.filled = True
    image.comm = texts.get("comm")
    image.argv = [texts["exe"], *listed(texts.get("args"))] if "exe" in texts else None
    executed = event.arguments.get("trusted_exepath")
    image.exe_path = executed.text if executed is not None else None
    flags = numbers.get("flags", 0)
    image.file = ExecutedFile(
        numbers.get("exe_ino", 0), numbers.get("exe_ino_ctime"), numbers.get("exe_ino_mtime"), bool(flags & 1)
    )
    image.from_memfd = bool(flags & 4)
    image.capabilities = Capabilities(
        numbers.get("cap_permitted", 0), numbers.get("cap_effective", 0), numbers.get("cap_inheritable", 0)
    )
    process.tty = numbers.get("tty", 0)
    process.euid, process.egid = numbers.get("uid"), numbers.get("gid")
    login_uid = numbers.get("loginuid", -1)
    process.login_uid = login_uid if login_uid == -1 else login_uid & 0xFFFFFFFF
    process.vpgid, process.vpid = numbers.get("vpgid"), process.pid
    image.environment = Environment(tuple(listed(texts.get("env"))))


def give_measures(process: Process, event: Event, world: Any) -> None:
    """Let the world know what the parameters say of the process's sizes, limits, groups and control groups."""
    given = {name: argument.value for name, argument in event.arguments.items() if isinstance(argument.value, int)}
    sizes = [given.get(name) for name in ("vm_size", "vm_rss", "vm_swap")]
    if None not in sizes:
        world.used[process.pid] = Measures(1, *sizes, given.get("pgft_maj", 0), given.get("pgft_min", 0))
    if "fdlimit" in given:
        world.limits[process.pid] = given["fdlimit"]
    if "pgid" in given:
        world.groups[process.pid] = given["pgid"]
    controlled = event.arguments.get("cgroups")
    if controlled is not None and controlled.value is not None:
        groups = re.findall(r"([a-z_]+)=(.*?)\.(?=[a-z_]+=|$)", controlled.text)
        world.control_groups_of[process.pid] = tuple(groups)


def listed(printed: str | None) -> list[str]:
    """The elements of a list of texts, of which each ends in a NUL, which prints as a dot."""
    return [] if printed is None else printed.split(".")[:-1]


def answer(field: str, event: Event, world: Any) -> str | None:
    """A field's value as Falco prints it; None when it is absent."""
    name, bracket, argument = field.partition("[")
    given = argument[:-1] if bracket else None
    try:
        ref = CATALOGUE.resolve_output(name, given)
    except UnknownFieldError:
        ref = CATALOGUE.resolve(name, given)
    value = EventBinder(world)(ref)(event)
    return None if value is None else text_value(time_text(ref.name, value), ref.type, ref.shape)


Scene = Callable[[Event, Any], None]
"""Changes an event and the world that it is seen against."""


def numbered(**numbers: int) -> Scene:
    """The event of a type is so many-th of its run."""

    def change(event: Event, world: Any) -> None:
        event.number = numbers.get(event.type, 1)

    return change


def nobody(event: Event, world: Any) -> None:
    """The event has no process here.

    It is of a thread that is not its process's first, of which we have none; or of a process with a number beyond 32
    bits, which Falco does not believe and no kernel gives.
    """
    event.process = None


def user(uid: int, *entry: str) -> Scene:
    """The process runs as a user, whom the password file has if name, home directory and shell are given."""

    def change(event: Event, world: Any) -> None:
        assert event.process is not None
        event.process.euid = uid
        if entry:
            world.users[uid] = entry

    return change


def beside(*kinds: str) -> Scene:
    """The process has other descriptors open, from 0 on."""

    def change(event: Event, world: Any) -> None:
        assert event.process is not None
        others = {number: Descriptor(kind, "") for number, kind in enumerate(kinds)}
        world.open.setdefault(event.process.pid, {}).update(others)

    return change


def below_init(event: Event, world: Any) -> None:
    """The process and init, its parent, are of one session, whose leader is outside their pid namespace and gone."""
    assert event.process is not None and event.process.parent is not None
    init = event.process.parent
    init.image.argv = ["/sbin/init", "context", "ls", "--format", "{{json .}}"]
    init.image.exe_path = "/sbin/init"
    init.image.environment = Environment(())
    init.sid = event.process.sid = 7
    world.sessions[event.process.pid] = 0


def below_four(event: Event, world: Any) -> None:
    """Between init and the process are p2 to p5."""
    assert event.process is not None
    parent = world.run(1, None, "init")
    for number, pid in ((2, 25), (3, 72), (4, 76), (5, 82)):
        parent = world.run(pid, parent, f"p{number}_t1_exepath", comm=f"p{number}_t1")
        parent.image.exe_path = f"/usr/bin/p{number}_t1_trusted_exepath"
    event.process.parent = parent


def in_group_of(pid: int, name: str) -> Scene:
    """The process is in the group that another one leads, or leads itself."""

    def change(event: Event, world: Any) -> None:
        process = event.process
        assert process is not None
        leader = process if pid == process.pid else world.run(pid, None, "leader")
        leader.image.argv, leader.image.exe_path = [f"{name}_exe"], f"{name}_exepath"
        leader.comm = leader.image.comm = f"{name}_comm"
        world.groups[process.pid] = pid

    return change


def single_threaded(event: Event, world: Any) -> None:
    """The process has no threads beside its first."""
    assert event.process is not None
    world.used[event.process.pid] = Measures(1, None, None, None, 0, 0)


def executed(path: str) -> Scene:
    """The process runs that file: the beginning of the call told it."""

    def change(event: Event, world: Any) -> None:
        assert event.process is not None
        event.process.image.exe_path = path

    return change


def connected_output(event: Event, world: Any) -> None:
    """The process's output is a connection."""
    assert event.process is not None
    name = "172.40.111.222:54321->142.251.111.147:443"
    world.open.setdefault(event.process.pid, {})[1] = Descriptor("ipv4", name)


BEFORE: dict[str, Scene] = {
    "event_category": numbered(procexit=2, notification=3),
    "EVT_FILTER_thread_proc_info/7": nobody,
    "pid_over_32bit": nobody,
    "spawn_process": below_init,
    "PROC_FILTER_nchilds/4": single_threaded,
    "PROC_FILTER_pexepath_aexepath": below_four,
    **{f"PROC_FILTER_pgid_family/{number}": in_group_of(2, "p1_t1") for number in range(1, 6)},
    **{f"PROC_FILTER_pgid_family/{number}": in_group_of(72, "p3_t1") for number in range(6, 11)},
    **{f"PROC_FILTER_pgid_family/{number}": in_group_of(25, "p2_t1") for number in range(11, 16)},
    "PROC_FILTER_stdin_stdout_stderr/5": connected_output,
    "USER_FILTER_extract_from_existent_user_entry": user(1000),
    "USER_FILTER_extract_from_existent_user_entry/10": user(1000, "bar", "/bar", "/bin/bar"),
    "USER_FILTER_extract_from_default_user_entry": user(0, "root", "/root", "/bin/sh"),
    "USER_FILTER_extract_from_existent_user_entry_without_metadata": user(1000, "", "", ""),
    "execveat_absolute_path/1": executed("/tmp/file"),
    "test_fdtypes/11": beside("file", "bpf"),
    "check_some_fd_fields/1": beside("file"),
}
"""What earlier events of Falco's test did, which the case does not hold, by the case or by the test."""


def falcos_answers() -> list[Any]:
    """The cases, where they are at hand."""
    cases = json.loads(CASES.read_text()) if CASES.is_file() else []
    return [pytest.param(case, id=case["id"].partition("/")[2]) for case in cases]


@pytest.mark.skipif(not CASES.is_file(), reason="no shared case files beside the checkout")
@pytest.mark.parametrize("case", falcos_answers())
def test_falcos_own_answers(world: Any, case: dict[str, Any]) -> None:
    event = event_of(case)
    give_process(case, event, world)
    name = case["id"].partition("/")[2]
    before = BEFORE.get(name) or BEFORE.get(name.rpartition("/")[0])
    if before is not None:
        before(event, world)
    expected = text_of(case["value"]) if case.get("has_value", True) else None
    assert answer(case["field"], event, world) == expected


@pytest.mark.skipif(not CASES.is_file(), reason="no shared case files beside the checkout")
def test_every_field_can_be_read_from_every_event(world: Any) -> None:
    """Whatever an event lacks, a field is absent then and nothing else."""
    fields = [name for field in CATALOGUE for name in written_forms(field)]
    for case in {json.dumps(case["event"]): case for case in json.loads(CASES.read_text())}.values():
        event = event_of(case)
        for field in fields:
            answer(field, event, world)
        give_process(case, event, world)
        for field in fields:
            answer(field, event, world)


def written_forms(field: Field) -> list[str]:
    """A field in each of the ways in which it may be written."""
    forms = [] if field.argument_required else [field.name]
    forms += [f"{field.name}[1]"] if field.argument.index else []
    forms += [f"{field.name}[x]"] if field.argument.key else []
    forms += [f"{field.name}.{'src' if field.name == 'evt.abspath' else 'name'}"] if field.argument.dotted else []
    return [form for form in forms if form != "evt.around[x]"]
