"""Keeps the audit rules for the files that rules name in step with the file system.

The kernel follows a name by itself as long as its directory stays. Links, mounts, and directories that come and go are
looked at here: when the mount table changes, when the kernel has dropped a rule with its directory, when something
appears that was missing, and every few seconds. New rules
are added before old ones are taken out.

The kernel may take long to take out an audit rule, so a thread of its own does the work, and detection does not wait
for it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable

from auditfalco.agent.asked import Asked
from auditfalco.agent.asking import ask
from auditfalco.coverage.files import Files
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import KernelSourceError

LOOK_SECONDS = 10.0
"""How long a link, or a directory made anew, may go unnoticed."""

MISSING_SECONDS = 0.25
"""How long the appearance of a missing directory may go unnoticed."""

REFUSALS_KEPT = 100


class NamedFiles:
    """Installs and removes the audit rules of `plan.file_rules`.

    Attributes:
        refused: audit rules that the kernel did not take, with the reason; the newest REFUSALS_KEPT.
        wider: why more than what rules name is asked for, as of the last look.
    """

    def __init__(self, plan: Plan, asked: Asked | None, files: Files) -> None:
        self.refused: list[str] = []
        self.wider: tuple[str, ...] = ()
        self._plan = plan
        self._kernel = asked
        self._files = files
        self._requests: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="named files", daemon=True)
        # Everything below belongs to the thread.
        self._rules: dict[AuditRule, AuditRule] = {}  # as planned: as it is in force
        self._missing: frozenset[str] = frozenset()

    def start(self) -> None:
        """Ask for what rules name, then follow the file system. The former is in force on return."""
        if self._kernel is not None and self._plan.named():
            self._look()
            self._thread.start()

    def stop(self) -> None:
        """End the thread; the rules stay until they are undone together."""
        self._requests.put(False)
        if self._thread.is_alive():
            self._thread.join()

    def look_again(self) -> None:
        """Say that names may lead elsewhere than they did: the mount table is not what it was."""
        if self._thread.is_alive():
            self._requests.put(True)

    def _run(self) -> None:
        due = time.monotonic() + LOOK_SECONDS
        while True:
            try:
                if not self._requests.get(timeout=MISSING_SECONDS):
                    return
            except queue.Empty:
                appeared = any(self._files.mode(path) is not None for path in self._missing)
                if not appeared and time.monotonic() < due:
                    continue
            self._look()
            due = time.monotonic() + LOOK_SECONDS

    def _look(self) -> None:
        if self._kernel is None:
            return
        places = Places(self._files)
        try:
            self._follow(self._kernel, self._plan.file_rules(places))
        except (KernelSourceError, OSError) as error:
            self._refuse(str(error))
        self._missing, self.wider = places.missing, places.wider

    def _follow(self, kernel: Asked, planned: Iterable[PlannedRule]) -> None:
        gone = frozenset(kernel.missing())  # the kernel itself drops rules whose directory goes
        for rule, form in list(self._rules.items()):
            if form in gone:
                kernel.remove(form)
                del self._rules[rule]
        wanted = {one.rule: one for one in planned}
        answer = ask(kernel, (one for rule, one in wanted.items() if rule not in self._rules))
        for refusal in answer.refused:
            self._refuse(str(refusal))
        before, self._rules = self._rules, {**self._rules, **answer.taken}
        for rule in [rule for rule in before if rule not in wanted]:
            form = self._rules.pop(rule)
            if form not in self._rules.values():
                kernel.remove(form)

    def _refuse(self, reason: str) -> None:
        if reason not in self.refused:  # what is refused is asked for again at every look
            self.refused.append(reason)
        del self.refused[:-REFUSALS_KEPT]
