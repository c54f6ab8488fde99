"""Cut sections of many pictures into pages that a browser opens at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

PICTURES_A_PAGE = 120
"""About 1 MB of thumbnails: opens at once from a disk, and within seconds on a phone."""


class ShowsPictures(Protocol):
    """Something that shows pictures."""

    @property
    def pictures(self) -> int: ...


ItemT = TypeVar("ItemT", bound=ShowsPictures)


@dataclass(frozen=True)
class Section(Generic[ItemT]):
    """A heading and its items.

    Attributes:
        slug: of the heading's anchor.
        title: the heading.
        total: number of all items, on all pages.
        items: those of this page.
        note: a sentence below the heading.
        setting: key of settings.yaml that decided, or ''.
        hue: colour of a character; 0 for none.
        continued: it began on the page before.
        of: what is counted, in the singular.
    """

    slug: str
    title: str
    total: int
    items: tuple[ItemT, ...]
    note: str = ""
    setting: str = ""
    hue: int = 0
    continued: bool = False
    of: str = "picture"


def paginate(
    sections: Sequence[Section[ItemT]], limit: int = PICTURES_A_PAGE
) -> Iterator[tuple[Section[ItemT], ...]]:
    """Pages of at most `limit` pictures, in order; a section goes on over as many as it needs.

    A single item with more pictures than the limit has a page of its own.
    """
    page: list[Section[ItemT]] = []
    free = limit
    for section in sections:
        part: list[ItemT] = []
        continued = False
        for item in section.items:
            if item.pictures > free and free < limit:
                if part:
                    page.append(replace(section, items=tuple(part), continued=continued))
                    part, continued = [], True
                yield tuple(page)
                page, free = [], limit
            part.append(item)
            free -= item.pictures
        if part:
            page.append(replace(section, items=tuple(part), continued=continued))
    if page:
        yield tuple(page)
