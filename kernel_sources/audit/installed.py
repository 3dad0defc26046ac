"""What we changed in the audit subsystem, and how to undo exactly that.

The rules and settings of others are left alone: a rule that the kernel already had is not ours and is not removed, and
a setting that somebody changed after us is not set back.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import NamedTuple

from kernel_sources.audit import rule_text
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import KernelSourceError, NotPermitted, RuleRefused


class SettingChange(NamedTuple):
    """What became of one setting: its value before us, and the values that we gave it."""

    before: int
    ours: frozenset[int]


class Listing(NamedTuple):
    """The kernel's rules at one moment, and those of the wanted ones that are not among them."""

    rules: tuple[AuditRule, ...]
    missing: tuple[AuditRule, ...]


Journal = Callable[[Mapping[str, SettingChange]], None]


class InstalledRules:
    """Adds audit rules and changes settings, and undoes both; several threads may use it.

    Leaving the ``with`` block (or :meth:`undo`) removes the rules that were added here and restores the settings that
    were changed here.  The object can be used again afterwards.

    Args:
        control: where the commands go; stays open.
        journal: told of all changed settings before each change, and again once they are restored (then of none).
    """

    def __init__(self, control: AuditControl, journal: Journal | None = None) -> None:
        self._control = control
        self._journal = journal
        self._lock = threading.RLock()
        self._ours: dict[AuditRule, None] = {}
        self._foreign: dict[AuditRule, None] = {}
        self._changes: dict[str, SettingChange] = {}

    def __enter__(self) -> InstalledRules:
        """Return the object itself; leaving undoes what it did."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo everything.

        Raises:
            KernelSourceError, OSError: something could not be undone, and no other error is under way.
        """
        failures = self.undo()
        if failures and value is None:
            raise failures[0]

    @property
    def ours(self) -> tuple[AuditRule, ...]:
        """The rules added here and not removed since, in the order of their adding."""
        with self._lock:
            return tuple(self._ours)

    @property
    def foreign(self) -> tuple[AuditRule, ...]:
        """Rules wanted here that the kernel already had from somebody else."""
        with self._lock:
            return tuple(self._foreign)

    def add(self, rule: AuditRule) -> bool:
        """Add one rule and verify that the kernel lists it.

        Returns:
            True when the rule is ours now, False when somebody else had added it before.

        Raises:
            RuleRefused: the kernel refuses the rule, or does not list it afterwards (``ENOENT``).
            NotPermitted: no right to, or the configuration is locked.
        """
        refused = self.add_all([rule])
        if refused:
            raise refused[0]
        with self._lock:
            return rule in self._ours

    def add_all(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        """Add every rule that the kernel takes, and verify by one listing that it has them.

        Returns:
            The refusals, one for each rule that is not in force; empty when all are.

        Raises:
            NotPermitted: no right to, or the configuration is locked.  Rules added before that stay ours.
        """
        with self._lock:
            wanted = [rule for rule in rules if rule not in self._ours]
            if not wanted:
                return []
            listed = frozenset(self._control.list_rules())
            refused = []
            for rule in wanted:
                try:
                    self._add(rule, known=rule in listed)
                except RuleRefused as error:
                    refused.append(error)
            refused.extend(self._unlisted(wanted))
            return refused

    def _add(self, rule: AuditRule, *, known: bool) -> None:
        """Add one rule, ours or, when the kernel has it already (``known`` tells that it had it just now), foreign.

        The rule counts as ours before the kernel is asked: should an interrupt come before the answer does, the
        undoing knows of the rule.
        """
        if not known:
            self._ours[rule] = None
        try:
            self._control.add_rule(rule)
        except (RuleRefused, NotPermitted) as error:
            self._ours.pop(rule, None)
            if not isinstance(error, RuleRefused) or error.errno != errno.EEXIST:
                raise
            self._foreign[rule] = None
        else:
            self._ours[rule] = None
            self._foreign.pop(rule, None)

    def _unlisted(self, wanted: list[AuditRule]) -> list[RuleRefused]:
        """Return a refusal for each wanted rule that was accepted and yet is not listed."""
        listed = set(self._control.list_rules())
        missing = [rule for rule in wanted if rule in self._ours and rule not in listed]
        for rule in missing:
            # Under another form than the one asked for it would escape the undoing: take it back now.
            self._forget(rule)
        return [RuleRefused(rule_text.text(rule), errno.ENOENT) for rule in missing]

    def remove(self, rule: AuditRule) -> bool:
        """Remove one rule if it is ours.

        Returns:
            True when it was ours, False when it was left alone.

        Raises:
            NotPermitted: no right to, or the configuration has been locked since.
        """
        with self._lock:
            if rule not in self._ours:
                self._foreign.pop(rule, None)
                return False
            self._forget(rule)
            return True

    def _forget(self, rule: AuditRule) -> None:
        """Take one of our rules out of the kernel, which may have dropped it itself (its directory went away)."""
        try:
            self._control.delete_rule(rule)
        except RuleRefused as error:
            if error.errno != errno.ENOENT:
                raise
        self._ours.pop(rule, None)

    def missing(self) -> list[AuditRule]:
        """Return the wanted rules that the kernel no longer has: dropped with their directory, or removed by somebody.

        Rules that we found in place count as well: we rely on them, whoever added them.
        """
        return list(self.listing().missing)

    def listing(self) -> Listing:
        """Return the kernel's rules, and the missing ones; no change of ours is under way meanwhile."""
        with self._lock:
            rules = tuple(self._control.list_rules())
            listed = frozenset(rules)
            return Listing(rules, tuple(rule for rule in (*self._ours, *self._foreign) if rule not in listed))

    def rearm(self, ahead: bool = False) -> list[RuleRefused]:
        """Add the missing rules again, as ours; those that the kernel refuses now are given up.

        Args:
            ahead: put them in front of all rules of their list, in the order that they have among themselves.

        Returns:
            The refusals, one for each rule given up.

        Raises:
            NotPermitted: no right to, or the configuration has been locked since.
        """
        with self._lock:
            gone = self.missing()
            for rule in gone:
                self._ours.pop(rule, None)
                self._foreign.pop(rule, None)
            return self._add_ahead(gone) if ahead else self.add_all(gone)

    def move_ahead(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        """Put those of the rules that are ours in front of all others of their lists.

        Each is not in force for a moment: the kernel can only take it out and add it again.

        Raises:
            NotPermitted: no right to, or the configuration has been locked since.
        """
        with self._lock:
            moved = [rule for rule in rules if rule in self._ours]
            for rule in moved:
                self._forget(rule)
            return self._add_ahead(moved)

    def _add_ahead(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        return self.add_all([replace(rule, prepend=True) for rule in rules][::-1])

    def enable(self) -> None:
        """Switch audit on if it is off.

        Raises:
            NotPermitted: no right to.
        """
        with self._lock:
            before = self._control.status().enabled
            if before == 0:
                self._remember("enabled", before, 1)
                self._control.set_enabled(True)

    def set_backlog_limit(self, records: int) -> None:
        """Set the length of the kernel's queue, in records; 0 is no limit.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        with self._lock:
            before = self._control.status().backlog_limit
            if before != records:
                self._remember("backlog_limit", before, records)
                self._control.set_backlog_limit(records)

    def set_backlog_wait_time(self, ticks: int) -> None:
        """Set how long a full queue may hold up a process, in kernel clock ticks.

        Raises:
            NotSupported: the kernel does not have the setting.
            NotPermitted: no right to, or the configuration is locked.
        """
        with self._lock:
            before = self._control.status().backlog_wait_time
            if before != ticks:
                self._remember("backlog_wait_time", before or 0, ticks)
                self._control.set_backlog_wait_time(ticks)

    def put_back(self, setting: str, value: int) -> None:
        """Give a setting (``enabled``, ``rate_limit`` …) the value it had while we ran, after somebody changed it.

        What was before us, and is restored at the end, stays what it was.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        with self._lock:
            change = self._changes.get(setting)
            if change is not None:
                self._remember(setting, change.before, value)
            self._set(setting, value)

    def adopt(self, left: Mapping[str, SettingChange]) -> None:
        """Take over what another process has changed and not restored, so that it is restored at our end.

        A setting that no longer has the value which that process gave it is left alone.
        """
        with self._lock:
            current = self._control.status()
            for setting, change in left.items():
                if getattr(current, setting, None) in change.ours:
                    for value in change.ours:
                        self._remember(setting, change.before, value)

    def _remember(self, setting: str, before: int, wanted: int) -> None:
        """Note a change that is about to be made, so that an interrupt cannot come between it and the note."""
        known = self._changes.get(setting) or SettingChange(before, frozenset())
        self._changes[setting] = SettingChange(known.before, known.ours | {wanted})
        self._tell_journal()

    def _tell_journal(self) -> None:
        if self._journal is not None:
            self._journal(self._changes)

    def undo(self, *, settings: bool = True) -> list[Exception]:
        """Remove our rules and restore the settings we changed, as far as the kernel allows.

        Rules that record go first and those that suppress go last, so that no flood is let loose in between.

        Args:
            settings: without, settings stay as they are, and the journal keeps what they were.

        Returns:
            What could not be undone, as :class:`KernelSourceError` or ``OSError``; those rules stay in :attr:`ours`.
        """
        with self._lock:
            failures: list[Exception] = []
            newest_first = list(self._ours)[::-1]
            for rule in sorted(newest_first, key=lambda rule: rule.action == "never"):
                try:
                    self._forget(rule)
                except (KernelSourceError, OSError) as error:
                    failures.append(error)
            self._foreign.clear()
            for setting in list(self._changes) if settings else ():
                try:
                    self._restore(setting)
                except (KernelSourceError, OSError) as error:
                    failures.append(error)
            self._tell_journal()
            return failures

    def _restore(self, setting: str) -> None:
        """Set back one setting if it still has a value that we gave it."""
        change = self._changes[setting]
        current = self._control.status()
        # An audit daemon that registered after us relies on audit being on.
        relied_upon = setting == "enabled" and current.pid != 0
        if getattr(current, setting) in change.ours and not relied_upon:
            self._set(setting, change.before)
        del self._changes[setting]

    def _set(self, setting: str, value: int) -> None:
        if setting == "enabled":
            self._control.set_enabled(bool(value))
        elif setting == "rate_limit":
            self._control.set_rate_limit(value)
        elif setting == "backlog_limit":
            self._control.set_backlog_limit(value)
        else:
            self._control.set_backlog_wait_time(value)
