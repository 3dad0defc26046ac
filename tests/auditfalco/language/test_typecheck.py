"""Which operators apply to which types, and what they answer for a value that is there."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from auditfalco.errors import ConditionTypeError, UnknownEventTypeError, UnknownFieldError
from auditfalco.language.grammar import LIST_OPERATORS, OPERATORS
from auditfalco.language.parser import parse
from auditfalco.language.tree import Check
from auditfalco.language.typecheck import require_types, typed_check
from auditfalco.language.types import TYPES, FieldRef, Shape

ABSENT = None
FIELDS = {
    "x.text": FieldRef("x.text", None, TYPES["CHARBUF"]),
    "x.other": FieldRef("x.other", None, TYPES["CHARBUF"]),
    "x.number": FieldRef("x.number", None, TYPES["INT64"]),
    "x.small": FieldRef("x.small", None, TYPES["UINT8"]),
    "x.flag": FieldRef("x.flag", None, TYPES["BOOL"]),
    "x.bytes": FieldRef("x.bytes", None, TYPES["BYTEBUF"]),
    "x.ip": FieldRef("x.ip", None, TYPES["IPADDR"]),
    "x.net": FieldRef("x.net", None, TYPES["IPNET"]),
    "x.list": FieldRef("x.list", None, TYPES["CHARBUF"], is_list=True),
    "x.list2": FieldRef("x.list2", None, TYPES["CHARBUF"], is_list=True),
    "x.ancestors": FieldRef("x.ancestors", None, TYPES["CHARBUF"], False, Shape.ANCESTORS, False, False),
    "x.pids": FieldRef("x.pids", None, TYPES["INT64"], False, Shape.ANCESTORS, False, False),
    "x.ends": FieldRef("x.ends", None, TYPES["IPADDR"], False, Shape.PAIR, False, False),
    "x.ports": FieldRef("x.ports", None, TYPES["PORT"], False, Shape.PAIR, False, False),
    "x.nets": FieldRef("x.nets", None, TYPES["IPNET"], False, Shape.PAIR, False, False),
    "x.member": FieldRef("x.member", None, TYPES["IPNET"], False, Shape.NETWORK_MEMBER, False, False),
    "evt.type": FieldRef("evt.type", None, TYPES["CHARBUF"]),
}


def resolve(name: str, argument: str | None) -> FieldRef:
    """Know the fields above and no others."""
    if name not in FIELDS or argument is not None:
        raise UnknownFieldError(f"nonexistent field {name}")
    return FIELDS[name]


def answer(condition: str, **values: Any) -> bool:
    """Answer one check for an event with these values; ``x.`` is left out of the names."""
    check = parse(condition)
    assert isinstance(check, Check)
    evaluate = typed_check(check, resolve).build(lambda ref: lambda event: event.get(ref.name.partition(".")[2]))
    return evaluate(values)


def packed(address: str) -> bytes:
    """Return an address as events have it."""
    return ip_address(address).packed


ALLOWED = {
    "x.text": set(OPERATORS) - {"bcontains", "bstartswith"},
    "x.number": {"=", "==", "!=", "<", "<=", ">", ">=", "in", "intersects", "exists"},
    "x.flag": {"=", "==", "!=", "in", "intersects", "exists"},
    "x.bytes": {"=", "==", "!=", "contains", "startswith", "endswith", "bcontains", "bstartswith", "in", "intersects"}
    | {"exists"},
    "x.ip": {"=", "==", "!=", "in", "intersects", "exists"},
    "x.net": {"=", "==", "!=", "in", "intersects", "exists"},
    "x.list": {"in", "intersects", "exists"},
}
CONSTANTS = {"x.flag": "true", "x.ip": "::1", "x.net": "10.0.0.0/8", "x.bytes": "41"}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("field", ALLOWED)
def test_operators_apply_to_types(field: str, operator: str) -> None:
    constant = "5" if operator in ("<", "<=", ">", ">=") else CONSTANTS.get(field, "5")
    right = "" if operator == "exists" else f"({constant})" if operator in LIST_OPERATORS else constant
    tree = parse(f"{field} {operator} {right}")
    if operator in ALLOWED[field]:
        require_types(tree, resolve)
    else:
        with pytest.raises(ConditionTypeError, match="not supported for"):
            require_types(tree, resolve)


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name not in ("bcontains", "bstartswith")])
def test_an_absent_value_makes_every_check_false(operator: str) -> None:
    right = "" if operator == "exists" else "(5)" if operator in LIST_OPERATORS else "5"
    assert answer(f"x.text {operator} {right}", text=ABSENT) is False


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("x.text = ''", "", True),
        ("x.text exists", "", True),
        ("x.text contains ''", "a", True),
        ("x.text contains '\\xa9'", "é", True),
        ("x.text startswith '\\xc3'", "é", True),
        ("x.text icontains Ä", "ä", False),
        ("x.text icontains BASH", "a-bash", True),
        ("x.text endswith .so", "lib.so", True),
        ("x.text > 0", "nginx", True),
        ("x.text < 9", "10", True),
        ("x.text in (a, b)", "b", True),
        ("x.text in ()", "b", False),
        ("x.text in b", "b", True),
        ("x.text intersects (a, b)", "b", True),
        ("x.text != anyof (a, b)", "a", True),
        ("x.text != allof (a, b)", "a", False),
        ("x.text = oneof (a, a)", "a", False),
        ("x.text = oneof (a, b)", "a", True),
        ("x.text = allof ()", "a", False),
        ("x.text = anyof ()", "a", False),
        ("x.text regex anyof ('a+', b)", "aaa", True),
        ("x.text pmatch (/etc)", "/etc/x", True),
        ("x.text iglob A*", "abc", True),
    ],
)
def test_texts(condition: str, value: str, expected: bool) -> None:
    assert answer(condition, text=value) is expected


def test_numbers_wrap_at_their_width() -> None:
    assert answer("x.small = 4294967295", small=255)
    assert answer("x.small = -1", small=255)
    assert answer("x.number < -1", number=-2)
    assert answer("x.number in (1, 2)", number=2)


def test_truth_values_may_be_numbers() -> None:
    assert answer("x.flag = true", flag=1)
    assert answer("x.flag != true", flag=False)
    assert answer("x.flag in (false)", flag=0)
    with pytest.raises(ConditionTypeError, match="boolean"):
        answer("x.flag = 1", flag=True)


def test_bytes() -> None:
    assert answer('x.bytes = "a\\x00b"', bytes=b"a\0b")
    assert answer("x.bytes bcontains 6100", bytes=b"xa\0b")
    assert answer("x.bytes bstartswith ''", bytes=b"")
    assert not answer("x.bytes contains b", bytes=b"a")


def test_addresses_of_the_two_versions_differ() -> None:
    assert answer("x.ip != 10.0.0.1", ip=packed("::1"))
    assert answer("x.ip = anyof (::1, 10.0.0.1)", ip=packed("10.0.0.1"))
    assert answer("x.net in (192.168.0.0/16, 10.0.0.0/8)", net=packed("10.9.9.9"))
    assert answer("x.net != 10.0.0.0/8", net=packed("::1"))


def test_lists() -> None:
    assert answer("x.list in (a, b, c)", list=("a", "b"))
    assert answer("x.list in (a)", list=())
    assert not answer("x.list in (a)", list=("a", "b"))
    assert answer("x.list intersects (b)", list=("a", "b"))
    assert not answer("x.list intersects ()", list=("a",))
    assert answer("x.list in val(x.list2)", list=("a",), list2=("b", "a"))
    assert answer("x.list intersects val(x.list2)", list=("a", "c"), list2=("b", "a"))
    assert answer("len(x.list) = 2", list=("a", "b"))


def test_falco_never_finds_the_elements_of_a_transformed_list() -> None:
    assert not answer("toupper(x.list) in (A, B)", list=("a", "b"))
    assert not answer("toupper(x.list) intersects (A)", list=("a",))
    assert answer("toupper(x.list) in (A)", list=())


def test_ancestors_are_compared_one_by_one() -> None:
    ancestors = ("bash", "sshd")
    assert answer("x.ancestors = sshd", ancestors=ancestors)
    assert answer("x.ancestors != sshd", ancestors=ancestors)
    assert answer("x.ancestors in (cron, sshd)", ancestors=ancestors)
    assert answer("x.ancestors = anyof (bash, cron)", ancestors=ancestors)
    assert not answer("x.ancestors = anyof (cron, bash)", ancestors=ancestors)  # Falco reads the first alone
    assert not answer("x.ancestors != bash", ancestors=())
    assert not answer("x.ancestors exists", ancestors=())
    assert answer("x.pids = 1", pids=(5, 1))
    assert not answer("x.pids in (1, 5)", pids=(5, 1))  # nor does Falco find numbers in a list


def test_both_ends_of_a_connection() -> None:
    ends = (packed("10.0.0.1"), packed("10.0.0.2"))
    assert answer("x.ends = 10.0.0.2", ends=ends)
    assert not answer("x.ends != 10.0.0.2", ends=ends)
    assert answer("x.ends != 10.0.0.3", ends=ends)
    assert not answer("x.ends in (10.0.0.1)", ends=ends)  # Falco never finds one
    assert not answer("x.ends != 10.0.0.3", ends=(None, None))
    assert not answer("x.ends exists", ends=(None, None))
    assert answer("x.ends = 10.0.0.2", ends=(None, packed("10.0.0.2")))
    assert answer("x.ports in (80, 443)", ports=(50_000, 443))
    assert answer("x.ports >= 443", ports=(1, 443))
    assert answer("x.nets in (10.0.0.0/8)", nets=ends)
    assert not answer("x.nets in (192.168.0.0/16, 10.0.0.0/8)", nets=ends)  # Falco looks at the first alone
    assert answer("x.member in (192.168.0.0/16, 10.0.0.0/8)", member=ends[0])
    assert not answer("x.member = anyof (10.0.0.0/8)", member=ends[0])  # and never answers yes here


def test_fields_against_fields() -> None:
    assert answer("x.text = val(x.other)", text="a", other="a")
    assert answer("x.text startswith tolower(x.other)", text="abc", other="AB")
    assert answer("x.text glob val(x.other)", text="abc", other="a*")
    assert answer("x.text < val(x.other)", text="a\udcff", other="b")
    assert not answer("x.text != val(x.other)", text="a", other=ABSENT)
    assert not answer("x.text = x.other", text="a", other="a")  # a bare name is a constant


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("x.text = val(x.number)", "while the right-hand side"),
        ("x.text in val(x.list)", "while the right-hand side"),
        ("x.text regex val(x.other)", "doesn't support right-hand side"),
        ("x.text pmatch val(x.other)", "doesn't support right-hand side"),
        ("x.ancestors = val(x.text)", "doesn't support right-hand side"),
        ("x.text = val(x.ancestors)", "can't be used as a right-hand side"),
        ("toupper(x.ancestors) = A", "does not support transformers"),
        ("join('-', (x.list)) = A", "cannot be an element"),
        ("x.number contains anyof (5)", "with modifier not supported"),
        ("x.list = anyof (5)", "list filters"),
        ("x.text regex '('", "invalid regex"),
        ("x.ends in (10.0.0)", "unrecognized IPv4"),
    ],
)
def test_what_does_not_fit_is_refused(condition: str, message: str) -> None:
    with pytest.raises(ConditionTypeError, match=message) as caught:
        require_types(parse(f"evt.type = open and {condition}"), resolve)
    assert str(caught.value.location) == "1:21"


def test_only_event_types_compare_with_the_event_type() -> None:
    require_types(parse("evt.type in (open, container, umask)"), resolve)
    for condition in ("evt.type = nope", "evt.type startswith op", "evt.type in (open, nope)"):
        with pytest.raises(UnknownEventTypeError, match="unknown event type"):
            require_types(parse(condition), resolve)


def test_unknown_fields() -> None:
    for condition in ("y.z exists", "toupper(y.z) exists", "x.text = val(y.z)", "x.text[0] exists"):
        with pytest.raises(UnknownFieldError):
            require_types(parse(condition), resolve)
