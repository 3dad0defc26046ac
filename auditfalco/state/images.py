"""What a process ran, and was called, at a time.

The connector announces an exec and a new name exactly when it happens; the record that tells what was executed comes
later, or never. Events are looked at later still, when an ancestor may run something else already. So a few images and
names are kept of each process. /proc shows what runs now: it can complete the newest image alone.
"""

from __future__ import annotations

from auditfalco.model.admission import AncestorSeen
from auditfalco.model.process import Image, Process
from auditfalco.state.executables import deleted_name, memfd_name
from auditfalco.state.processreader import ProcessReader

IMAGES_KEPT = 8
"""Images of one process that are kept beside the present one; earlier ones become unknown."""

NAMES_KEPT = 8
"""Names of one process that are kept; earlier ones become unknown."""

SETTLING_NS = 20_000_000
"""How long before the connector tells of an exec /proc may show it: the kernel loads the program in between."""


def announce(process: Process, time_ns: int) -> None:
    """Note that a process began to run something; what, a record will tell."""
    newest = newest_image(process)
    if newest.read_ns and newest.read_ns > time_ns - SETTLING_NS:
        _unread(newest)
    if process.doubtful:
        process.image, process.doubtful = _unknown(process.image.exec_ns), False
    process.pending.append(Image(time_ns))
    if len(process.pending) > IMAGES_KEPT:
        promote(process, process.pending[0].exec_ns)
    process.threads, process.threads_known, process.threads_named = None, True, False
    process.leader_gone = False


def newest_image(process: Process) -> Image:
    """What a process runs now."""
    return process.pending[-1] if process.pending else process.image


def promote(process: Process, time_ns: int) -> None:
    """Let the announced execs up to a time have happened: no record of them is waited for any more."""
    while process.pending and process.pending[0].exec_ns <= time_ns:
        replace(process, process.pending.pop(0))
        process.comm = None


def replace(process: Process, image: Image) -> None:
    """Make an image the present one and keep the one before."""
    process.past = (*process.past, process.image)
    if len(process.past) > IMAGES_KEPT:
        process.past = (_unknown(process.past[1].exec_ns), *process.past[2:])
    process.image = image


def confirm(process: Process, time_ns: int, latest: bool) -> Image | None:
    """Take the announced image that an exec's record with this time is about; None when none was announced.

    It is the first that is not before the record's time, or, if `latest`, the last.
    """
    while process.pending and process.pending[0].exec_ns < time_ns:
        replace(process, process.pending.pop(0))
    if not process.pending:
        return None
    image = process.pending.pop(0)
    while latest and process.pending:
        replace(process, image)
        image = process.pending.pop(0)
    replace(process, image)
    return image


def image_of(process: Process, time_ns: int) -> Image:
    """The image that a process ran at a time, as it is known now."""
    image = process.image
    for announced in process.pending:
        if announced.exec_ns > time_ns:
            break
        image = announced
    if image is process.image and image.exec_ns > time_ns:
        for earlier in reversed(process.past):
            image = earlier
            if earlier.exec_ns <= time_ns:
                break
    return image


def rename(process: Process, name: str | None, time_ns: int) -> None:
    """Note a new name of a process's first thread."""
    process.names = (*process.names, (time_ns, name))
    if len(process.names) > NAMES_KEPT:
        process.names = ((process.names[0][0], None), *process.names[2:])


def name_of(process: Process, image: Image, time_ns: int) -> str | None:
    """What a process that ran `image` was called at a time."""
    for since_ns, name in reversed(process.names):
        if since_ns < image.exec_ns:
            break
        if since_ns <= time_ns:
            return name
    return image.comm


def seen_between(process: Process, time_ns: int, until_ns: int, reader: ProcessReader | None, now_ns: int) -> Image:
    """The image of a process throughout a span of time as its descendants' events show it, with the name it had then.

    Completed from /proc where that is possible and no record tells it. What cannot be had, or changed within the span,
    is absent.
    """
    image = image_of(process, time_ns)
    if until_ns > time_ns and image_of(process, until_ns) is not image:
        return _unknown(image.exec_ns)
    if image is newest_image(process):
        if process.doubtful:
            image = _certified(process, reader, now_ns)
        elif not image.filled and reader is not None and process.is_alive:
            reader.fill_image(image, process)
            image.read_ns = now_ns if image.filled else 0
    name = name_of(process, image, time_ns)
    if until_ns > time_ns and name_of(process, image, until_ns) != name:
        name = None
    shown = process.comm if process.comm is not None and image is process.image else image.comm
    return image if name == shown else _called(image, name)


def witness(process: Process, seen: AncestorSeen, time_ns: int) -> None:
    """Complete what a process was seen to run at a time, where no record has told it."""
    image = image_of(process, time_ns)
    if process.doubtful and image is newest_image(process):
        image = Image(process.start_ns)
        image.capabilities = process.image.capabilities
        process.image, process.doubtful = image, False
    if image.filled or (seen.exe_path is None and not seen.argv):
        return
    image.filled, image.read_ns = True, time_ns
    image.comm = seen.comm
    image.argv = list(seen.argv) or None
    if seen.exe_path is not None:
        memfd = memfd_name(seen.exe_path)
        image.from_memfd = memfd is not None
        image.exe_path = memfd or deleted_name(seen.exe_path)


def _certified(process: Process, reader: ProcessReader | None, now_ns: int) -> Image:
    """The image of a process that may have another's than its parent's: what /proc shows, or nothing."""
    image = Image(process.start_ns)
    if reader is not None and process.is_alive:
        reader.fill_image(image, process)
    if not image.filled:
        return image
    image.read_ns = now_ns
    image.capabilities = process.image.capabilities
    process.image, process.doubtful = image, False
    return image


_FACTS = tuple(name for name in Image.__slots__ if name != "__weakref__")


def _called(image: Image, name: str | None) -> Image:
    """An image under another name."""
    copy = Image(image.exec_ns)
    for attribute in _FACTS:
        setattr(copy, attribute, getattr(image, attribute))
    copy.comm = name
    return copy


def _unread(image: Image) -> None:
    """Forget what was read from /proc: it may have been the next image's."""
    image.filled, image.read_ns = False, 0
    image.comm = image.argv = image.exe_path = None
    image.from_memfd, image.program = False, None


def _unknown(exec_ns: int) -> Image:
    return Image(exec_ns)
