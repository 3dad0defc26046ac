"""The account of the live tests in conftest.py: pytest sessions in which live tests run, are skipped or are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

RUNS = "def test_runs(): pass\n"
SKIPS = "import pytest\ndef test_skips(): pytest.skip('no kernel today')\n"
SKIPS_IN_A_FIXTURE = """
import pytest
@pytest.fixture
def machine(): pytest.skip('no root')
def test_needs_machine(machine): pass
"""
SKIPS_AS_A_MODULE = "import pytest\npytest.skip('no audit', allow_module_level=True)\n"
FAILS_AS_EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_fails(): assert False\n"
NOT_LIVE = "import pytest\ndef test_offline(): pytest.skip('no Debian')\n"
INI = "[pytest]\nmarkers = live\naddopts = --import-mode=importlib -p no:cacheprovider\n"


class Session(Protocol):
    """Run pytest over live tests and others; returns the exit code and what it printed."""

    def __call__(
        self, *live: str, required: bool, other: str = ..., options: tuple[str, ...] = ...
    ) -> tuple[int, str]: ...


@pytest.fixture
def session(tmp_path: Path) -> Session:
    def run(*live: str, required: bool, other: str = "", options: tuple[str, ...] = ()) -> tuple[int, str]:
        tests = tmp_path / "tests"
        (tests / "live").mkdir(parents=True)
        (tmp_path / "pytest.ini").write_text(INI)
        shutil.copy(Path(__file__).with_name("conftest.py"), tests)
        for number, text in enumerate(live):
            (tests / "live" / f"test_live{number}.py").write_text(text)
        (tests / "test_other.py").write_text(other)
        environment = {**os.environ, "AUDITFALCO_REQUIRE_LIVE": "1" if required else ""}
        command = [sys.executable, "-m", "pytest", *options]
        answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        return answer.returncode, answer.stdout

    return run


def test_skips_are_counted_and_allowed(session: Session) -> None:
    code, output = session(RUNS, SKIPS, required=False, other=NOT_LIVE)
    assert code == 0
    assert "live tests: 1 run, 1 skipped\n" in output


def test_nothing_is_said_where_no_live_test_is_meant(session: Session) -> None:
    code, output = session(required=False, other=RUNS)
    assert code == 0
    assert "live tests" not in output


@pytest.mark.parametrize("skips", [SKIPS, SKIPS_IN_A_FIXTURE, SKIPS_AS_A_MODULE])
def test_a_required_live_test_must_not_be_skipped(session: Session, skips: str) -> None:
    code, output = session(RUNS, skips, required=True)
    assert code == 1
    assert "live tests: 1 run, 1 skipped (AUDITFALCO_REQUIRE_LIVE is set: the session fails)\n" in output
    assert "live test skipped: tests/live/test_live1.py" in output
    assert ": no " in output


def test_required_live_tests_that_ran_are_enough(session: Session) -> None:
    code, output = session(RUNS, FAILS_AS_EXPECTED, required=True, other=NOT_LIVE)
    assert code == 0
    assert "live tests: 2 run, 0 skipped\n" in output


def test_required_live_tests_must_exist(session: Session) -> None:
    code, output = session(required=True, other=RUNS)
    assert code == 1
    assert "live tests: 0 run, 0 skipped (AUDITFALCO_REQUIRE_LIVE is set: the session fails)\n" in output


def test_what_lies_below_live_is_live(session: Session) -> None:
    code, output = session(RUNS, required=False, other=RUNS, options=("-m", "not live"))
    assert code == 0
    assert "1 passed, 1 deselected" in output
