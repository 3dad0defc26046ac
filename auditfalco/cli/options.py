"""Options that several commands take."""

from __future__ import annotations

import argparse
from typing import NoReturn

from auditfalco.cli import FAILED


class FalcoParser(argparse.ArgumentParser):
    """Refuses options as Falco does: `Error: …` and exit code 1."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line and end."""
        self.exit(FAILED, f"Error: {message}; see {self.prog} --help\n")


def add_rules(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `-r`."""
    parser.add_argument(
        "-r", dest="rules", action="append", metavar="FILE|DIR", help=f"{what}; may be given more than once"
    )
