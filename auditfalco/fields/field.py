"""What is known of a field before there are events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from auditfalco.language.types import Shape


class ArgumentForm(Enum):
    """What may follow a field's name; the value is how help shows it."""

    NONE = ""
    INDEX = "[N]"
    KEY = "[KEY]"
    INDEX_OR_KEY = "[N] or [KEY]"
    DOTTED_KEY = ".KEY"
    KEY_OR_DOTTED = "[KEY] or .KEY"
    DOTTED_OR_INDEX = ".NAME or [N]"

    @property
    def index(self) -> bool:
        """Whether a number may stand in brackets."""
        return "[N]" in self.value

    @property
    def key(self) -> bool:
        """Whether any text may stand in brackets."""
        return "[KEY]" in self.value

    @property
    def dotted(self) -> bool:
        """Whether the argument may follow a dot."""
        return self.value.startswith(".") or self.value.endswith(".KEY")


@dataclass(frozen=True)
class Field:
    """One field of the catalogue.

    Attributes:
        name: as conditions write it, without argument.
        type: Falco's name of the type of its values, or of its elements.
        description: what its value is, and when it is absent.
        argument: what may follow its name.
        argument_required: whether that must follow.
        is_list: whether its value is a list.
        shape: how it compares.
        deprecated: whether rules should no longer use it.
        filterable: whether conditions may use it.
        printable: whether output lines may use it.
        listed: whether Falco's ``--list`` shows it.
        transformable: whether transformers and comparison with other fields apply to it.
        rhs_ok: whether ``val()`` may read it.
        suggested: whether ``append_output`` with ``suggested_output`` adds it to every output line.
    """

    name: str
    type: str
    description: str
    argument: ArgumentForm = ArgumentForm.NONE
    argument_required: bool = False
    is_list: bool = False
    shape: Shape = Shape.PLAIN
    deprecated: bool = False
    filterable: bool = True
    printable: bool = True
    listed: bool = True
    transformable: bool = True
    rhs_ok: bool = True
    suggested: bool = False

    @property
    def family(self) -> str:
        """The first word of the name, by which help groups fields."""
        return self.name.partition(".")[0]
