"""Checks of the audit subsystem; what keeps everything from us comes first."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.coverage.checks.check import FAIL, OK, WARN, Check
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.silencers import Silencer, silencers
from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.rule_text import text
from kernel_sources.audit.status import AuditStatus

LEAST_BACKLOG = 8192
"""Records that the kernel's queue should hold; the agent raises it to that for its run."""

_FULL = 0.75


def audit_checks(machine: Machine) -> Iterator[Check]:
    """Every check of audit."""
    audit = machine.auditing
    yield from _silencers(machine)
    yield _records(machine)
    yield _rules(audit)
    if audit.status is not None:
        yield _enabled(machine, audit.status)
        yield _queue(audit.status)
        yield _rate(audit.status)
        yield _lost(audit.status)
        yield _daemon(audit, audit.status)
    yield _boot(machine)
    if not audit.deaf:
        yield _buffer(audit)


def _silencers(machine: Machine) -> Iterator[Check]:
    audit = machine.auditing
    if audit.rules is None:
        return
    found = silencers(audit.rules, KEY)
    for one in found:
        yield Check(*_named(one), f"{text(one.rule)}: {one.meaning}", _removal(machine, one.rule))
    if not any(one.rule.filter_list == "task" for one in found):
        yield Check("task,never", OK, "no audit rule keeps processes from being audited")


def _named(silencer: Silencer) -> tuple[str, str]:
    """The check's name and state. Names of files in some file systems are left out on purpose, and by default."""
    if silencer.rule.filter_list == "task":
        return "task,never", WARN
    return "silencing rule", OK if silencer.rule.filter_list == "filesystem" else WARN


def _removal(machine: Machine, rule: AuditRule) -> str:
    if rule.filter_list == "filesystem":
        return ""
    command = "auditctl -d " + text(rule).partition(" ")[2]
    if machine.auditing.locked:
        command = "take it out of the rules for the next boot: audit is locked until then"
    if rule.filter_list != "task":
        return f"{command}, unless it is wanted"
    files = ", ".join(machine.surroundings.never_task)
    where = f"it comes from {files}" if files else "it is not in /etc/audit/rules.d: somebody has added it by hand"
    return f"{command}; {where}; restart what has started meanwhile"


def _records(machine: Machine) -> Check:
    audit = machine.auditing
    if machine.hears_audit:
        return Check("audit records", OK, "audit records can be read (netlink multicast)")
    if not audit.deaf:
        return Check(
            "audit records", FAIL, "audit records are not sent to this network namespace", "run in the initial one"
        )
    if audit.unsupported:
        off = machine.kernel.boot.get("audit") in ("0", "off")
        mend = "boot with audit=1 in place of audit=0" if off else "a kernel with CONFIG_AUDIT and CONFIG_AUDITSYSCALL"
        return Check("audit records", FAIL, audit.deaf, mend)
    mend = "run as root in the initial namespaces, with CAP_AUDIT_READ"
    return Check("audit records", FAIL, audit.deaf, mend)


def _rules(audit: Auditing) -> Check:
    if audit.status is None:
        return Check(
            "audit rules",
            WARN,
            f"audit rules cannot be changed ({audit.refusal}): seen is what the present rules record",
            "CAP_AUDIT_CONTROL, in the initial user and pid namespaces",
        )
    count = len(audit.rules or ())
    said = f"{count} audit rule{'' if count == 1 else 's'} of others"
    if audit.unread_rules:
        said += f", {audit.unread_rules} more of an unknown kind"
    if audit.locked:
        return Check(
            "audit rules",
            WARN,
            f"audit rules cannot be changed (audit is locked until the next boot, enabled 2): seen is what the {count}"
            " present rules record",
            "write the agent's rules to the rules for the boot (auditfalco plan), or take out -e 2; then reboot",
        )
    return Check("audit rules", OK, f"can be changed; {said}")


def _enabled(machine: Machine, status: AuditStatus) -> Check:
    if status.locked:
        files = ", ".join(machine.surroundings.locks)
        return Check("audit enabled", OK, "on and locked (2)" + (f", by {files}" if files else ""))
    if status.enabled:
        return Check("audit enabled", OK, "on")
    return Check("audit enabled", OK, "off: the agent switches it on while it runs")


def _queue(status: AuditStatus) -> Check:
    limit, waiting = status.backlog_limit, status.backlog
    found = f"{waiting} of {limit or 'any number of'} records wait in the kernel's queue"
    if limit and waiting >= limit * _FULL:
        return Check(
            "audit queue",
            WARN,
            f"{found}: records are about to be lost",
            f"auditctl -b {max(limit * 4, LEAST_BACKLOG)}",
        )
    if not limit or limit >= LEAST_BACKLOG:
        return Check("audit queue", OK, found)
    if not status.locked:
        return Check("audit queue", OK, f"{found}; the agent raises the limit to {LEAST_BACKLOG} while it runs")
    mend = f"audit_backlog_limit={LEAST_BACKLOG} at boot, or -b {LEAST_BACKLOG} before the lock"
    return Check("audit queue", WARN, f"{found}, which a burst overruns, and the limit is locked", mend)


def _rate(status: AuditStatus) -> Check:
    if not status.rate_limit:
        return Check("audit rate", OK, "not limited")
    return Check(
        "audit rate", WARN, f"the kernel drops what comes above {status.rate_limit} records a second", "auditctl -r 0"
    )


def _lost(status: AuditStatus) -> Check:
    if not status.lost:
        return Check("audit lost", OK, "the kernel has lost no record")
    return Check(
        "audit lost",
        WARN,
        f"the kernel has lost {status.lost} records since boot, or since its counter was reset",
        f"a longer queue: auditctl -b {max(4 * status.backlog_limit, LEAST_BACKLOG)}; auditctl --reset-lost",
    )


def _daemon(audit: Auditing, status: AuditStatus) -> Check:
    if not status.pid:
        return Check("audit daemon", OK, "none; the agent needs none")
    if audit.daemon:
        return Check("audit daemon", OK, f"{audit.daemon}, process {status.pid}; the agent listens beside it")
    return Check("audit daemon", OK, f"process {status.pid}, which cannot be looked at from here")


def _boot(machine: Machine) -> Check:
    value = machine.kernel.boot.get("audit")
    if value in ("1", "on"):
        return Check("audit at boot", OK, "the kernel was started with audit=1: every process can be audited")
    return Check(
        "audit at boot",
        WARN,
        "the kernel was started without audit=1: what was running before audit was first switched on is never audited,"
        " only the processes that it starts",
        "the boot parameter audit=1, or restart services that are older",
    )


def _buffer(audit: Auditing) -> Check:
    granted = f"{audit.buffer // 2 // 1024} KiB"
    if audit.buffer >= audit.buffer_wanted:
        return Check("receive buffer", OK, f"{granted} for audit records")
    wanted = audit.buffer_wanted // 2
    return Check(
        "receive buffer",
        WARN,
        f"only {granted} for audit records: a burst may be lost",
        f"CAP_NET_ADMIN, or sysctl net.core.rmem_max={wanted}",
    )
