"""The rules' half of a run: events in, alerts out."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.marks import WatchList, watch_list
from auditfalco.engine.engine import Engine
from auditfalco.engine.evidence import Evidence
from auditfalco.engine.identity import DETECT, named_files, named_programs
from auditfalco.engine.template import Template
from auditfalco.engine.unmasking import Unmasking
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.world import World
from auditfalco.model.alert import Alert
from auditfalco.model.event import Event
from auditfalco.outputs.statistics import AlertCounts
from auditfalco.ruleset.rule import Rule

SOURCE = "syscall"
EXIT = "procexit"
"""The event type that is made only for rules that name it."""

IDENTITY = "auditfalco.identity"
"""The key under which an alert says which names made it, where those that print did not."""


class Alerting:
    """Rules bound to one host.

    Args:
        rules: the rules; those that are disabled, or about another source, are left out.
        world: the host that events are about.
        matching: "first" or "all", see Engine.
        iso_time: whether times in JSON fields go under evt.time.iso8601.
        identity: how names are seen, see Engine.

    Attributes:
        counts: the alerts made so far.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        world: World,
        matching: str = "first",
        iso_time: bool = False,
        identity: str = DETECT,
    ) -> None:
        bind = EventBinder(world)
        self._world = world
        self._engine = Engine((rule for rule in rules if rule.source == SOURCE), bind, matching, identity=identity)
        self._templates = {rule.name: Template("*" + rule.output, bind) for rule in self._engine.rules}
        self._unmasking = {
            rule.name: Unmasking(rule.condition, bind, CATALOGUE.resolve, identity) for rule in self._engine.rules
        }
        self._evidence = {rule.name: Evidence(rule.condition, bind, CATALOGUE.resolve) for rule in self._engine.rules}
        self._extra = {
            rule.name: [(key, Template("*" + text, bind)) for key, text in rule.extra_fields]
            for rule in self._engine.rules
            if rule.extra_fields
        }
        for rule in self._engine.rules:
            if not rule.events.all_but and EXIT in rule.events:
                world.expect("evt.type", EXIT)
        self._time_key = "evt.time.iso8601" if iso_time else "evt.time"
        self.counts = AlertCounts()

    @property
    def rule_names(self) -> list[str]:
        """The names of the rules in force, in order."""
        return [rule.name for rule in self._engine.rules]

    @property
    def named_files(self) -> list[str]:
        """The absolute paths that the rules in force compare names of files with."""
        return named_files(rule.condition for rule in self._engine.rules)

    @property
    def named_programs(self) -> list[str]:
        """The names that the rules in force compare names of programs with."""
        return named_programs(rule.condition for rule in self._engine.rules)

    @property
    def watch_list(self) -> WatchList:
        """The files that fanotify is to watch for the rules in force."""
        return watch_list(self._engine.rules)

    def alerts(self, event: Event) -> list[Alert]:
        """The alerts that an event raises, counted."""
        made = [self._alert(match.rule, event) for match in self._engine.evaluate(event)]
        for alert in made:
            self.counts.count(alert)
        return made

    def _alert(self, rule: Rule, event: Event) -> Alert:
        template = self._templates[rule.name]
        fields = template.fields(event)
        fields[self._time_key] = event.time_ns
        for key, extra in self._extra.get(rule.name, ()):
            fields[key] = extra.render(event)
        names = self._unmasking[rule.name].names(event)
        if names:
            fields[IDENTITY] = names
        output = template.render(event)
        return Alert(
            time_ns=event.time_ns,
            rule=rule.name,
            priority=str(rule.priority),
            output=f"{output} | identity={names}" if names else output,
            output_fields=fields,
            source=rule.source,
            hostname=self._world.hostname,
            tags=rule.tags,
            evidence=self._evidence[rule.name].values(event),
        )
