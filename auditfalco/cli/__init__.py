"""The command line. Commands are imported when they are called, so that help and errors come at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from auditfalco import __version__

DONE, FAILED, WRONG_USAGE, MACHINE_CANNOT = 0, 1, 2, 3
"""Exit codes: done; the input or a check failed; wrong usage; the machine cannot do it."""

COMMANDS = {
    "run": "watch this host and alert, until Ctrl-C",
    "replay": "run rules on audit logs",
    "decode": "print audit logs as normalised events",
    "explain": "show what a condition or rule says of an event, and why",
    "lint": "tell where valid rules mean something else than they seem to",
    "test": "unit tests for rules: events, and the alerts they must and must not raise",
    "fields": "list the fields that rules may use",
    "events": "list the event types and their parameters",
    "coverage": "tell for each rule whether it can fire on this machine",
    "plan": "show what the rules need from the kernel",
    "doctor": "tell what this machine allows, and what to mend",
    "syscalls": "list the kernel's calls, and the events that they become",
}
"""Every command and what it does."""

_EXAMPLES = """\
examples:
  auditfalco run                                   watch with the shipped rules
  auditfalco run -r my_rules.yaml -o json_output=true
  auditfalco replay /var/log/audit/audit.log -r my_rules.yaml
  auditfalco decode --json audit.log.1.gz
  auditfalco explain --condition 'proc.name = sh' --event event.json
  auditfalco COMMAND --help                        everything about a command"""


def usage() -> str:
    """The text of `auditfalco --help`."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return (
        "usage: auditfalco COMMAND [OPTION…]\n\n"
        "Falco's rules on a Linux host where neither eBPF nor a kernel module may load:\n"
        "kernel events come from the audit subsystem and the process connector.\n\n"
        f"commands:\n{commands}\n\n{_EXAMPLES}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage(), file=sys.stdout if arguments else sys.stderr)
        return DONE if arguments else WRONG_USAGE
    if arguments[0] == "--version":
        print(f"auditfalco {__version__}")
        return DONE
    if arguments[0] not in COMMANDS:
        print(f"auditfalco: there is no command {arguments[0]!r}; see auditfalco --help", file=sys.stderr)
        return WRONG_USAGE
    command = import_module(f"auditfalco.cli.{arguments[0]}")
    try:
        code: int = command.main(arguments[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough; nothing more can be written, not even at exit.
        sys.stdout = None
        return DONE
    except KeyboardInterrupt:
        return 130
    return code
