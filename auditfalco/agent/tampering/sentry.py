"""The thread that compares the kernel's audit configuration with what we asked for, and mends it.

The kernel may take long over a change of its rules, so none of this is done by the thread that evaluates events.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from typing import NamedTuple

from auditfalco.agent.tampering.findings import Expected, Finding, Kind, filters, find
from auditfalco.agent.tampering.repair import OURS, Repair
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.errors import KernelSourceError

LOOK_SECONDS = 0.5
"""Between two looks, unless something was heard."""

LEAST_SECONDS = 0.1
"""Between two looks however much is heard."""

_MOST_NEWS = 256


class News(NamedTuple):
    """Something was found amiss, or is no more.

    Attributes:
        finding: what.
        unmended: why it was not put right; empty when it was.
        over: whether it is no more, though not by our doing.
    """

    finding: Finding
    unmended: str = ""
    over: bool = False


class Sentry:
    """Looks, mends, and has news.

    Args:
        control, installed: the way to the kernel, and what is asked of it.
        mode: what is mended, see Repair.

    Attributes:
        news: what was found since it was last taken.
        failure: why the last look failed; None when it did not.
    """

    def __init__(self, control: AuditControl, installed: InstalledRules, mode: str = OURS) -> None:
        self.news: queue.Queue[News] = queue.Queue(_MOST_NEWS)
        self.failure: Exception | None = None
        self._control = control
        self._installed = installed
        rules = control.list_rules()
        self._expected = Expected(control.status(), frozenset(one.rule for one in filters(rules, installed.ours)))
        self._repair = Repair(control, installed, self._expected, mode)
        self._standing: dict[tuple[Kind, str], News] = {}
        self._heard = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sentry", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the looking; nothing is mended afterwards."""
        self._stopping.set()
        self._heard.set()
        if self._thread.is_alive():
            self._thread.join()

    def hear(self) -> None:
        """Say that somebody has changed something: time for a look."""
        self._heard.set()

    def blinding(self) -> list[Finding]:
        """What keeps events from us and could not be mended."""
        return [one.finding for one in list(self._standing.values()) if one.unmended and _blinds(one.finding)]

    def look(self) -> None:
        """Compare, mend, and tell what is new or over."""
        try:
            listing = self._installed.listing()
            status = self._control.status()
        except (KernelSourceError, OSError) as error:
            self.failure = error
            return
        self.failure = None
        found = {one.name: one for one in find(self._expected, status, listing, self._installed.ours)}
        for name in [name for name in self._standing if name not in found]:
            gone = self._standing.pop(name)
            if gone.unmended:
                self._tell(gone._replace(over=True))
        for name, finding in found.items():
            self._attend(name, finding)
        if status.pid != self._expected.status.pid:
            self._expect_daemon(status.pid)

    def _attend(self, name: tuple[Kind, str], finding: Finding) -> None:
        """Mend one thing, and tell it if it is new; what was mended is new when it is found again."""
        known = self._standing.pop(name, None)
        news = News(finding, self._repair.mend(finding))
        if known is None:
            self._tell(news)
        if news.unmended or finding.kind is Kind.SILENCED:
            self._standing[name] = news

    def _expect_daemon(self, pid: int) -> None:
        self._expected = self._expected._replace(status=replace(self._expected.status, pid=pid))
        self._standing = {name: one for name, one in self._standing.items() if one.finding.kind is not Kind.DAEMON}

    def _tell(self, news: News) -> None:
        try:
            self.news.put_nowait(news)
        except queue.Full:  # nobody has taken any for minutes: the agent is about to end
            return

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._heard.wait(LOOK_SECONDS)
            self._heard.clear()
            if not self._stopping.is_set():
                self.look()
                self._stopping.wait(LEAST_SECONDS)


def _blinds(finding: Finding) -> bool:
    if finding.kind is Kind.SILENCED:
        return finding.filter is not None and (bool(finding.rules) or finding.filter.filter_list in ("task", "exclude"))
    return finding.kind in (Kind.REMOVED, Kind.DISABLED, Kind.RATE)
