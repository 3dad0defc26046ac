"""Lists, macros, exceptions and changes: what conditions become."""

from __future__ import annotations

import pytest

from auditfalco.language.printer import text
from auditfalco.ruleset import expansion
from auditfalco.ruleset.load import LoadResult, load_texts

RULE = "- rule: r\n  desc: d\n  output: o\n  priority: WARNING\n  condition: "


def load_text(text: str) -> LoadResult:
    """Load one text as the file f.yaml."""
    return load_texts([("f.yaml", text.encode())])


CONDITIONS = {
    # lists
    "nested": (
        "- list: a\n  items: [x, y]\n- list: b\n  items: [a, z]\n" + RULE + "evt.type=open and proc.name in (b)\n",
        "(evt.type = open and proc.name in (x, y, z))",
    ),
    "one level deep alone": (
        "- list: a\n  items: [x]\n- list: b\n  items: [a]\n- list: c\n  items: [b]\n"
        + RULE
        + "evt.type=open and proc.name in (c)\n",
        "(evt.type = open and proc.name in (a))",
    ),
    "inner defined later": (
        "- list: a\n  items: [b, y]\n- list: b\n  items: [x]\n" + RULE + "evt.type=open and proc.name in (a)\n",
        "(evt.type = open and proc.name in (x, y))",
    ),
    "after an equals sign": (
        "- list: a\n  items: [x]\n" + RULE + "evt.type=open and proc.name=a\n",
        "(evt.type = open and proc.name = x)",
    ),
    "inside quotes": (
        "- list: a\n  items: [x]\n" + RULE + "evt.type=open and proc.name = 'to a b'\n",
        '(evt.type = open and proc.name = "to x b")',
    ),
    "not as part of a word": (
        "- list: a\n  items: [x]\n" + RULE + "evt.type=open and proc.name in (a.b, ba, a-b, a)\n",
        "(evt.type = open and proc.name in (a.b, ba, a-b, x))",
    ),
    "items with blanks are quoted": (
        "- list: a\n  items: [x y, '\"p q\"', /w]\n" + RULE + "evt.type=open and proc.name in (a)\n",
        '(evt.type = open and proc.name in ("x y", "p q", /w))',
    ),
    "empty, first": (
        "- list: e\n  items: []\n" + RULE + "evt.type=open and proc.name in (e, x)\n",
        "(evt.type = open and proc.name in (x))",
    ),
    "empty, last": (
        "- list: e\n  items: []\n" + RULE + "evt.type=open and proc.name in (x, e)\n",
        "(evt.type = open and proc.name in (x))",
    ),
    "empty, alone and twice": (
        "- list: e\n  items: []\n" + RULE + "evt.type=open and proc.name in (e, e) and proc.name in (e)\n",
        "(evt.type = open and proc.name in () and proc.name in ())",
    ),
    "appended by override": (
        "- list: a\n  items: [x]\n- list: a\n  items: [y]\n  override: {items: append}\n"
        + RULE
        + "evt.type=open and proc.name in (a)\n",
        "(evt.type = open and proc.name in (x, y))",
    ),
    # macros
    "macro sees what comes before its last change": (
        "- macro: a\n  condition: proc.pid=1\n- macro: b\n  condition: proc.pid=2\n- macro: a\n  condition: or b\n"
        "  override: {condition: append}\n" + RULE + "evt.type=open and a\n",
        "(evt.type = open and (proc.pid = 1 or proc.pid = 2))",
    ),
    "a rule sees macros that come later": (
        RULE + "evt.type=open and a\n- macro: a\n  condition: proc.pid=1\n",
        "(evt.type = open and proc.pid = 1)",
    ),
    # changes of rules
    "append joins texts": (
        RULE + "evt.type=open and proc.pid=1\n- rule: r\n  condition: or proc.pid=2\n  override: {condition: append}\n",
        "((evt.type = open and proc.pid = 1) or proc.pid = 2)",
    ),
    "replace": (
        RULE + "evt.type=open\n- rule: r\n  condition: evt.type=close\n  override: {condition: replace}\n",
        "evt.type = close",
    ),
    # exceptions
    "exception of tuples": (
        RULE
        + "evt.type=open or evt.type=close\n  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n"
        + "    comps: [=, startswith]\n    values:\n    - [cat, /etc]\n    - ['a b', /usr]\n",
        "((evt.type = open or evt.type = close) and not ((proc.name = cat and fd.name startswith /etc) or "
        '(proc.name = "a b" and fd.name startswith /usr)))',
    ),
    "exception of one field": (
        RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    values: [cat, dog]\n",
        "(evt.type = open and not proc.name in (cat, dog))",
    ),
    "exception with a modifier": (
        RULE
        + "evt.type=open\n  exceptions:\n  - name: e\n    fields: fd.name\n    comps: startswith anyof\n"
        + "    values: [/a, /b]\n",
        "(evt.type = open and not fd.name startswith anyof (/a, /b))",
    ),
    "exception with a list among its values": (
        RULE
        + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n    comps: [in, in]\n"
        + "    values:\n    - [[a, b], c]\n",
        "(evt.type = open and not (proc.name in (a, b) and fd.name in (c)))",
    ),
    "exception with the name of a list": (
        "- list: l\n  items: [a, b]\n"
        + RULE
        + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    values: [l, c]\n",
        "(evt.type = open and not proc.name in (a, b, c))",
    ),
    "exception without values": (
        RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n",
        "evt.type = open",
    ),
    "values for an exception that is there": (
        RULE
        + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    values: [a]\n"
        + "- rule: r\n  exceptions:\n  - name: e\n    values: [b]\n  override: {exceptions: append}\n",
        "(evt.type = open and not proc.name in (a, b))",
    ),
    "exceptions replaced": (
        RULE
        + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    values: [a]\n"
        + "- rule: r\n  exceptions:\n  - name: f\n    fields: [fd.name]\n    values: [[b]]\n"
        + "  override: {exceptions: replace}\n",
        "(evt.type = open and not fd.name = b)",
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions(name: str) -> None:
    written, expected = CONDITIONS[name]
    result = load_text(written)
    assert result.errors == []
    (rule,) = result.ruleset
    assert text(rule.condition) == expected


def test_what_was_pasted_is_known() -> None:
    (rule,) = load_text("- list: a\n  items: [x]\n" + RULE + "evt.type=open and proc.name in (a)\n").ruleset
    assert rule.lists == ("a",)
    assert rule.condition_text == "evt.type=open and proc.name in (a)"


def test_long_lists() -> None:
    items = [f"item{number}" for number in range(50_000)]
    result = load_text(f"- list: l\n  items: [{', '.join(items)}]\n" + RULE + "evt.type=open and proc.name in (l)\n")
    assert result.errors == []
    assert text(result.ruleset.rules[0].condition).endswith("item49999))")


def test_lists_cannot_explode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MAX_TEXT", 100_000)
    lists = "".join(f"- list: l{n}\n  items: [{', '.join([f'l{n + 1}'] * 10)}]\n" for n in range(30))
    (error,) = load_text(lists + RULE + "proc.name in (l0)\n").errors
    assert "longer than 100000 characters" in error.message


def test_macros_cannot_explode() -> None:
    macros = "- macro: m0\n  condition: proc.pid=1\n" + "".join(
        f"- macro: m{n}\n  condition: m{n - 1} and m{n - 1}\n" for n in range(1, 60)
    )
    (error,) = load_text(macros + RULE + "m59\n").errors
    assert "more than 100000 checks" in error.message


def test_long_chains_of_macros() -> None:
    chain = "- macro: m0\n  condition: proc.pid=1\n" + "".join(
        f"- macro: m{n}\n  condition: not (proc.pid=5 and m{n - 1})\n" for n in range(1, 3_000)
    )
    result = load_text(chain + RULE + "evt.type=open and m2999\n")
    assert result.errors == []
    assert text(result.ruleset.rules[0].condition).count("not") == 2_999


def test_a_macro_that_uses_itself_is_refused() -> None:
    (error,) = load_text("- macro: a\n  condition: proc.pid=1\n- macro: a\n  condition: a or proc.pid=2\n").errors
    assert error.message == "reference loop in macro 'a'"
