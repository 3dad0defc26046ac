"""Calls that change where a process's names count from: its working directory and its root.

The record of the call itself has the working directory from before. Of chroot and pivot_root the kernel writes it when
they are done, as it is seen from the new root (`audit_log_d_path` in kernel/auditsc.c), so a relative name can be
joined to it only where it leads further down.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import naming
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.layout import descriptor, path, telling
from auditfalco.normalise.naming import UNKNOWN_ORIGIN, Origin, working_directory
from auditfalco.normalise.paths import target
from kernel_sources.audit.facts import join


def _entered(call: Call, event: Event) -> None:
    """Note the directory that a chdir went to."""
    reached = target(call.paths)
    if call.succeeded and reached is not None:
        call.process.cwd = join(call.cwd, reached.name) or call.process.cwd


def _entered_by_descriptor(call: Call, event: Event) -> None:
    """Note the directory that an fchdir went to."""
    if call.succeeded and event.descriptor is not None and event.descriptor.name is not None:
        call.process.cwd = str(event.descriptor.name)


def _root(call: Call, event: Event) -> None:
    naming.tell_target(call, event, "path", _before_change_of_root(call))


def _before_change_of_root(call: Call) -> Origin:
    """Where the name given to chroot counts from.

    A directory strictly below the working directory leaves that outside the new root, where it keeps its name; with
    "." or ".." it would have lost its beginning.
    """
    new_root = target(call.paths)
    parts = [] if new_root is None or new_root.name is None else new_root.name.split("/")
    further_down = ".." not in parts and any(part not in ("", ".") for part in parts)
    return working_directory(call) if further_down or not call.succeeded else UNKNOWN_ORIGIN


BUILDERS: dict[str, Builder] = {
    "chdir": telling(path("path"), _entered),
    "fchdir": telling(descriptor("fd", 0), _entered_by_descriptor),
    "chroot": telling(_root),
    "getcwd": telling(),
}
