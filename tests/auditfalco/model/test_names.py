"""Things with several names."""

from __future__ import annotations

from auditfalco.model.names import Names, mapped, named


def test_a_thing_with_one_name_is_plain_text() -> None:
    assert type(named("/etc/shadow")) is str
    assert type(named("/etc/shadow", ["/etc/shadow", None], ["/etc/shadow"])) is str


def test_the_printed_name_comes_first_and_is_text_like_any_other() -> None:
    name = named("/tmp/x", ["/etc/shadow"], ["/etc/shadow", "/usr/etc/shadow"])
    assert isinstance(name, Names)
    assert name == "/tmp/x" and f"{name}" == "/tmp/x"
    assert name.all == ("/tmp/x", "/etc/shadow", "/usr/etc/shadow")
    assert name.chosen == ("/tmp/x", "/etc/shadow")


def test_what_becomes_of_every_name() -> None:
    assert mapped("/a/b", lambda path: path.rpartition("/")[0]) == "/a"
    directories = mapped(named("/tmp/x", ["/etc/shadow"]), lambda path: path.rpartition("/")[0])
    assert isinstance(directories, Names) and directories.all == ("/tmp", "/etc")
    assert type(mapped(named("/a/x", ["/b/x"]), lambda path: path[-1])) is str
