"""Who is whose parent, now and at the time of an event.

When a process ends, the kernel hands its children to another parent: the nearest ancestor that is a subreaper, else the
first process of the pid namespace (find_new_reaper in kernel/exit.c). Nothing tells which at that moment; /proc does
while the child lives, and so do the child's own records and its end. The connector tells of the end a little after the
children were handed over, since the kernel can be interrupted in between.

Where it is not certain who was the parent at a time, the parent is unknown. That is so for a grandparent that ended
within HANDOVER_NS after an event and left the parent behind, and where the new parent could not be read any more. The
parent of the event's own process is told by the event's record.
"""

from __future__ import annotations

from auditfalco.model.process import FormerParent, Process
from auditfalco.state.images import name_of, newest_image
from auditfalco.state.processreader import ProcessReader

DEEPEST_ANCESTRY = 64
"""Older ancestors are forgotten, so that a process that forks itself on for ever does not fill the memory."""

FORMER_KEPT = 16
"""Former parents kept of one process; who was parent before them is unknown."""

HANDOVER_NS = 20_000_000
"""How much later than the children's handing over the connector may tell of a parent's end."""

NEW_NS = 50_000_000
"""A process younger than this may have given its pid away and be confused with the next one by its start."""


def child_of(parent: Process, pid: int, time_ns: int) -> Process:
    """A fork: it shares its parent's image and inherits everything else."""
    pending = bool(parent.pending)
    image = newest_image(parent)
    child = Process(pid, time_ns, None, image)
    link(child, parent)
    parent.acted_ns = time_ns
    child.comm = None if pending else parent.comm
    child.capabilities = None if pending else parent.capabilities
    child.capabilities_lost = False if pending else parent.capabilities_lost
    name = name_of(parent, image, time_ns)
    if name != image.comm:
        child.names = ((time_ns, name),)
    # The parent that the connector names did not make a child made with CLONE_PARENT: one of its children did, and
    # that one's image is inherited. Where all of them run the same, it comes to the same.
    child.doubtful = parent.doubtful or parent.strays > 0 or parent.threads_named
    if child.doubtful:
        stray(child)
    child.cwd = parent.cwd
    child.tty = parent.tty
    child.uid, child.euid, child.fsuid = parent.uid, parent.euid, parent.fsuid
    child.gid, child.egid, child.fsgid = parent.gid, parent.egid, parent.fsgid
    child.login_uid, child.session_id = parent.login_uid, parent.session_id
    child.sid, child.pgid, child.vpgid, child.vsid = parent.sid, parent.pgid, parent.vpgid, parent.vsid
    child.container, child.place_read = parent.container, parent.place_read
    return child


def link(child: Process, parent: Process) -> None:
    """Make one process the other's parent from now on."""
    child.parent = parent
    if child.exit_ns is None and parent.exit_ns is None:
        parent.children[child.pid] = child
        parent.strays += child.strayed
    ancestor = parent
    for _ in range(DEEPEST_ANCESTRY - 1):
        above = ancestor.parent
        if above is None:
            return
        ancestor = above
    ancestor.parent = None


def leave(child: Process) -> None:
    """Take a process from its parent's living children."""
    parent = child.parent
    if parent is not None and parent.children.get(child.pid) is child:
        del parent.children[child.pid]
        parent.strays -= child.strayed


def stray(process: Process) -> None:
    """Note that a process no longer is what its parent is."""
    if process.strayed:
        return
    process.strayed = True
    parent = process.parent
    if parent is not None and parent.children.get(process.pid) is process:
        parent.strays += 1


def orphan(child: Process, time_ns: int) -> None:
    """Note that a parent ended; who came after it is not known yet."""
    parent = child.parent
    if parent is None:
        return
    sure_ns = max(child.start_ns, parent.acted_ns, time_ns - HANDOVER_NS)
    _leave_for_ever(child, min(sure_ns, time_ns - 1), time_ns)


def adopt(child: Process, parent: Process, time_ns: int) -> None:
    """Note that, by an exact or a record's time at the latest, a process had another parent than the one known."""
    before = child.parent
    if before is not None:
        _leave_for_ever(child, min(max(child.start_ns, before.acted_ns), time_ns - 1), time_ns)
    link(child, parent)


def _leave_for_ever(child: Process, sure_ns: int, left_ns: int) -> None:
    parent = child.parent
    assert parent is not None
    leave(child)
    child.parent = None
    parent.orphans.append(child)
    child.former = (*child.former, FormerParent(sure_ns, left_ns, parent))
    if len(child.former) > FORMER_KEPT:
        child.parent_since_ns = child.former[0].left_ns
        child.former = child.former[1:]


def parent_between(child: Process, time_ns: int, until_ns: int) -> Process | None:
    """The parent throughout a span of time, or the moment that it is; None when it is not known for certain."""
    if time_ns < child.parent_since_ns:
        return None
    for former in child.former:
        if until_ns <= former.sure_ns:
            return former.process
        if time_ns < former.left_ns:
            return None
    return child.parent


def testify(child: Process, parent_pid: int, time_ns: int, until_ns: int) -> bool:
    """Take in that a process had the parent with this pid at a moment within a span; False when no known one fits."""
    parent = child.parent
    if parent is not None and parent.pid == parent_pid:
        parent.acted_ns = max(parent.acted_ns, time_ns)
        if child.former and time_ns < child.former[-1].left_ns:
            last = child.former[-1]
            child.former = (*child.former[:-1], FormerParent(min(last.sure_ns, time_ns - 1), time_ns, last.process))
        return True
    for index, former in enumerate(child.former):
        if former.process.pid == parent_pid:
            proven = FormerParent(max(former.sure_ns, until_ns), max(former.left_ns, until_ns), former.process)
            child.former = (*child.former[:index], proven, *child.former[index + 1 :])
            return True
    return False


def taken_in(child: Process, ended: Process, reader: ProcessReader, now_ns: int) -> int | None:
    """The pid of the parent that the kernel gave a child whose parent ended; None when it cannot be known.

    A child so young that a namesake could have begun in the same tick is believed only what fits it.
    """
    parent_pid = reader.parent_pid(child)
    if parent_pid is None or parent_pid == ended.pid:
        return None
    ancestor = ended.parent
    for _ in range(DEEPEST_ANCESTRY):
        if ancestor is None:
            break
        if ancestor.pid == parent_pid:
            return parent_pid
        if reader.has_ended(ancestor.pid):
            return None  # it may have been the parent in between
        ancestor = ancestor.parent
    init = child.container.init_pid if child.container is not None else None
    return parent_pid if parent_pid in (1, init) or now_ns - child.start_ns >= NEW_NS else None
