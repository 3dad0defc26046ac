"""Sizes and evictions of every table, by the names that Falco's metrics have where they mean the same.

Falco counts threads where we know processes: `n_threads` and its kin are about processes here. Where Falco's table is
full it does not take in what is new; ours forgets what is old.
"""

from __future__ import annotations

from auditfalco.state.host import HostState

EVICTIONS = {
    "n_drops_full_threadtable": "processes forgotten",
    "n_evicted_fds": "descriptors forgotten",
    "n_evicted_containers": "containers forgotten",
    "n_evicted_user_files": "files of users and groups forgotten",
    "n_evicted_environments": "environments forgotten",
    "n_evicted_admissions": "execs seen by the gate and forgotten",
    "n_evicted_names": "other names of files forgotten",
    "n_unseen_files": "looks at files that were not made or not answered in time",
}
"""What is not known though it might have been asked for: forgotten because a table was full, or not looked at."""


def counters(host: HostState) -> dict[str, int]:
    """Every table's size, what was added and removed, and evictions.

    Sizes go up and down; all others only grow.
    """
    processes = host.processes
    return {
        "n_threads": len(processes),
        "n_added_threads": processes.added,
        "n_removed_threads": processes.removed,
        "n_drops_full_threadtable": processes.evictions,
        "n_cached_thread_lookups": processes.cached_lookups,
        "n_noncached_thread_lookups": processes.noncached_lookups,
        "n_failed_thread_lookups": processes.failed_lookups,
        "n_fds": len(host.open_files.table),
        "n_evicted_fds": host.open_files.table.evictions,
        "n_containers": len(host.containers),
        "n_evicted_containers": host.containers.evictions,
        "n_evicted_user_files": host.users.evictions,
        "n_evicted_environments": host.environments.evictions,
        "n_evicted_admissions": host.admissions.evictions,
        "n_evicted_names": host.name_evictions,
        "n_unseen_files": host.unseen_files,
    }


def evictions(host: HostState) -> dict[str, int]:
    """The evictions that there were, by what they mean."""
    now = counters(host)
    return {meaning: now[name] for name, meaning in EVICTIONS.items() if now[name]}
