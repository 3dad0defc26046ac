"""Which files fanotify watches for a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.coverage.marks import MOST_FILES, Watched, WatchList, watch_list
from auditfalco.ruleset.load import load

OPEN = "evt.type in (open, openat) and "


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    """The watch list of rules with these conditions."""
    return Listed(tmp_path)


class Listed:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, *conditions: str) -> WatchList:
        file = self._directory / "rules.yaml"
        file.write_text(
            "".join(
                f"- rule: R{number}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n"
                for number, condition in enumerate(conditions)
            )
        )
        result = load([file])
        assert result.ruleset is not None, result.issues
        return watch_list(result.ruleset)


@pytest.mark.parametrize(
    ("condition", "files", "directories"),
    [
        ("fd.name = /etc/shadow", ["/etc/shadow"], []),
        ("fd.name in (/etc/b, /etc/a)", ["/etc/a", "/etc/b"], []),
        ("fd.directory = /etc/pam.d", [], ["/etc/pam.d"]),
        ("fd.name startswith /root/.ssh/", [], ["/root/.ssh"]),
        ("(fd.name = /a/b or fd.directory in (/c/d))", ["/a/b"], ["/c/d"]),
        ("fd.name startswith /etc and fd.name in (/etc/shadow)", ["/etc/shadow"], []),
        ("fd.name startswith /etc and (fd.name = /etc/x or fd.name contains y)", [], ["/etc"]),
        ("fd.nameraw contains ../ and fd.name startswith /etc", [], []),
        ("not fd.name = /etc/shadow", [], []),
        ("not (evt.failed = true or not fd.name = /etc/shadow)", ["/etc/shadow"], []),
        ("fd.name contains shadow", [], []),
        ("fd.name in (/dev/null, /proc/kcore, /, relative)", [], []),
        ("evt.is_open_write = true and fd.directory = /usr/bin", [], []),
        ("evt.is_open_write = true and fd.name = /etc/ld.so.preload", ["/etc/ld.so.preload"], []),
        ("(evt.is_open_write = true or evt.is_open_read = true) and fd.directory = /srv/x", [], ["/srv/x"]),
    ],
)
def test_what_a_condition_names(listed: Listed, condition: str, files: list[str], directories: list[str]) -> None:
    watched = Watched(tuple(files), tuple(directories))
    assert listed(OPEN + condition) == WatchList(watched, watched)


def test_rules_about_other_calls_name_nothing(listed: Listed) -> None:
    assert not listed("evt.type = unlinkat and fs.path.name = /etc/shadow").host


def test_what_only_containers_are_asked_for_is_not_marked_on_the_host(listed: Listed) -> None:
    found = listed(OPEN + "container.id != host and fd.name = /a/b", OPEN + "fd.name = /c/d")
    assert found == WatchList(Watched(("/c/d",)), Watched(("/c/d", "/a/b")))


def test_it_is_bounded_and_says_so(listed: Listed) -> None:
    names = ", ".join(f"/srv/{number}" for number in range(MOST_FILES + 3))
    found = listed(f"{OPEN}fd.name in ({names})")
    assert (len(found.host.files), found.left_out) == (MOST_FILES, 6)
