"""Path prefixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.paths import PathPrefixes


@pytest.mark.parametrize(
    ("prefixes", "under", "outside"),
    [
        ([], [], ["/", "/etc", ""]),
        (["/"], ["/", "", "/etc", "etc"], []),
        ([""], ["/", "", "/etc"], []),
        (["/etc"], ["/etc", "/etc/", "/etc/x/y", "etc/x", "//etc//x"], ["/etcfoo", "/", "", "/x/etc"]),
        (["/etc/"], ["/etc", "/etc/x"], ["/etcfoo"]),
        (["etc/ssh"], ["/etc/ssh/key"], ["/etc", "/etc/sshd"]),
        (["/a", "/a/b/c"], ["/a/x", "/a/b"], ["/b"]),
        (["/a/b/c", "/a"], ["/a/x", "/a/b"], ["/b"]),
        (["/*"], ["/etc", "/etc/x"], ["/", ""]),
        (["/usr/*/lib"], ["/usr/local/lib", "/usr/x/lib/y"], ["/usr/lib", "/usr/a/b/lib"]),
        (["/e?c", "/[uv]ar"], ["/etc/x", "/var"], ["/ec", "/bar"]),
        (["/*/log", "/var/x"], ["/var/log", "/var/x", "/a/log"], ["/var/y"]),
    ],
)
def test_prefixes(prefixes: list[str], under: list[str], outside: list[str]) -> None:
    tree = PathPrefixes(prefixes)
    assert [path for path in under if not tree.match(path)] == []
    assert [path for path in outside if tree.match(path)] == []


components = st.sampled_from(["a", "b", "ab", "*", "?"])
paths = st.lists(components, max_size=4).map(lambda parts: "/" + "/".join(parts))


def matches_one(prefix: str, path: str) -> bool:
    """Compare component by component; of the globs only ``*`` and ``?`` occur."""
    wanted = [part for part in prefix.split("/") if part]
    given_parts = [part for part in path.split("/") if part]
    fits = [want in ("*", have) or (want == "?" and len(have) == 1) for want, have in zip(wanted, given_parts)]
    return len(wanted) <= len(given_parts) and all(fits)


@given(st.lists(paths, max_size=4), paths)
def test_a_tree_is_the_same_as_its_prefixes_one_by_one(prefixes: list[str], path: str) -> None:
    assert PathPrefixes(prefixes).match(path) == any(matches_one(prefix, path) for prefix in prefixes)
