"""CONFIG_CHANGE records: somebody, or the kernel itself, has changed audit's rules or settings.

Their wording, by the function that writes it (Linux 6.18; as seen on that kernel unless it says otherwise):

* ``auid= ses= op=add_rule|remove_rule key= list= res=``: ``audit_log_rule_change()`` in kernel/auditfilter.c;
* ``op=set audit_enabled=0 old=1 auid= ses= res=``: ``audit_log_config_change()`` in kernel/audit.c, likewise for
  ``audit_backlog_limit``, ``audit_rate_limit``, ``audit_failure``, ``audit_pid``, ``audit_backlog_wait_time`` and
  ``lost``; before Linux 4.19 without the ``op``;
* ``op=remove_rule dir= key= list= res=``: ``audit_tree_log_remove_rule()`` in kernel/audit_tree.c, when a watched
  directory goes; ``op=remove_rule path=`` and ``op=updated_rules path=`` for a watched file (kernel/audit_watch.c, not
  seen). The process in the SYSCALL record beside it removed the directory, not the rule.

The SYSCALL record of the same serial names the process. It is missing where the process has no audit context, and where
the change itself (a rate limit, say) kept it from being written.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.rule_fields import KEY_SEPARATOR, list_name
from kernel_sources.tables import record_types

_SETTINGS = (
    *("audit_enabled", "audit_backlog_limit", "audit_rate_limit", "audit_failure", "audit_pid"),
    *("audit_backlog_wait_time", "lost"),
)


@dataclass(frozen=True)
class ConfigChange:
    """One change of audit's configuration, or an attempt at one.

    Attributes:
        operation: ``add_rule``, ``remove_rule``, ``set`` …; None where the record does not say.
        keys: the keys of the rule that was added or removed.
        filter_list: its list: ``exit``, ``task``, ``exclude`` …
        setting: the setting that was set: ``audit_enabled`` … or ``lost``.
        new, old: its values after and before.
        auid, ses: login uid and session of who did it; None when unset, or when the kernel did it.
        success: False for an attempt that was refused.
        by_kernel: the kernel dropped the rule itself, with the file or directory `place`.
    """

    operation: str | None
    keys: tuple[str, ...] = ()
    filter_list: str | None = None
    setting: str | None = None
    new: int | None = None
    old: int | None = None
    auid: int | None = None
    ses: int | None = None
    success: bool | None = None
    by_kernel: bool = False
    place: str | None = None


def config_change(record: Record) -> ConfigChange:
    """Read one CONFIG_CHANGE record."""
    key = record.text("key")
    number = record.number("list")
    setting = next((name for name in _SETTINGS if name in record.fields), None)
    place = record.text("dir") or record.text("path")
    outcome = record.number("res")
    return ConfigChange(
        operation=record.text("op") or ("set" if setting is not None else None),
        keys=tuple(key.split(KEY_SEPARATOR)) if key else (),
        filter_list=None if number is None else list_name(number),
        setting=setting,
        new=None if setting is None else record.number(setting),
        old=record.number("old"),
        auid=record.identifier("auid"),
        ses=record.identifier("ses"),
        success=None if outcome is None else outcome == 1,
        by_kernel=place is not None,
        place=place,
    )


def config_changes(raw: RawEvent) -> list[ConfigChange]:
    """The changes that an event is about; one call can cause several."""
    return [config_change(record) for record in raw.every(record_types.CONFIG_CHANGE)]
