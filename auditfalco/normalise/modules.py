"""Kernel modules: init_module and finit_module.

Image and parameters are only pointers in the record, so they are absent.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call


def module_loaded(call: Call, event: Event) -> None:
    """init_module(image, length, parameters)."""
    call.tell_result(event)
    call.tell(event, "length", call.facts.args[1])


def module_loaded_from_file(call: Call, event: Event) -> None:
    """finit_module(fd, parameters, flags)."""
    call.tell_result(event)
    event.fd_number = arguments.signed32(call.facts.args[0])
    event.descriptor = call.tell_descriptor(event, "fd", event.fd_number)
    call.tell(event, "flags", call.facts.args[2] & 0xFFFFFFFF)  # Falco's bits are the kernel's


BUILDERS: dict[str, Builder] = {
    "init_module": module_loaded,
    "finit_module": module_loaded_from_file,
}
