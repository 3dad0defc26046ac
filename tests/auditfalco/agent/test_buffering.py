"""How much may wait in the kernel's queue: raised, never lowered; the kernel's side is made up."""

from __future__ import annotations

import pytest

from auditfalco.agent.sensors import Buffering, Sensors
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotSupported


class Installed:
    """Takes settings, and refuses the wait time when told to."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.settings: dict[str, int] = {}
        self._refusal = refusal

    def set_backlog_limit(self, records: int) -> None:
        self.settings["backlog_limit"] = records

    def set_backlog_wait_time(self, ticks: int) -> None:
        if self._refusal is not None:
            raise self._refusal
        self.settings["backlog_wait_time"] = ticks


def settings(buffering: Buffering, present: int, installed: Installed) -> list[str]:
    """Set the queue of a kernel whose limit is `present`; the warnings."""
    sensors = Sensors.__new__(Sensors)
    sensors.warnings = []
    sensors._buffering = buffering
    sensors.status = lambda: AuditStatus(1, 1, 0, 0, present, 0, 0)  # type: ignore[method-assign]
    sensors._set_queue(installed)  # type: ignore[arg-type]
    return sensors.warnings


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [(8192, 64, 8192), (8192, 8192, None), (100, 8192, None), (8192, 0, None), (0, 64, 0), (0, 0, None)],
)
def test_the_limit_is_raised_and_never_lowered(wanted: int, present: int, expected: int | None) -> None:
    installed = Installed()
    assert settings(Buffering(backlog_limit=wanted), present, installed) == []
    assert installed.settings.get("backlog_limit") == expected


def test_the_wait_time_is_set_when_asked_for() -> None:
    installed = Installed()
    settings(Buffering(backlog_wait_time=0), 8192, installed)
    assert installed.settings == {"backlog_wait_time": 0}


@pytest.mark.parametrize("refusal", [NotSupported("too old"), OSError(22, "Invalid argument")])
def test_a_refused_wait_time_is_a_warning(refusal: Exception) -> None:
    (warning,) = settings(Buffering(backlog_wait_time=10**9), 8192, Installed(refusal))
    assert warning.startswith("audit's backlog_wait_time stays as it is: ")
