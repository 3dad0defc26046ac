"""`auditfalco run`: the agent, with the flags of Falco's own command line.

Which action a command line asks for is decided here, in Falco's order; every action is a module of its own, imported
when it is asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditfalco.cli import DONE, FAILED
from auditfalco.cli.options import RuntimeFailure
from auditfalco.cli.run_options import parser
from auditfalco.errors import AuditfalcoError

if TYPE_CHECKING:
    from auditfalco.cli.startup import Start


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_falco(argv)
    try:
        return _run(options, argv)
    except AuditfalcoError as error:
        sys.stdout.flush()
        kind = "Runtime error" if isinstance(error, RuntimeFailure) else "Error"
        print(f"{kind}: {error}", file=sys.stderr)
        return FAILED


def _run(options: argparse.Namespace, argv: Sequence[str]) -> int:
    if options.config_schema or options.rule_schema or options.page_size:
        return _tell_constants(options)
    from auditfalco.cli.startup import check_sources, start

    if options.markdown:
        print("WARNING: --markdown is deprecated, use --format markdown instead.", file=sys.stderr)
    begun = start(options, lenient=_asks_only(options))
    if _answer(begun, argv):
        return DONE
    if options.validate:
        from auditfalco.cli.validate import validate

        return validate(begun)
    check_sources(options)
    if options.describe or options.describe_rule is not None:
        from auditfalco.cli.describe import describe_rules

        describe_rules(begun)
        return DONE
    from auditfalco.cli.live import watch

    return watch(begun)


def _asks_only(options: argparse.Namespace) -> bool:
    """Whether the command line asks a question, so that nothing runs by the configuration."""
    asked = (options.describe, options.version, options.ignored, options.support, options.list_events)
    named = (options.validate, options.describe_rule, options.list_fields, options.plugin_info)
    return any(asked) or options.list_plugins or any(one is not None for one in named)


def _tell_constants(options: argparse.Namespace) -> int:
    from auditfalco.cli import information

    if options.config_schema:
        information.print_config_schema()
    elif options.rule_schema:
        information.print_rule_schema()
    else:
        information.print_page_size()
    return DONE


def _answer(begun: Start, argv: Sequence[str]) -> bool:
    """Answer a question that needs no rules; False when there is none."""
    from auditfalco.cli import information

    options = begun.options
    if options.version:
        information.print_version(begun)
    elif options.list_fields is not None or options.list_events:
        _list(options)
    elif options.list_plugins:
        information.print_plugins()
    elif options.plugin_info is not None:
        information.refuse_plugin(options.plugin_info)
    elif options.support:
        information.print_support(begun, argv)
    elif options.ignored:
        information.print_ignored()
    else:
        return False
    return True


def _list(options: argparse.Namespace) -> None:
    from auditfalco.cli import listing
    from auditfalco.cli.startup import SOURCES

    if options.markdown and options.format is not None:
        raise AuditfalcoError("You can not specify both --markdown and --format")
    form = "markdown" if options.markdown else options.format or "text"
    if form not in listing.FORMATS:
        raise AuditfalcoError(f"Invalid --format {form!r}: it is one of {', '.join(listing.FORMATS)}")
    if options.list_events:
        print(listing.events_document(form))
        return
    if options.list_fields and options.list_fields not in SOURCES:
        raise AuditfalcoError("Value for --list must be a valid source type")
    print(listing.field_names() if options.names_only else listing.fields_document(form))
