"""After process events were lost: what is known is compared with what runs.

Who ended, executed or was handed over meanwhile was not told. So whatever is not as /proc shows it is corrected, and of
the time before that nothing is claimed any more: an event from before has no ancestors rather than wrong ones.
"""

from __future__ import annotations

from auditfalco.model.process import Image, Process
from auditfalco.state import ancestry, images
from auditfalco.state.processes import ProcessTable
from auditfalco.state.processreader import ProcessReader


def recover(processes: ProcessTable, reader: ProcessReader, now_ns: int) -> None:
    """Correct everything that is known of processes; those that are not known yet are the caller's to take in."""
    living = processes.living()
    for process in living:
        if not reader.is_running(process):
            processes.lost(process, now_ns)
    for process in living:
        if process.is_alive:
            _correct(process, processes, reader, now_ns)


def _correct(process: Process, processes: ProcessTable, reader: ProcessReader, now_ns: int) -> None:
    shown = Image(now_ns)
    reader.fill_image(shown, process)
    shown.read_ns = now_ns if shown.filled else 0
    shown.capabilities = process.held
    images.promote(process, now_ns)
    known = process.image
    if not shown.filled or (shown.comm, shown.argv, shown.exe_path) != (known.comm, known.argv, known.exe_path):
        process.image, process.comm = shown, None
    process.past, process.names, process.doubtful = (), (), False
    process.threads, process.threads_known = None, False
    process.heard = process.owes_exit = False
    parent_pid = reader.parent_pid(process)
    parent = process.parent
    if parent_pid and (parent is None or parent.pid != parent_pid or not parent.is_alive):
        if parent is not None:
            ancestry.leave(process)
            process.parent = None
        found = processes.alive(parent_pid)
        if found is not None and found is not process:
            ancestry.link(process, found)
    process.former = ()
    process.parent_since_ns = now_ns
