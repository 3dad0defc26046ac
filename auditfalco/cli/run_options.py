"""The options of `auditfalco run`: Falco's own, and a few of ours."""

from __future__ import annotations

import argparse

from auditfalco.cli.options import FalcoHelp, FalcoParser, add_rules, unfit

DEFAULT_CONFIG = "/etc/auditfalco/auditfalco.yaml"

_EVERY_SOURCE = ""
"""What `--list` means without a source."""


def parser() -> FalcoParser:
    """The command's options."""
    made = FalcoParser(
        prog="auditfalco run",
        usage="auditfalco run [OPTION...]",
        description="Watch this host until Ctrl-C, and print an alert for everything that a rule describes.",
        epilog="""examples:
  auditfalco run
  auditfalco run -r my_rules.yaml -o json_output=true
  auditfalco run -V my_rules.yaml
  auditfalco run -L -r my_rules.yaml
  auditfalco run --list
  auditfalco run -M 60 --only-loginuid 1000

exit codes: 0 done, 1 rules, configuration or options cannot be used, 3 this machine cannot do it""",
        formatter_class=FalcoHelp,
        allow_abbrev=False,
    )
    _add_watching(made)
    _add_questions(made)
    _add_selections(made)
    return made


def _add_watching(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("watching")
    group.add_argument(
        "-c", dest="config", metavar="FILE", help=f"configuration (default {DEFAULT_CONFIG} if it exists)"
    )
    group.add_argument(
        "-o",
        "--option",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set a key of the configuration: a.b=1, a[0]=1, a[]=1 adds an element, {…} and […] are YAML",
    )
    add_rules(group, "rules, in place of the configured ones")
    group.add_argument("-e", dest="log", metavar="FILE", help="read an audit log, and watch nothing")
    group.add_argument("-M", dest="seconds", type=_seconds, default=0.0, metavar="SECONDS", help="end after so long")
    group.add_argument("-P", "--pidfile", metavar="FILE", help="write the process id to FILE")
    group.add_argument("-U", "--unbuffered", action="store_true", help="flush every line of output")
    group.add_argument("-v", dest="verbose", action="store_true", help="also tell the warnings about rules")
    group.add_argument("--dry-run", action="store_true", help="load everything, watch nothing")
    group.add_argument(
        "--only-loginuid",
        dest="login_uids",
        action="append",
        type=_login_uid,
        default=[],
        metavar="N",
        help="watch only processes with this login uid; may be given more than once",
    )


def _add_questions(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("answers, after which the command ends")
    group.add_argument(
        "-V", "--validate", action="append", metavar="FILE", help="check rule files; may be given more than once"
    )
    group.add_argument("-L", dest="describe", action="store_true", help="describe all loaded rules, macros and lists")
    group.add_argument("-l", dest="describe_rule", metavar="RULE", help="describe one loaded rule")
    group.add_argument(
        "--list", dest="list_fields", nargs="?", const=_EVERY_SOURCE, metavar="SOURCE", help="list the fields"
    )
    group.add_argument("-N", dest="names_only", action="store_true", help="with --list: nothing but names")
    group.add_argument("--list-events", action="store_true", help="list the event types and their parameters")
    group.add_argument("--format", type=str.lower, metavar="FORMAT", help="of these lists: text, markdown or json")
    group.add_argument("--markdown", action="store_true", help="deprecated: --format markdown")
    group.add_argument("--rule-schema", action="store_true", help="print the JSON schema of rule files")
    group.add_argument("--config-schema", action="store_true", help="print the JSON schema of the configuration")
    group.add_argument("-i", dest="ignored", action="store_true", help="list the event types that are never made")
    group.add_argument("--list-plugins", action="store_true", help="list the loaded plugins: there are none")
    group.add_argument("--plugin-info", metavar="NAME", help="describe a plugin: there are none")
    group.add_argument("--support", action="store_true", help="print version, configuration, rules and host as JSON")
    group.add_argument("--version", action="store_true", help="print the version")
    group.add_argument("--page-size", action="store_true", help="print the size of a memory page")


def _add_selections(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("selecting rules and sources")
    group.add_argument(
        "-t", dest="tags", action="append", default=[], metavar="TAG", help="run only the rules with this tag"
    )
    group.add_argument(
        "-T", dest="without_tags", action="append", default=[], metavar="TAG", help="disable the rules with this tag"
    )
    group.add_argument(
        "-D", dest="without", action="append", default=[], metavar="TEXT", help="disable rules with TEXT in their name"
    )
    group.add_argument("--enable-source", action="append", default=[], metavar="SOURCE", help="syscall is all there is")
    group.add_argument("--disable-source", action="append", default=[], metavar="SOURCE", help="disable a source")
    group.add_argument(
        "-p", "--print", dest="additional", metavar="TEXT", help="deprecated: add TEXT to every rule's output"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise unfit(text) from None
    if not 0 <= seconds < 1e9:
        raise unfit(text)
    return seconds


def _login_uid(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**32:
        raise unfit(text)
    return int(text)
