"""Opens that fanotify alone tells of, as events.

It tells the process, the file, and the path by which the mount namespace of the process knows it; neither the name as
spelled nor the flags. How the file was opened is read from the process's descriptors while it has them, or told by the
close; where neither came in time, the open counts as one for reading and writing, so that rules on either see it.
"""

from __future__ import annotations

import os

from auditfalco.model import openflags
from auditfalco.model.descriptor import FILE, Descriptor
from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments
from auditfalco.normalise.sightings import Sighting
from auditfalco.normalise.submissions import UNKNOWN_DESCRIPTOR
from auditfalco.state.host import HostState

EVENT_TYPE = "openat"
"""What rules about opens name most."""

_LAYER_BITS = {"upper": openflags.FD_UPPER_LAYER, "lower": openflags.FD_LOWER_LAYER}


def open_event(sighting: Sighting, host: HostState) -> Event:
    """The event of an open that no record told of in time."""
    process = sighting.process
    event = Event(EVENT_TYPE, sighting.since_ns)
    event.process = process
    event.sources = sighting.sources
    event.io_uring = sighting.io_uring
    event.result, event.fd_number = 0, UNKNOWN_DESCRIPTOR
    named = sighting.path.startswith("/")
    name = sighting.path if named else None
    layer = host.layer_of(process, sighting.path, sighting.device) if named else None
    event.descriptor = Descriptor(
        FILE, name, name, sighting.device, sighting.inode, layer, file_type=sighting.file_type
    )
    bits, known = _flags(sighting)
    event.open_flags = bits | _LAYER_BITS.get(layer or "", 0)
    add = event.arguments.__setitem__
    if name is not None:
        add("name", Argument(name, name))
    if known:
        add("flags", Argument(event.open_flags, openflags.text(event.open_flags)))
    add("dev", arguments.device(*sighting.device))
    add("ino", arguments.integer(sighting.inode))
    return event


def _flags(sighting: Sighting) -> tuple[int, bool]:
    """Falco's open flags, and whether they are known: those of all descriptors that were seen, together."""
    machine = os.uname().machine
    bits = 0
    for flags in sighting.open_flags:
        bits |= openflags.from_kernel(flags, machine) & ~openflags.O_LARGEFILE
    if sighting.writes:
        bits |= openflags.O_WRONLY if bits else openflags.O_RDWR
    elif sighting.writes is False:
        bits |= openflags.O_RDONLY
    return (bits, True) if bits else (openflags.O_RDWR, False)
