"""`auditfalco run`: the agent, with the flags of Falco's own command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from auditfalco import __version__
from auditfalco.agent import config as configuration
from auditfalco.agent.alerting import Alerting
from auditfalco.agent.config import Config
from auditfalco.agent.daemon import Daemon, MachineCannot
from auditfalco.agent.losses import LAYERS
from auditfalco.agent.rulefiles import load_rules
from auditfalco.cli import DONE, FAILED, MACHINE_CANNOT
from auditfalco.cli.options import FalcoParser, add_rules
from auditfalco.coverage.needs import Needs, needs_of
from auditfalco.coverage.plan import plan
from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.outputs.form import AlertForm
from auditfalco.outputs.queued import QueuedSink
from auditfalco.outputs.stream import StreamSink
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Ruleset
from kernel_sources.procfs import ProcFS

DEFAULT_CONFIG = "/etc/auditfalco/auditfalco.yaml"


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = FalcoParser(
        prog="auditfalco run",
        description="Watch this host until Ctrl-C, and print an alert for everything that a rule describes.",
        epilog="""examples:
  auditfalco run
  auditfalco run -r my_rules.yaml -o json_output=true
  auditfalco run -M 60 --only-loginuid 1000

exit codes: 0 done, 1 rules, configuration or options cannot be used, 3 this machine cannot do it""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "-c", dest="config", metavar="FILE", help=f"configuration (default {DEFAULT_CONFIG} if it exists)"
    )
    made.add_argument("-o", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="set a key")
    add_rules(made, "rules, in place of the configured ones")
    made.add_argument("-M", dest="seconds", type=_seconds, default=0.0, metavar="SECONDS", help="end after so long")
    made.add_argument("-P", "--pidfile", metavar="FILE", help="write the process id to FILE")
    made.add_argument("-U", "--unbuffered", action="store_true", help="flush every line of output")
    made.add_argument("-v", dest="verbose", action="store_true", help="also tell the warnings about rules")
    made.add_argument("--dry-run", action="store_true", help="load everything, watch nothing")
    made.add_argument("--version", action="store_true", help="print the version and end")
    made.add_argument(
        "--only-loginuid",
        dest="login_uids",
        action="append",
        type=_login_uid,
        default=[],
        metavar="N",
        help="watch only processes with this login uid; may be given more than once",
    )
    return made


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise ValueError
    return seconds


def _login_uid(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise ValueError
    return number


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    if options.version:
        print(f"auditfalco {__version__}")
        return DONE
    try:
        return _run(options)
    except MachineCannot as error:
        print(f"Error: {error}", file=sys.stderr)
        return MACHINE_CANNOT
    except AuditfalcoError as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILED


def _run(options: argparse.Namespace) -> int:
    config = _config(options)
    ruleset = _rules(options, config)
    matching = config["rule_matching"]
    if matching not in ("first", "all"):
        raise AuditfalcoError(f'Unknown rule matching strategy "{matching}"--must be one of first, all')
    if not config["stdout_output.enabled"]:
        raise AuditfalcoError("No output configured, please make sure at least one output is configured and enabled.")
    needs = needs_of(ruleset, CATALOGUE.resolve_output)
    if options.dry_run:
        return DONE
    wanted = plan(needs, options.login_uids, ProcFS().own_pid())
    sink = QueuedSink(
        StreamSink(sys.stdout.buffer, _form(config), config["buffered_outputs"] and not options.unbuffered)
    )
    daemon = Daemon(
        wanted,
        lambda host: Alerting(ruleset, host, matching, config["time_format_iso_8601"]),
        [sink],
        config["auditfalco.docker_roots"],
    )
    _warn(daemon, ruleset, needs, config)
    with ExitStack() as cleanup:
        if options.pidfile is not None:
            _write_pid(Path(options.pidfile), cleanup)
        daemon.run(options.seconds)
    _summarise(daemon)
    return DONE


def _config(options: argparse.Namespace) -> Config:
    path = options.config
    if path is None and Path(DEFAULT_CONFIG).is_file():
        path = DEFAULT_CONFIG
    if path is not None and not Path(path).is_file():
        raise AuditfalcoError(f"Could not find configuration file at {path}")
    return configuration.load(path, options.overrides)


def _rules(options: argparse.Namespace, config: Config) -> Ruleset:
    least = Priority.parse(config["priority"])
    if least is None:
        raise AuditfalcoError(f"priority: there is no priority {config['priority']!r}")
    ruleset, warnings = load_rules(options.rules or config["rules_files"], least)
    if options.verbose:
        for warning in warnings:
            print(f"Warning: {warning}", file=sys.stderr)
    return ruleset


def _form(config: Config) -> AlertForm:
    return AlertForm(
        json_output=config["json_output"],
        iso_time=config["time_format_iso_8601"],
        include_output=config["json_include_output_property"],
        include_message=config["json_include_message_property"],
        include_fields=config["json_include_output_fields_property"],
        include_tags=config["json_include_tags_property"],
    )


def _warn(daemon: Daemon, ruleset: Ruleset, needs: Needs, config: Config) -> None:
    for warning in config.warnings:
        daemon.say(warning)
    for rule in ruleset:
        if rule.enabled and rule.source != "syscall":
            daemon.say(f"rule {rule.name!r} is not served: its source is {rule.source}")
    for name in needs.unbounded:
        daemon.say(f"rule {name!r} names no event type: it sees program starts, and what other rules ask for, only")
    if needs.calls & {"open", "openat", "openat2", "creat"}:
        daemon.say("rules about opens outside containers: every open on this host is recorded, which costs time")


def _write_pid(path: Path, cleanup: ExitStack) -> None:
    try:
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise AuditfalcoError(f"cannot write the pid file {path}: {error.strerror}") from None
    cleanup.callback(path.unlink, missing_ok=True)


def _summarise(daemon: Daemon) -> None:
    for line in daemon.alerting.counts.summary(daemon.alerting.rule_names):
        print(line)
    sys.stdout.flush()
    print("Syscall event drop monitoring:", file=sys.stderr)
    print(f"   - event drop detected: {daemon.drop_alerts} occurrences", file=sys.stderr)
    print(f"   - num times actions taken: {daemon.drop_alerts}", file=sys.stderr)
    for layer, count in daemon.losses.items():
        if count:
            print(f"   - {layer}: {count} {LAYERS[layer]}", file=sys.stderr)
