"""What every test session shares: the profile of the property tests and the account of the live tests.

A live test (marker ``live``) is skipped, with the reason, where the machine cannot run it. That is right on a laptop
and wrong where the tests decide whether a change goes in: with ``AUDITFALCO_REQUIRE_LIVE=1`` in the environment the
session fails when a live test was skipped, or when none ran at all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REQUIRE_LIVE = "AUDITFALCO_REQUIRE_LIVE"
LIVE_DIRECTORY = Path(__file__).parent / "live"

# No deadline: the time that an example takes says more about the machine's other work than about the code. The same
# examples in every session: a failure must come again when somebody looks for it.
settings.register_profile("auditfalco", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("auditfalco")


class LiveAccount:
    """Which live tests ran and which were skipped; a pytest plugin of its own, so that its state needs no global."""

    def __init__(self) -> None:
        self.ran: set[str] = set()
        self.skipped: dict[str, str] = {}  # what was skipped, and the reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark everything below tests/live, before ``-m`` chooses: what is there cannot forget its marker."""
        for item in items:
            if LIVE_DIRECTORY in item.path.parents and item.get_closest_marker("live") is None:
                item.add_marker(pytest.mark.live)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a live module that is skipped as a whole (``importorskip``, ``allow_module_level``)."""
        if report.skipped and LIVE_DIRECTORY.name in Path(report.nodeid).parts:
            self.skipped[report.nodeid] = _reason(report.longrepr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one test: skipped by a fixture, a marker or itself, or run. An expected failure ran."""
        if "live" not in report.keywords:
            return
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[report.nodeid] = _reason(report.longrepr)
        elif report.when == "call":
            self.ran.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a session that had to run every live test and did not."""
        if _required() and not self.complete() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Close with one line on the live tests, and name the skipped ones where they had to run."""
        if _required():
            for name, reason in sorted(self.skipped.items()):
                terminalreporter.write_line(f"live test skipped: {name}: {reason}", red=True)
        if self.ran or self.skipped or _required():
            verdict = f" ({REQUIRE_LIVE} is set: the session fails)" if _required() and not self.complete() else ""
            terminalreporter.write_line(f"live tests: {len(self.ran)} run, {len(self.skipped)} skipped{verdict}")

    def complete(self) -> bool:
        """Whether live tests ran and none was skipped."""
        return bool(self.ran) and not self.skipped


def pytest_configure(config: pytest.Config) -> None:
    """Open the account."""
    config.pluginmanager.register(LiveAccount(), "auditfalco-live-account")


def _required() -> bool:
    return os.environ.get(REQUIRE_LIVE, "") not in ("", "0")


def _reason(longrepr: object) -> str:
    """Take the reason out of a skip's report, which is a triple of file, line and ``Skipped: reason``."""
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return str(text).replace("Skipped: ", "", 1)
