"""What the events of executions and forks alike say of the process that made the call."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Call


def tell_caller(call: Call, event: Event) -> None:
    """Program, arguments, numbers, directory and name of the caller.

    Records do not tell threads apart: `tid` is the number of the process.
    """
    process, image = call.process, call.process.image
    add = event.arguments.__setitem__
    if image.argv is not None:
        add("args", arguments.strings(image.argv[1:]))
        if image.argv:
            add("exe", arguments.text(image.argv[0]))
    add("tid", arguments.process(process.pid, process.name))
    add("pid", arguments.process(process.pid, process.name))
    parent = call.host.parent(process, event.moment_ns, event.until_ns)
    if parent is not None:
        add("ptid", arguments.process(parent.pid, parent.name))
    if process.cwd is not None:
        add("cwd", arguments.text(process.cwd))
    if process.name is not None:
        add("comm", arguments.text(process.name))


def tell_capabilities(call: Call, event: Event) -> None:
    """The caller's capability sets, in hexadecimal; Falco counts the bits as the kernel does."""
    sets = call.process.held
    if sets is not None:
        call.tell(event, "cap_inheritable", sets.inheritable)
        call.tell(event, "cap_permitted", sets.permitted)
        call.tell(event, "cap_effective", sets.effective)
