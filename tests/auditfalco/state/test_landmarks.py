"""Files that rules name, known by their numbers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.state.landmarks import REFRESH_NS, Landmarks
from auditfalco.state.roots import RootedFiles


def number(path: Path) -> tuple[int, int]:
    """Device and inode of a file."""
    status = path.stat()
    return status.st_dev, status.st_ino


@pytest.fixture
def roots(tmp_path: Path) -> list[str]:
    """Two roots with a file of the same name."""
    for name in ("a", "b"):
        (tmp_path / name / "etc").mkdir(parents=True)
        (tmp_path / name / "etc/shadow").write_text(name)
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def test_a_file_is_known_by_its_number_in_every_root(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles())
    landmarks.watch(["/etc/shadow", "/etc/none"])
    for root in roots:
        assert landmarks.name_of(roots, number(Path(root, "etc/shadow")), 0) == "/etc/shadow"
    assert landmarks.name_of(roots, (1, 1), 0) is None
    assert landmarks.name_of(roots[:1], number(Path(roots[1], "etc/shadow")), 0) is None


def test_a_replaced_file_is_known_again_after_a_while(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles())
    landmarks.watch(["/etc/shadow"])
    shadow = Path(roots[0], "etc/shadow")
    assert landmarks.name_of(roots, number(shadow), 0) == "/etc/shadow"
    (shadow.parent / "new").write_text("new")
    os.replace(shadow.parent / "new", shadow)
    assert landmarks.name_of(roots, number(shadow), REFRESH_NS - 1) is None
    assert landmarks.name_of(roots, number(shadow), REFRESH_NS) == "/etc/shadow"


def test_names_and_roots_are_bounded(roots: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditfalco.state.landmarks.MOST_NAMES", 2)
    monkeypatch.setattr("auditfalco.state.landmarks.MOST_ROOTS", 1)
    landmarks = Landmarks(RootedFiles())
    landmarks.watch(["/a", "/b", "/c", "/a"])
    assert landmarks.left_out == 1
    landmarks.name_of(roots, (1, 1), 0)
    assert landmarks.evictions == 1
