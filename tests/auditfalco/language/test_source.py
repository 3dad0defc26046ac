"""Texts that remember where their characters were written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.source import Anchor, Source
from auditfalco.model.location import Location


def at(line: int, column: int) -> Location:
    """Return a place in the file of these tests."""
    return Location("f", line, column)


def test_a_text_alone_counts_its_own_lines() -> None:
    source = Source("ab\ncd")
    assert [source.place(offset) for offset in (0, 1, 3, 5)] == [
        Location("", 1, 1),
        Location("", 1, 2),
        Location("", 2, 1),
        Location("", 2, 3),
    ]
    assert source.line_and_column(4) == (2, 2)


def test_pasted_text_stands_where_the_name_was() -> None:
    source = Source("x in (names)", (Anchor(0, at(5, 10)),)).replace([(6, 11)], "a, b, c", "names")
    assert source.text == "x in (a, b, c)"
    assert source.place(0) == at(5, 10)
    assert {source.place(offset) for offset in range(6, 13)} == {at(5, 16)}
    assert source.place(13) == at(5, 21)
    assert source.pasted(5, 14) == ("names",)
    assert source.pasted(0, 6) == ()


def test_joined_texts_keep_their_places() -> None:
    joined = Source.join([Source("ab", (Anchor(0, at(1, 3)),)), Source.at(" ", at(9, 9)), Source("cd")])
    assert joined.text == "ab cd"
    assert [joined.place(offset) for offset in (1, 2, 4)] == [at(1, 4), at(9, 9), Location("", 1, 2)]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=5), st.text("ab\n", min_size=30, max_size=30))
def test_characters_outside_of_what_was_pasted_keep_their_places(gaps: list[tuple[int, int]], text: str) -> None:
    spans: list[tuple[int, int]] = []
    position = 0
    for gap, length in gaps:
        spans.append((position + gap, position + gap + length))
        position += gap + length
    source = Source(text)
    pasted = source.replace(spans, "<>", "list")
    moved = 0
    for start, end in [*spans, (len(text), len(text))]:
        for offset in range(position_after(spans, start), start):
            assert pasted.text[offset + moved] == text[offset]
            assert pasted.place(offset + moved) == source.place(offset)
        moved += 2 - (end - start)


def position_after(spans: list[tuple[int, int]], start: int) -> int:
    """Return the end of the last span before `start`."""
    return max((end for _, end in spans if end <= start), default=0)
