"""Keeps the audit rules for opens in containers in step with the containers that exist.

The own file systems of all containers are covered by audit rules that stand from the beginning (coverage.scopes). What
a container shares with the host is known once a process has entered it, and is asked for then, until its root goes
away.

The kernel may take long to take out an audit rule, so a thread of its own does the work, and detection does not wait
for it.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from auditfalco.agent.asked import Asked
from auditfalco.agent.asking import ask
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.scopes import ContainerScopes, HostMounts, Scope, container_scopes
from auditfalco.model.process import Process
from kernel_sources.errors import KernelSourceError
from kernel_sources.procfs import Mount, ProcFS

REFUSALS_KEPT = 100

MOST_CONTAINERS = 1024
"""Containers whose shared directories are asked for; beyond, the first is dropped, and comes again if it lives."""


class _Entered(NamedTuple):
    """A process was seen in a container, with this mount table."""

    full_id: str
    mounts: Sequence[Mount]


class ContainerOpens:
    """Installs and removes the audit rules of `plan.container_rules`.

    Attributes:
        refused: audit rules that the kernel did not take, with the reason; the newest REFUSALS_KEPT.
        unseen: mount points in containers that no audit rule can single out.
    """

    def __init__(self, plan: Plan, asked: Asked | None, proc: ProcFS) -> None:
        self.refused: list[str] = []
        self.unseen: set[str] = set()
        self._plan = plan
        self._kernel = asked
        self._proc = proc
        self._asked: set[str] = set()
        self._requests: queue.SimpleQueue[_Entered | bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="container opens", daemon=True)
        # Everything below belongs to the thread.
        self._host = HostMounts(())
        self._standing: frozenset[Scope] = frozenset()
        self._containers: OrderedDict[str, ContainerScopes] = OrderedDict()
        self._users: Counter[Scope] = Counter()

    def start(self) -> None:
        """Ask for what containers have of their own, then follow the requests. The former is in force on return."""
        if self._plan.asks_in_containers and self._kernel is not None:
            self._look_at_mounts()
            self._thread.start()

    def stop(self) -> None:
        """End the thread; the rules stay until they are undone together."""
        self._requests.put(False)
        if self._thread.is_alive():
            self._thread.join()

    def mounts_changed(self) -> None:
        """Say that the host's mount table is not what it was."""
        if self._thread.is_alive():
            self._requests.put(True)

    def entered(self, process: Process) -> None:
        """Say that a process runs in a container, whose file systems are asked for unless they are already."""
        container = process.container
        if container is None or container.is_host or container.full_id in self._asked or not self._thread.is_alive():
            return
        mounts = self._proc.mountinfo(process.pid)
        if mounts is not None:
            self._asked.add(container.full_id)
            self._requests.put(_Entered(container.full_id, mounts))

    def _run(self) -> None:
        while True:
            request = self._requests.get()
            if request is False:
                return
            self._look_at_mounts()
            if isinstance(request, _Entered):
                self._add_container(request)

    def _look_at_mounts(self) -> None:
        mounts = self._proc.mountinfo("self")
        if mounts is None:
            return
        before, self._host = self._host, HostMounts(mounts)
        # Where no rule can stand for all containers, each root is asked for the moment it is mounted.
        standing = self._host.standing or frozenset(self._host.overlays)
        self._use(standing - self._standing)
        unmounted = before.overlays - self._host.overlays
        for full_id in [name for name, container in self._containers.items() if container.root in unmounted]:
            self._drop(full_id)
        self._release(self._standing - standing)
        self._standing = standing

    def _add_container(self, request: _Entered) -> None:
        found = container_scopes(request.mounts, self._host)
        if found is None:
            self._asked.discard(request.full_id)  # a runtime's helper on its way in: the next process will tell
            return
        if request.full_id in self._containers:
            return
        self.unseen.update(found.unseen)
        self._containers[request.full_id] = found
        self._use(found.scopes)
        if len(self._containers) > MOST_CONTAINERS:
            self._drop(next(iter(self._containers)))

    def _drop(self, full_id: str) -> None:
        self._asked.discard(full_id)
        self._release(self._containers.pop(full_id).scopes)

    def _use(self, scopes: frozenset[Scope]) -> None:
        fresh = [scope for scope in scopes if not self._users[scope]]
        self._users.update(scopes)
        if not fresh or self._kernel is None:
            return
        try:
            refusals = ask(self._kernel, self._plan.container_rules(fresh)).refused
        except (KernelSourceError, OSError) as error:
            self._refuse(str(error))
            return
        for refusal in refusals:
            self._refuse(str(refusal))

    def _release(self, scopes: frozenset[Scope]) -> None:
        self._users.subtract(scopes)
        unused = [scope for scope in scopes if self._users[scope] <= 0]
        for scope in unused:
            del self._users[scope]
        if self._kernel is None:
            return
        for planned in self._plan.container_rules(unused):
            try:
                self._kernel.remove(planned.rule)
            except (KernelSourceError, OSError) as error:
                self._refuse(str(error))

    def _refuse(self, reason: str) -> None:
        self.refused.append(reason)
        del self.refused[:-REFUSALS_KEPT]
