"""Who changed audit's configuration: named by the record of the change itself, else by what was seen before it.

Whoever changes it speaks to the kernel through an audit socket, and the opening of such sockets is recorded for us
(coverage.control_sockets). So even where the change keeps its own record from being written it is known who could.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from auditfalco.model.alert import FieldValue
from auditfalco.model.event import Event
from auditfalco.state.host import HostState
from kernel_sources.audit import facts
from kernel_sources.audit.rawevent import RawEvent

REMEMBERED = 64
LATELY_NS = 10_000_000_000
_NETLINK, _NETLINK_AUDIT = 16, 9
_ANCESTORS_TOLD = 8


@dataclass(frozen=True)
class Culprit:
    """A process, and how sure it is that it was the one. Ids that were never set are None."""

    auid: int | None = None
    ses: int | None = None
    user: str | None = None
    pid: int | None = None
    exe: str | None = None
    comm: str | None = None
    tty: str | None = None
    command: str | None = None
    ancestry: tuple[str, ...] = ()
    certain: bool = True
    time_ns: int = 0

    def __str__(self) -> str:
        """The process in a phrase."""
        if self.pid is None and self.auid is None:
            return "by nobody known"
        who = f"{self.comm or '?'} ({self.exe or '?'}, pid {self.pid})" if self.pid is not None else "a process unknown"
        login = "without login" if self.auid is None else f"login {self.user or '?'} ({self.auid})"
        chain = f", started by {' < '.join(self.ancestry)}" if self.ancestry else ""
        sure = "by" if self.certain else "probably by"
        return f"{sure} {who}, {login}, tty {self.tty or 'none'}{chain}"

    def fields(self) -> dict[str, FieldValue]:
        """The same, by name."""
        return {
            "auid": self.auid,
            "ses": self.ses,
            "user": self.user,
            "pid": self.pid,
            "exe": self.exe,
            "comm": self.comm,
            "tty": self.tty,
            "command": self.command,
            "ancestry": " < ".join(self.ancestry) or None,
        }


NOBODY = Culprit(certain=False)


class Culprits:
    """Names processes, and remembers who opened an audit socket lately.

    Args:
        host: the state by which processes are described.
    """

    def __init__(self, host: HostState) -> None:
        self._host = host
        self._lately: deque[Culprit] = deque(maxlen=REMEMBERED)

    def notice(self, event: Event) -> None:
        """Remember the process of an event that opened an audit socket."""
        process = event.process
        if event.type != "socket" or process is None:
            return
        arguments = event.arguments
        domain, protocol = arguments.get("domain"), arguments.get("proto")
        if domain is None or protocol is None or (domain.value, protocol.value) != (_NETLINK, _NETLINK_AUDIT):
            return
        image = process.image
        auid = process.login_uid if process.login_uid is not None and process.login_uid >= 0 else None
        seen = Culprit(
            auid=auid,
            pid=process.pid,
            exe=image.exe_path,
            comm=process.comm or image.comm,
            command=" ".join(image.argv) if image.argv else None,
            certain=False,
            time_ns=event.time_ns,
        )
        self._lately.append(self._described(seen))

    def of(self, raw: RawEvent) -> Culprit | None:
        """The process of a change's own event; None where the event has no SYSCALL record."""
        call = facts.syscall(raw)
        if call is None:
            return None
        title = facts.proctitle(raw)
        named = Culprit(
            auid=call.auid,
            ses=call.ses,
            pid=call.pid,
            exe=call.exe,
            comm=call.comm,
            tty=call.tty,
            command=" ".join(title) if title else None,
            time_ns=raw.time_ns,
        )
        return self._described(named)

    def suspect(self, time_ns: int, auid: int | None = None) -> Culprit:
        """Who opened an audit socket last within ten seconds before, under a login uid if one is known."""
        for one in reversed(self._lately):
            if 0 <= time_ns - one.time_ns <= LATELY_NS and auid in (None, one.auid):
                return one
        return NOBODY if auid is None else replace(NOBODY, auid=auid, user=self._user(auid))

    def _described(self, culprit: Culprit) -> Culprit:
        """Add the user's name and the ancestors, as far as they are known."""
        ancestry: tuple[str, ...] = ()
        process = self._host.find(culprit.pid, culprit.time_ns) if culprit.pid is not None else None
        if process is not None:
            chain = self._host.ancestors(process, culprit.time_ns)[:_ANCESTORS_TOLD]
            ancestry = tuple(self._host.image(one, culprit.time_ns).comm or "?" for one in chain)
        return replace(culprit, user=self._user(culprit.auid), ancestry=ancestry)

    def _user(self, auid: int | None) -> str | None:
        return None if auid is None else self._host.login_name(auid)
