"""Tampering with audit: noticed by its records and by looks at the kernel, told once for each act, with who did it."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from auditfalco.agent.asked import Asked
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.tampering.acts import Act, Acts
from auditfalco.agent.tampering.culprits import Culprit, Culprits
from auditfalco.agent.tampering.findings import PANIC, Kind
from auditfalco.agent.tampering.sentry import News, Sentry
from auditfalco.model.alert import FieldValue
from auditfalco.model.event import Event
from auditfalco.state.host import HostState
from kernel_sources.audit.configchange import ConfigChange, config_changes
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.status import LOCKED
from kernel_sources.procfs import ProcFS

TAMPERING = "auditfalco internal: audit tampering"
AUDIT_DAEMONS = frozenset({"auditd", "go-audit", "auditbeat", "osqueryd", "laurel"})
_SYSTEM_PLACES = ("/usr/", "/sbin/", "/bin/", "/opt/")
_ADDITIONS_KEPT = 256
_SERVED_TOLD = 10
_SILENT_NS = 10_000_000_000


class _Addition(NamedTuple):
    """A filter that somebody added, to an unknown end."""

    filter_list: str | None
    culprit: Culprit | None
    time_ns: int


class Tampering:
    """Raises an alert when somebody, not the agent itself, has changed audit so that events are missed.

    Args:
        host: the state by which processes are described.
        internal: raises alerts.
        asked: what is asked of the kernel.
        sentry: looks at the kernel.
        keys: those of this run's audit rules.
        silenced: told why audit no longer tells us everything, as long as it cannot be mended.
        audible: told that it does again.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        host: HostState,
        internal: InternalAlerts,
        asked: Asked,
        sentry: Sentry,
        keys: tuple[str, ...],
        silenced: Callable[[str], None],
        audible: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._proc = ProcFS()
        self._own_pid = self._proc.own_pid()
        self._internal = internal
        self._asked = asked
        self._sentry = sentry
        self._keys = keys
        self._silenced = silenced
        self._audible = audible
        self._is_silenced = False
        self._clock = clock
        self._acts = Acts()
        self._culprits = Culprits(host)
        self._additions: deque[_Addition] = deque(maxlen=_ADDITIONS_KEPT)

    def start(self) -> None:
        """Begin to look after the kernel's configuration."""
        self._sentry.start()

    def stop(self) -> None:
        """Look no more, before our own rules are removed; tell what is under way."""
        self._sentry.stop()
        self.tick()

    def notice(self, event: Event) -> None:
        """Take note of an event that may name a culprit."""
        self._culprits.notice(event)

    def configured(self, raw: RawEvent) -> None:
        """Take note of an event about audit's configuration."""
        culprit = self._culprits.of(raw)
        if culprit is not None and culprit.pid == self._own_pid:
            return
        changes = [change for change in config_changes(raw) if change.success is not False and not change.by_kernel]
        for change in changes:
            if change.operation == "add_rule":
                self._additions.append(_Addition(change.filter_list, culprit, raw.time_ns))
            kind = self._kind(change)
            if kind is not None:
                self._acts.recorded(kind, _detail(change), culprit, self._clock())
        if changes:
            self._sentry.hear()

    def tick(self) -> None:
        """Tell what is to be told; to be called several times a second."""
        now = self._clock()
        while True:
            try:
                news = self._sentry.news.get_nowait()
            except queue.Empty:
                break
            if news.over:
                self._tell_over(news)
            else:
                self._acts.found(news, self._adder(news), now)
        for act in self._acts.due(now):
            self._tell(act)
        self._stand_in()

    def amiss(self) -> str:
        """What the last look has found that keeps events from us, in words."""
        if self._sentry.failure is not None:
            return f"the kernel's audit does not answer ({self._sentry.failure})"
        found = [f"{one.kind.value} ({one.detail[:200]})" for one in self._sentry.blinding()]
        return "; ".join(found) or "audit's rules and settings are as they should be"

    def _stand_in(self) -> None:
        """Let other sensors stand in for audit as long as something keeps events from us that cannot be mended."""
        blinding = self._sentry.blinding()
        if blinding and not self._is_silenced:
            self._silenced(f"{blinding[0].kind.value} ({blinding[0].detail[:200]})")
        elif self._is_silenced and not blinding:
            self._audible()
        self._is_silenced = bool(blinding)

    def _kind(self, change: ConfigChange) -> Kind | None:
        if change.operation == "remove_rule":
            return Kind.REMOVED if change.keys == self._keys else None
        if change.setting == "audit_enabled":
            return {0: Kind.DISABLED, LOCKED: Kind.LOCKED}.get(change.new or 0) if change.new != change.old else None
        if change.setting == "audit_rate_limit":
            return Kind.RATE if change.new else None
        if change.setting == "audit_backlog_limit":
            return Kind.BACKLOG if change.new and (change.old == 0 or change.new < (change.old or 0)) else None
        if change.setting == "audit_failure":
            return Kind.PANIC if change.new == PANIC else None
        return Kind.DAEMON if change.setting == "audit_pid" else None

    def _adder(self, news: News) -> Culprit | None:
        """Who added the filter that a look has found."""
        found = news.finding.filter
        if found is None:
            return None
        lately = (one for one in reversed(self._additions) if one.filter_list == found.filter_list)
        last = next(lately, None)
        if last is None or time.time_ns() - last.time_ns > _SILENT_NS:
            return None
        return last.culprit

    def _tell(self, act: Act) -> None:
        culprit = act.culprit or self._culprits.suspect(time.time_ns())
        details = act.details or ([act.news.finding.detail] if act.news is not None else [])
        if act.news is not None and act.kind in (Kind.REMOVED, Kind.SILENCED):
            details = [act.news.finding.detail]
        outcome = self._outcome(act)
        what = f"{act.kind.value} ({'; '.join(details)[:600]})" if details else act.kind.value
        fields: dict[str, FieldValue] = {"what": act.kind.name.lower(), "count": max(1, act.count)}
        fields.update({name: value for name, value in culprit.fields().items() if value is not None})
        blind = self._blind(act)
        if blind:
            fields["blind"] = blind
        self._internal.tell(TAMPERING, self._priority(act), f"{what}, {culprit}{outcome}", fields)

    def _outcome(self, act: Act) -> str:
        if act.kind in (Kind.LOCKED, Kind.PANIC, Kind.DAEMON) or act.news is None:
            return ""
        return f"; not mended: {act.news.unmended}" if act.news.unmended else "; mended"

    def _priority(self, act: Act) -> str:
        if act.kind is Kind.DAEMON:
            return self._daemon_priority(act)
        return {Kind.LOCKED: "Notice", Kind.PANIC: "Warning"}.get(act.kind, "Critical")

    def _daemon_priority(self, act: Act) -> str:
        """An audit daemon that comes or goes is ordinary; one gone unasked is not, another program an alarm."""
        pid = act.news.finding.value if act.news is not None else 0
        if pid == 0:
            return "Notice" if act.culprit is not None else "Warning"
        exe = self._proc.exe(pid) or (act.culprit.exe if act.culprit is not None else None) or ""
        known = exe.rpartition("/")[2] in AUDIT_DAEMONS and exe.startswith(_SYSTEM_PLACES)
        return "Notice" if known else "Critical"

    def _blind(self, act: Act) -> str:
        """The Falco rules that get nothing, or less, while a thing stands."""
        if act.news is None or not act.news.unmended:
            return ""
        hit = set(act.news.finding.rules)
        served = sorted({name for one in self._asked.wanted if not hit or one.rule in hit for name in one.serves})
        more = f" and {len(served) - _SERVED_TOLD} more" if len(served) > _SERVED_TOLD else ""
        return ", ".join(served[:_SERVED_TOLD]) + more

    def _tell_over(self, news: News) -> None:
        kind = news.finding.kind
        self._internal.tell(
            TAMPERING, "Notice", f"no more: {kind.value} ({news.finding.detail[:300]})", {"what": "over"}
        )


def _detail(change: ConfigChange) -> str:
    if change.setting is not None:
        return f"{change.setting} {change.old} -> {change.new}"
    return ""
