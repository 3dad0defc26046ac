"""Trees as text: any tree that the parser can make prints so that it parses to itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.parser import parse
from auditfalco.language.printer import falco_text, operand_text, text, tree_json
from auditfalco.language.tree import (
    And,
    Check,
    FieldUse,
    Literal,
    LiteralList,
    Macro,
    Node,
    Not,
    Or,
    Transform,
    TransformList,
)

# Text as it comes out of the kernel: any characters, and bytes that are none.
values = (
    st.text(max_size=12)
    .map(lambda text: text.encode("utf-8", "surrogatepass"))
    .map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
names = st.sampled_from(["proc.name", "fd.name", "evt.type", "a.b_c.d9"])
field_uses = st.builds(FieldUse, names, st.none() | values)
parts = st.recursive(
    field_uses | st.builds(Literal, values),
    lambda inner: st.builds(
        Transform,
        st.sampled_from(["toupper", "concat", "join"]),
        st.lists(inner | st.builds(TransformList, st.lists(inner, max_size=2).map(tuple)), min_size=1, max_size=3).map(
            tuple
        ),
        st.none() | values,
    ).filter(lambda transform: all(not nested_list(argument) for argument in transform.arguments)),
    max_leaves=4,
)


def nested_list(argument: object) -> bool:
    """Tell whether a list holds a list, which the grammar has no room for."""
    return isinstance(argument, TransformList) and any(isinstance(item, TransformList) for item in argument.items)


lefts = field_uses | parts.filter(lambda part: isinstance(part, Transform))
lists = st.builds(LiteralList, st.lists(values, max_size=4).map(tuple))
rights = st.builds(Transform, st.just("val"), st.tuples(field_uses)) | parts.filter(
    lambda part: isinstance(part, Transform)
)
all_checks = st.one_of(
    st.builds(Check, lefts, st.just("exists")),
    st.builds(Check, lefts, st.sampled_from(["=", "!=", "glob", "contains"]), st.builds(Literal, values) | rights),
    st.builds(Check, lefts, st.sampled_from(["<", ">="]), st.sampled_from([Literal("5"), Literal("-1.5")]) | rights),
    st.builds(Check, lefts, st.sampled_from(["in", "pmatch", "intersects"]), lists | rights),
    st.builds(Check, lefts, st.sampled_from(["=", "startswith"]), lists, st.sampled_from(["oneof", "anyof", "allof"])),
)
leaves: st.SearchStrategy[Node] = all_checks | st.builds(Macro, st.sampled_from(["a", "open_read", "nothing"]))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


@given(trees)
def test_normal_form_is_stable(tree: Node) -> None:
    normal = text(tree)
    assert parse(normal) == tree
    assert text(parse(normal)) == normal


def test_what_needs_quotes_gets_them() -> None:
    tree = Check(
        FieldUse("proc.env", ""), "in", LiteralList(("", "(systemd)", "it's", 'a"b', "a,b", "é", "\udcff\x00"))
    )
    assert text(tree) == r"""proc.env[""] in ("", "(systemd)", "it's", "a\"b", "a,b", é, "\xff\x00")"""


def test_falco_leaves_quotes_out() -> None:
    tree = parse("not (not proc.name in ('(systemd)', '', 'a b', 'a=b'))")
    assert falco_text(tree) == 'not not proc.name in ((systemd), , "a b", "a=b")'


def test_operands_alone() -> None:
    assert operand_text(Transform("concat", (FieldUse("proc.name"), Literal("-")))) == 'concat(proc.name,"-")'


def test_json() -> None:
    assert tree_json(parse("a or not proc.aname[2] = anyof (x)")) == {
        "or": [
            {"macro": "a"},
            {"not": {"left": {"field": "proc.aname", "arg": "2"}, "op": "= anyof", "right": {"list": ["x"]}}},
        ]
    }
