"""Kernel modules: init_module and finit_module.

Image and parameters are only pointers in the record, so they are absent.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Call

_FINIT_FLAGS = (
    ("MODULE_INIT_IGNORE_MODVERSIONS", 1),
    ("MODULE_INIT_IGNORE_VERMAGIC", 2),
    ("MODULE_INIT_COMPRESSED_FILE", 4),
)


def module_loaded(call: Call, event: Event) -> None:
    """init_module(image, length, parameters)."""
    _result(event)
    event.arguments["length"] = arguments.integer(call.facts.args[1])


def module_loaded_from_file(call: Call, event: Event) -> None:
    """finit_module(fd, parameters, flags)."""
    _result(event)
    number = arguments.signed32(call.facts.args[0])
    event.fd_number = number
    event.descriptor = call.host.descriptor(call.process, number)
    name = event.descriptor.name if event.descriptor is not None else None
    event.arguments["fd"] = arguments.descriptor(number, name)
    event.arguments["flags"] = arguments.flags(call.facts.args[2], _FINIT_FLAGS)


def _result(event: Event) -> None:
    if event.result is not None:
        event.arguments["res"] = arguments.result(event.result)
