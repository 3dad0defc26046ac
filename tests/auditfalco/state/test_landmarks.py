"""Files that rules name, known by their numbers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.state.effort import MOST_SAVED_NS, Effort
from auditfalco.state.landmarks import GONE_SECONDS, FileNumber, Landmarks
from auditfalco.state.roots import RootedFiles


def number(path: Path) -> FileNumber:
    """What a file is told by."""
    status = path.stat()
    return FileNumber(status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid)


NOBODY = FileNumber(1, 1, 0, 0, 0)


@pytest.fixture
def roots(tmp_path: Path) -> list[str]:
    """Two roots with a file of the same name."""
    for name in ("a", "b"):
        (tmp_path / name / "etc").mkdir(parents=True)
        (tmp_path / name / "etc/shadow").write_text(name)
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def test_a_file_is_known_by_its_number_in_every_root(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles(), Effort())
    landmarks.watch(["/etc/shadow", "/etc/none"])
    for root in roots:
        assert landmarks.name_of(roots, number(Path(root, "etc/shadow"))) == "/etc/shadow"
    assert landmarks.name_of(roots, NOBODY) is None
    assert landmarks.name_of(roots[:1], number(Path(roots[1], "etc/shadow"))) is None


def test_another_file_with_the_same_number_is_told_apart(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles(), Effort())
    landmarks.watch(["/etc/shadow"])
    shadow = number(Path(roots[0], "etc/shadow"))
    assert landmarks.name_of(roots, shadow._replace(mode=0o040755)) is None
    assert landmarks.name_of(roots, shadow._replace(owner=4242)) is None


def test_a_replaced_file_is_known_again_when_there_is_time_to_look(roots: list[str]) -> None:
    now = [0]
    effort = Effort(lambda: now[0])
    landmarks = Landmarks(RootedFiles(), effort)
    landmarks.watch(["/etc/shadow"])
    shadow = Path(roots[0], "etc/shadow")
    assert landmarks.name_of(roots, number(shadow)) == "/etc/shadow"
    (shadow.parent / "new").write_text("new")
    os.replace(shadow.parent / "new", shadow)
    with effort.spending():
        now[0] += MOST_SAVED_NS
    assert landmarks.name_of(roots[:1], number(shadow)) == "/etc/shadow", "a tenth of that time is there to spend"
    os.replace(shadow, shadow.parent / "old")
    shadow.write_text("newest")
    with effort.spending():
        now[0] += 2 * MOST_SAVED_NS
    assert landmarks.name_of(roots[:1], number(shadow)) is None
    assert effort.refused == 1
    now[0] += 20 * MOST_SAVED_NS
    assert landmarks.name_of(roots[:1], number(shadow)) == "/etc/shadow"


def test_names_and_roots_are_bounded(roots: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditfalco.state.landmarks.MOST_NAMES", 2)
    monkeypatch.setattr("auditfalco.state.landmarks.MOST_ROOTS", 1)
    landmarks = Landmarks(RootedFiles(), Effort())
    landmarks.watch(["/a", "/b", "/c", "/a"])
    assert landmarks.left_out == 1
    landmarks.name_of(roots, NOBODY)
    assert landmarks.evictions == 1


def test_a_file_that_is_gone_is_known_where_it_was_looked_at_before(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles(), Effort())
    landmarks.watch(["/etc/shadow"])
    shadows = [Path(root, "etc/shadow") for root in roots]
    numbers = [number(shadow) for shadow in shadows]
    landmarks.look_ahead(roots[0])
    for shadow in shadows:
        shadow.unlink()
    assert [landmarks.name_of([root], one) for root, one in zip(roots, numbers)] == ["/etc/shadow", None]


def test_what_is_removed_is_known_by_the_look_before(roots: list[str]) -> None:
    landmarks = Landmarks(RootedFiles(), Effort())
    landmarks.watch(["/etc/shadow"])
    landmarks.look_again(roots)
    shadow = Path(roots[0], "etc/shadow")
    (shadow.parent / "new").write_text("new")
    os.replace(shadow.parent / "new", shadow)
    landmarks.look_again(roots)
    second = number(shadow)
    shadow.unlink()
    assert landmarks.name_of(roots[:1], second) == "/etc/shadow"
    landmarks.look_again(roots)
    assert landmarks.name_of(roots[:1], second) == "/etc/shadow"
    landmarks.look_again(roots)
    assert landmarks.name_of(roots[:1], second) is None


def test_a_file_that_is_gone_is_known_for_a_while_after_another_look(roots: list[str]) -> None:
    now = [0.0]
    landmarks = Landmarks(RootedFiles(), Effort(), lambda: now[0])
    landmarks.watch(["/etc/shadow"])
    shadow = Path(roots[0], "etc/shadow")
    gone = number(shadow)
    landmarks.look_ahead(roots[0])
    shadow.unlink()
    assert landmarks.name_of(roots[:1], NOBODY) is None  # somebody else's file made it look again
    assert landmarks.name_of(roots[:1], gone) == "/etc/shadow"
    now[0] += GONE_SECONDS
    assert landmarks.name_of(roots[:1], gone) is None
