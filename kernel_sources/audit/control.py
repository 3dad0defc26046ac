"""Ask and tell the audit subsystem: its status, its settings, its rules.

The messages are those of ``audit_receive_msg()`` (kernel/audit.c).  Changing anything needs CAP_AUDIT_CONTROL in the
initial user and pid namespaces, and a configuration that is not locked (``auditctl -e 2``).
"""

from __future__ import annotations

import errno
import threading
from functools import lru_cache
from types import TracebackType

from kernel_sources.audit import rule_text, rule_wire, status
from kernel_sources.audit.rule import AuditRule, Field
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import REFUSALS, Malformed, NotPermitted, NotSupported, RuleRefused, from_errno
from kernel_sources.netlink import DEFAULT_TIMEOUT, NETLINK_AUDIT, NetlinkSocket

AUDIT_GET = 1000
AUDIT_SET = 1001
AUDIT_ADD_RULE = 1011
AUDIT_DEL_RULE = 1012
AUDIT_LIST_RULES = 1013

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes of receive buffer asked for: the kernel sends a rule listing without waiting for its reader."""


class AuditControl:
    """A socket for questions and commands; several threads may use it.

    Args:
        timeout: seconds to wait for each answer.

    Raises:
        NotSupported: the kernel has no audit subsystem.
        NotPermitted: the kernel refuses the socket.

    Attributes:
        unread_rules: rules of the last listing that are of a kind unknown here, and were left out of it.
    """

    def __init__(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.RLock()
        self._socket = NetlinkSocket(NETLINK_AUDIT, receive_buffer=RECEIVE_BUFFER, what="audit control socket")
        self.unread_rules = 0

    def __enter__(self) -> AuditControl:
        """Return the control itself; leaving closes its socket."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the socket."""
        self.close()

    def close(self) -> None:
        """Close the socket; closing twice is harmless."""
        with self._lock:
            self._socket.close()

    def status(self) -> AuditStatus:
        """Return the state of the audit subsystem.

        Raises:
            NotPermitted: CAP_AUDIT_CONTROL is missing.
            NoAnswer: the kernel did not answer in time.
        """
        with self._lock:
            return status.decode(self._socket.ask(AUDIT_GET, timeout=self._timeout))

    def set_enabled(self, enabled: bool) -> None:
        """Switch the making of records on or off.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        self._set(status.MASK_ENABLED, enabled=int(enabled))

    def set_backlog_limit(self, records: int) -> None:
        """Set how many records may wait in the kernel's queue; 0 is no limit.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        self._set(status.MASK_BACKLOG_LIMIT, backlog_limit=records)

    def set_rate_limit(self, records: int) -> None:
        """Set how many records a second the kernel lets pass, dropping the others; 0 is no limit.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        self._set(status.MASK_RATE_LIMIT, rate_limit=records)

    def set_backlog_wait_time(self, ticks: int) -> None:
        """Set how long a process may be held up when the queue is full; 0 drops records at once.

        The unit is the kernel's own clock tick (``CONFIG_HZ`` a second).

        Raises:
            NotSupported: the kernel does not announce the setting.
            NotPermitted: no right to, or the configuration is locked.
        """
        if not self.status().has_feature(status.FEATURE_BACKLOG_WAIT_TIME):
            raise NotSupported("this kernel has no audit backlog_wait_time setting")
        self._set(status.MASK_BACKLOG_WAIT_TIME, backlog_wait_time=ticks)

    def _set(self, mask: int, **members: int) -> None:
        number = self._command(AUDIT_SET, status.encode(mask, **members))
        if number in REFUSALS and self.status().locked:
            raise NotPermitted("the audit configuration is locked until the next boot (enabled 2)")
        if number:
            names = ", ".join(members)
            raise from_errno(number, f"set audit {names}")

    def list_rules(self) -> list[AuditRule]:
        """Return the rules of every list, each list in its order.

        Rules of a kind unknown here are left out and counted in :attr:`unread_rules`.

        Raises:
            NotPermitted: CAP_AUDIT_CONTROL is missing.
            NoAnswer: the end of the listing did not come in time.
        """
        with self._lock:
            payloads = self._socket.dump(AUDIT_LIST_RULES, timeout=self._timeout)
            rules = []
            unread = 0
            for payload in payloads:
                try:
                    rules.append(_decoded(payload))
                except Malformed:
                    unread += 1
            self.unread_rules = unread
            return rules

    def knows_list(self, filter_list: str) -> bool:
        """Tell whether the kernel has a filter list, by asking it to delete a rule there that nobody has added.

        Nothing is changed; with audit on, the refusal leaves one CONFIG_CHANGE record (``res=0``).

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        absent = AuditRule(filter_list, "always", fields=(Field("pid", "=", 0),), keys=("absent",))
        try:
            self.delete_rule(absent)
        except RuleRefused as error:
            return error.errno == errno.ENOENT
        return True

    def add_rule(self, rule: AuditRule) -> None:
        """Add a rule to the kernel's filter.

        Raises:
            RuleRefused: the kernel refuses this rule: ``EEXIST`` it is there already, ``EINVAL`` it makes no sense to
                this kernel, ``ENOENT`` its path or directory does not exist.
            NotPermitted: no right to, or the configuration is locked.
        """
        self._change(AUDIT_ADD_RULE, rule, rule_wire.encode(rule))

    def delete_rule(self, rule: AuditRule) -> None:
        """Take a rule out of the kernel's filter.

        Raises:
            RuleRefused: ``ENOENT`` when there is no such rule.
            NotPermitted: no right to, or the configuration is locked.
        """
        self._change(AUDIT_DEL_RULE, rule, rule_wire.encode(rule, deletion=True))

    def _change(self, message_type: int, rule: AuditRule, payload: bytes) -> None:
        number = self._command(message_type, payload)
        if number in REFUSALS:
            locked = number == errno.EPERM and self.status().locked
            raise NotPermitted(
                "the audit rules are locked until the next boot (enabled 2)"
                if locked
                else "changing audit rules needs CAP_AUDIT_CONTROL in the initial namespaces"
            )
        if number:
            raise RuleRefused(rule_text.text(rule), number)

    def _command(self, message_type: int, payload: bytes) -> int:
        with self._lock:
            return self._socket.command(message_type, payload, timeout=self._timeout)


@lru_cache(maxsize=256)
def _decoded(payload: bytes) -> AuditRule:
    """The rule in a listing; who asks every second is answered with the same rules nearly always."""
    return rule_wire.decode(payload)
