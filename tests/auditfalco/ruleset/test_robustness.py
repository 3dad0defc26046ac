"""Whatever a file holds, loading ends, and tells of at most one error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditfalco.ruleset.load import load_texts

SEED = """\
- required_engine_version: 0.60.0
- list: l
  items: [a, "b c", 5]
- macro: m
  condition: proc.name in (l) and not (fd.name pmatch (/etc, '/x y') or evt.arg[0] = "\\x41")
- rule: r
  desc: >
    what it
    is for
  condition: evt.type in (open, openat) and m and toupper(proc.name) = oneof (A, B)
  output: "%proc.name %fd.name[1] %toupper(proc.name)"
  priority: WARNING
  tags: [x, y]
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      comps: [=, startswith]
      values: [[a, /b], [c, [d]]]
- rule: r
  condition: or proc.pid > 5
  override: {condition: append}
"""
PIECES = [
    "\n",
    "  ",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    '"',
    "'",
    "\\",
    "%",
    "*",
    "&a ",
    "*a",
    "!!x ",
    "|",
    ">",
    "#",
]
PIECES += [
    "\t",
    "\0",
    "\udcff",
    "é",
    " and ",
    " not ",
    "override",
    "append: true",
    "~",
    "0",
    "-1",
    "...",
    "---\n",
    "<<: ",
]


def load_bytes(raw: bytes) -> None:
    """Load one file; nothing may be raised."""
    result = load_texts([("f.yaml", raw)])
    assert len(result.errors) <= 1
    for issue in (*result.errors, *result.warnings):
        assert issue.location.line >= 1 and issue.location.column >= 1
    assert result.files[0].as_text()


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    load_bytes(raw)


@given(
    st.lists(
        st.tuples(st.integers(0, len(SEED)), st.integers(0, 12), st.sampled_from(PIECES) | st.just("")),
        min_size=1,
        max_size=6,
    )
)
def test_rule_files_with_anything_in_them(edits: list[tuple[int, int, str]]) -> None:
    text = SEED
    for position, length, piece in edits:
        text = text[:position] + piece + text[position + length :]
    load_bytes(text.encode("utf-8", "surrogateescape"))


def test_the_seed_itself_loads_but_for_its_nested_value() -> None:
    assert load_texts([("f", SEED.replace("[d]", "d").encode())]).successful
