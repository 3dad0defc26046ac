"""What rules will ask for that no record tells: it is gathered in time only where that is so, since it costs."""

from __future__ import annotations

from auditfalco.model.eventtypes import EventType

ENVIRONMENT = "env"
EXIT = "procexit"

_OF_ENVIRONMENTS = frozenset({"proc.env", "proc.aenv"})
_OF_ARGUMENTS = frozenset({"evt.arg", "evt.rawarg"})


class Expectations:
    """The fields and event types of rules, as far as it matters beforehand.

    Attributes:
        environments: whether environments are asked for.
        exits: whether ends of processes are, as events.
    """

    def __init__(self) -> None:
        self.environments = False
        self.exits = False
        self._arguments: set[str] = set()

    def note(self, name: str, argument: str | None) -> None:
        """A rule reads a field, or (`evt.type` and its name) is about an event type."""
        if name in _OF_ARGUMENTS and argument is not None:
            self._arguments.add(argument)
        self.environments |= name in _OF_ENVIRONMENTS or ENVIRONMENT in self._arguments
        self.exits |= (name, argument) == ("evt.type", EXIT)

    def arguments(self, event_type: EventType) -> set[str]:
        """Which parameters of an event are read, by name or by position; those in `evt.args` are not counted."""
        if not self._arguments:
            return set()
        return {
            parameter.name
            for position, parameter in enumerate(event_type.parameters)
            if parameter.name in self._arguments or str(position) in self._arguments
        }
