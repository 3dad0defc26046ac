"""From the options of `run` to configuration and rules, with the log lines that Falco writes on the way."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auditfalco import __version__
from auditfalco.agent import config as configuration
from auditfalco.agent.config import Config
from auditfalco.agent.config_checks import check_start, least_priority
from auditfalco.agent.config_rules import switch_text
from auditfalco.agent.rule_schema import RULE_SCHEMA
from auditfalco.agent.rulefiles import RuleFiles, expand, load_files, shipped
from auditfalco.agent.schema import file_status
from auditfalco.cli.run_options import DEFAULT_CONFIG
from auditfalco.errors import AuditfalcoError, TemplateError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.template import parse_template
from auditfalco.ruleset.append_output import AppendOutput, append_outputs
from auditfalco.ruleset.container_info import expand_container_info
from auditfalco.ruleset.rule import Rule, Ruleset, Switch

FALCO_VERSION = "0.44.0"
"""The version of Falco whose command line, configuration and rules these are."""

SOURCES = ("syscall",)
"""The sources of events that there are."""

_WITHOUT_MEANING = frozenset({"c", "container", "k", "kubernetes"})
_OLD_KEY = (
    "Using deprecated config key 'rules_file' (singular form). Please use new 'rules_files' config key (plural form)."
)
_OLD_OPTION = "The -p/--print option is deprecated and will be removed. Use -o append_output=... instead."
_NO_RULES = "You must specify at least one rules file/directory via -r or a rules_file entry in falco.yaml"


class StartupLog:
    """Falco's log: on standard error, if the configuration's `log_stderr` asks for it."""

    def __init__(self, config: Config) -> None:
        self._wanted = config["log_stderr"]
        self._form = "%Y-%m-%dT%H:%M:%S+0000" if config["time_format_iso_8601"] else "%a %b %e %H:%M:%S %Y"
        self._clock = time.gmtime if config["time_format_iso_8601"] else time.localtime

    def say(self, line: str) -> None:
        """Write one line with its time."""
        if self._wanted:
            print(f"{time.strftime(self._form, self._clock())}: {line}", file=sys.stderr)

    def configuration(self, config: Config) -> None:
        """Tell the version and which files the configuration is from."""
        self.say(f"Falco version: {FALCO_VERSION} ({platform.machine()}), as auditfalco {__version__}")
        if config.files:
            self.say("Falco initialized with configuration files:")
        for file in config.files:
            self.say(f"   {file.path} | schema validation: {file.status}")

    def rule_files(self, paths: Iterable[str]) -> None:
        """Tell which files the rules are from."""
        self.say("Loading rules from:")
        for path in paths:
            self.say(f"   {path} | schema validation: {file_status(path, RULE_SCHEMA) if self._wanted else ''}")


@dataclass(frozen=True)
class Start:
    """What every action of `run` begins with.

    Attributes:
        options: the command line.
        config: the configuration.
        log: where the start is told.
        main: the main configuration file, None without one.
    """

    options: argparse.Namespace
    config: Config
    log: StartupLog
    main: str | None


def start(options: argparse.Namespace, lenient: bool) -> Start:
    """Read the configuration and tell the log about it.

    Args:
        lenient: values of the wrong type on the command line leave the default in force, as in Falco.

    Raises:
        ConfigError: it cannot be used.
    """
    path = options.config
    if path is None and Path(DEFAULT_CONFIG).is_file():
        path = DEFAULT_CONFIG
    if path is not None and not Path(path).exists():
        raise AuditfalcoError(f"Could not find configuration file at {path}")
    config = configuration.load(path, options.overrides, lenient)
    check_start(config.tree, path or "the command line")
    for line in config.not_taken:
        print(f"Warning: {line}", file=sys.stderr)
    log = StartupLog(config)
    if "rules_file" in config.tree:
        log.say(_OLD_KEY)
    log.configuration(config)
    return Start(options, config, log, path)


def check_sources(options: argparse.Namespace) -> None:
    """Refuse a choice of sources that leaves none, or names one that there is not.

    Raises:
        AuditfalcoError: with Falco's words.
    """
    if options.enable_source and options.disable_source:
        raise AuditfalcoError("You can not mix --enable-source and --disable-source")
    for verb, names in (("enabling", options.enable_source), ("disabling", options.disable_source)):
        for name in names:
            if name not in SOURCES:
                raise AuditfalcoError(f"Attempted {verb} an unknown event source: {name}")
    if set(options.disable_source) >= set(SOURCES):
        raise AuditfalcoError("Must enable at least one event source")


def load_rules(begun: Start) -> Ruleset:
    """The rules that options and configuration name, with what both add to outputs; nothing is switched yet, only told.

    Raises:
        RulesRefused: a file cannot be read or has errors, or none is named.
        ConfigError: the least priority is none.
    """
    files = _rule_files(begun)
    for line in files.passed_over:
        print(f"Warning: {line}", file=sys.stderr)
    begun.log.rule_files(files.paths)
    result = load_files(files.paths, least_priority(begun.config["priority"]))
    if begun.options.verbose:
        for warning in result.warnings:
            print(f"Warning: {warning}", file=sys.stderr)
    for switch in _switches(begun):
        begun.log.say(switch_text(switch))
    return with_additions(begun, result.ruleset)


def _rule_files(begun: Start) -> RuleFiles:
    if begun.options.rules is not None:
        return expand(begun.options.rules)
    named = begun.config["rules_files"]
    if named:
        return expand(named, may_miss=True)
    if begun.main is not None:  # only without a configuration there are rules that nobody named
        raise AuditfalcoError(_NO_RULES)
    return expand(shipped())


def with_additions(begun: Start, ruleset: Ruleset) -> Ruleset:
    """The rules with what configuration and options add to their outputs.

    Raises:
        AuditfalcoError: an output cannot be used with it.
    """
    entries = list(begun.config.append_outputs)
    for entry in entries:
        if entry.rule is not None and entry.tags:
            tags = ", ".join(sorted(entry.tags))
            begun.log.say(f"append_output: an entry is for the rule {entry.rule} only if it has all the tags {tags}")
    text = begun.options.additional
    if text is not None:
        print(_OLD_OPTION, file=sys.stderr)
        if text not in _WITHOUT_MEANING:
            entries.append(AppendOutput(extra_output=text))
    extended = append_outputs(ruleset, entries)
    for before, rule in zip(ruleset, extended):
        if rule is not before:
            _check_output(rule)
    return extended


def _check_output(rule: Rule) -> None:
    for line in (rule.output, *(template for _, template in rule.extra_fields)):
        try:
            parse_template(expand_container_info(f"*{line}"), CATALOGUE.resolve_output)
        except TemplateError as error:
            raise AuditfalcoError(f"append_output: rule {rule.name!r}: {error}") from None


def switched(begun: Start, ruleset: Ruleset) -> Ruleset:
    """The rules with those switched on and off that the configuration and the options `-t`, `-T`, `-D` say.

    Raises:
        AuditfalcoError: `-t` together with `-T` or `-D`.
    """
    return ruleset.switched(_switches(begun))


def _switches(begun: Start) -> list[Switch]:
    options = begun.options
    if options.tags and (options.without_tags or options.without):
        raise AuditfalcoError("You can not specify both disabled (-D/-T) and enabled (-t) rules")
    return [
        *begun.config.switches,
        *([Switch(False, pattern="*")] if options.tags else []),
        *(Switch(True, tag=tag) for tag in options.tags),
        *(Switch(False, tag=tag) for tag in options.without_tags),
        *(Switch(False, pattern=f"*{text}*") for text in options.without),
    ]
