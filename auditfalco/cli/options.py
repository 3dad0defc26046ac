"""Options that several commands take."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from auditfalco.cli import FAILED
from auditfalco.errors import AuditfalcoError

_MISSING = re.compile(r"argument (-\S+?)(?:/\S+)?: expected (?:one|at least one) argument")
_PARSE = re.compile(r"argument (-\S+?)(?:/\S+)?: (Argument ‘.*)", re.DOTALL)


class RuntimeFailure(AuditfalcoError):
    """Raised for what Falco calls a runtime error."""

    def __str__(self) -> str:
        """Return the message as Falco ends with it."""
        return f"{super().__str__()}. Exiting."


def unfit(text: str) -> argparse.ArgumentTypeError:
    """The error for an option's argument of the wrong kind, in Falco's words."""
    return argparse.ArgumentTypeError(f"Argument ‘{text}’ failed to parse")


class FalcoHelp(argparse.RawDescriptionHelpFormatter):
    """Help that begins as Falco's does."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line below a title of its own."""
        super().add_usage(usage, actions, groups, "Usage:\n  ")


class FalcoParser(argparse.ArgumentParser):
    """Refuses options as Falco does: `Error: …` and exit code 1; arguments that are no options are passed over."""

    def parse_falco(self, argv: Sequence[str]) -> argparse.Namespace:
        """Read a command line as Falco reads its own."""
        options, extra = self.parse_known_args(argv)
        for word in extra:
            if word.startswith("-") and word != "-":
                self.error(f"Option ‘{word.lstrip('-').partition('=')[0]}’ does not exist")
        return options

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line and end."""
        if missing := _MISSING.fullmatch(message):
            message = f"Option ‘{missing.group(1).lstrip('-')}’ is missing an argument"
        elif unparsed := _PARSE.fullmatch(message):
            message = f"{unparsed.group(2)}: it is the argument of {unparsed.group(1)}"
        self.exit(FAILED, f"Error: {message}; see {self.prog} --help\n")


def add_rules(parser: argparse._ActionsContainer, what: str) -> None:
    """Add `-r`."""
    parser.add_argument(
        "-r", dest="rules", action="append", metavar="FILE|DIR", help=f"{what}; may be given more than once"
    )
