"""YAML to nodes: places, budgets, and nothing but texts, lists and maps."""

from __future__ import annotations

import pytest

from auditfalco.model.location import Location
from auditfalco.ruleset import yamltext
from auditfalco.ruleset.yamltext import Mapping, Node, Scalar, Sequence, YamlError, decode, documents


def plain(node: Node | None) -> object:
    """Return a node as Python's own types."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in reversed(node.pairs)}
    return None if node is None or node.is_null else node.text


def root(text: str) -> Node:
    """Return the root of a text with one document."""
    (node,) = documents(text, "f")
    assert node is not None
    return node


def test_scalars_keep_their_text() -> None:
    assert plain(root("[yes, 007, 1.0, null, ~, 'null', '', \"a\\tb\"]")) == [
        "yes",
        "007",
        "1.0",
        None,
        None,
        "null",
        "",
        "a\tb",
    ]


def test_places_and_documents() -> None:
    first, second, third = documents("- a\n---\n---\n- b:\n    - c\n", "f")
    assert plain(first) == ["a"] and second is None and plain(third) == [{"b": ["c"]}]
    assert isinstance(third, Sequence)
    assert third.items[0].place == Location("f", 4, 3)


def test_of_equal_keys_the_first_counts() -> None:
    node = root("a: 1\na: 2\n")
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Scalar) and value.text == "1"
    assert node.get("b") is None


def test_aliases_are_followed() -> None:
    assert plain(root("- &x [a, b]\n- *x\n")) == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: b: c", "mapping values are not allowed", 1, 5),
        ("- a\n\t- b", "tab character", 2, 1),
        ("- *x", "undefined alias 'x'", 1, 3),
        ("- &x [*x]", "undefined alias 'x'", 1, 7),
        ("[" * 100_000, "nested more than", 1, 65),
        ("{a: " * 100_000, "nested more than", 1, 257),
        ("- " * 100_000, "nested more than", 1, 129),
        ("a: 'b", "unexpected end of stream", 1, 6),
        ("- a\0b", "a character that YAML does not allow", 1, 4),
        ("- a\n- b\x01", "a character that YAML does not allow", 2, 4),
        ("- %x", "cannot start any token", 1, 3),
    ],
)
def test_what_is_no_yaml_is_one_error_with_its_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(YamlError, match=message) as caught:
        documents(text, "f")
    assert caught.value.location == Location("f", line, column)


def test_aliases_cannot_stand_for_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = "- &a0 x\n" + "".join(f"- &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(50))
    with pytest.raises(YamlError, match="more than 2000000 values"):
        documents(bomb, "f")
    monkeypatch.setattr(yamltext, "MAX_NODES", 10)
    with pytest.raises(YamlError, match="more than 10 values"):
        documents("[" + "a, " * 20 + "]", "f")


def test_tags_make_no_objects() -> None:
    assert plain(root('!!python/object/apply:os.system ["true"]')) == ["true"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert decode(mark + "é\n".encode(encoding), "f") == "é\n"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(YamlError, match="not UTF-8") as caught:
        decode(b"ok\nab\xff", "f")
    assert caught.value.location == Location("f", 2, 3)
    with pytest.raises(YamlError, match="not UTF-16"):
        decode(b"\xff\xfea", "f")


def test_files_have_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "MAX_BYTES", 3)
    with pytest.raises(YamlError, match="larger than"):
        decode(b"abcd", "f")


@pytest.mark.parametrize(
    ("text", "word", "line", "column"),
    [
        ("k: one two", "two", 1, 8),
        ("k: 'one two'", "two", 1, 9),
        ("k: |\n  one\n  two\n", "two", 3, 3),
        ("k: |\n  one\n    two\n", "two", 3, 5),
        ("k: >\n  one\n  two\n\n  three\n", "three", 5, 3),
        ("k: >-\n  one\n  two", "two", 3, 3),
        ("k: one\n   two\n  three", "three", 3, 3),
        ('k: "one\n   two \\"x\\" three\n   four"', "four", 3, 4),
        ("k: 'it''s\n  two'", "two", 2, 3),
    ],
)
def test_words_inside_scalars_have_their_places(text: str, word: str, line: int, column: int) -> None:
    node = root(text)
    assert isinstance(node, Mapping)
    value = node.get("k")
    assert isinstance(value, Scalar)
    source = value.source()
    assert source.text == value.text
    assert source.place(source.text.index(word)) == Location("f", line, column)
