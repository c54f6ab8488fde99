from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from onmodel.pages.paging import Section, paginate


@dataclass(frozen=True)
class Item:
    number: int
    pictures: int


WEIGHTS = st.lists(st.lists(st.integers(1, 12), max_size=12), max_size=5)


def sections(weights: list[list[int]]) -> list[Section[Item]]:
    return [
        Section(
            slug=f"s{index}",
            title=f"S{index}",
            total=len(row),
            items=tuple(Item(index * 100 + n, weight) for n, weight in enumerate(row)),
        )
        for index, row in enumerate(weights)
    ]


@given(WEIGHTS, st.integers(1, 20))
def test_paginate_when_cut_keeps_every_item_once_and_in_order(weights, limit) -> None:
    given_sections = sections(weights)
    pages = list(paginate(given_sections, limit))
    before = [item for section in given_sections for item in section.items]
    after = [item for page in pages for section in page for item in section.items]
    assert after == before


@given(WEIGHTS, st.integers(1, 20))
def test_paginate_when_cut_keeps_pages_within_the_limit(weights, limit) -> None:
    for page in paginate(sections(weights), limit):
        items = [item for section in page for item in section.items]
        assert items
        assert sum(item.pictures for item in items) <= limit or len(items) == 1


@given(WEIGHTS, st.integers(1, 20))
def test_paginate_when_a_section_goes_on_marks_all_but_its_first_part(weights, limit) -> None:
    seen: set[str] = set()
    for page in paginate(sections(weights), limit):
        for section in page:
            assert section.continued == (section.slug in seen)
            seen.add(section.slug)
