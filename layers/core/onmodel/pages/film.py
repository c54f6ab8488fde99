"""The report of one prepared film: self-contained HTML pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.crops import Crop, Naming, Rejected
from onmodel.contracts.films import FilmSummary
from onmodel.contracts.settings import Settings
from onmodel.money.pricebook import Bill
from onmodel.pages.dropped import DroppedGroup, DroppedTile, Dropper
from onmodel.pages.headline import headline
from onmodel.pages.money import money_of
from onmodel.pages.paging import PICTURES_A_PAGE, Section, paginate
from onmodel.pages.settings_words import settings_in_words
from onmodel.pages.sheet import CharacterNames, Tile, contact_sheet
from onmodel.pages.templating import PageCommands, render
from onmodel.pages.threshold_words import threshold_in_words
from onmodel.pages.timeline import timeline

KeptPage = tuple[Section[Tile], ...]
DroppedPage = tuple[Section[DroppedTile | DroppedGroup], ...]


@dataclass(frozen=True)
class FilmReport:
    """All that a report shows.

    `names` is by crop_id. `thumbnails` holds JPEG bytes by crop_id, or by
    `frame-<milliseconds, nine digits>` for frames that were dropped; a missing one is drawn as an
    empty place.
    """

    production_name: str
    summary: FilmSummary
    settings: Settings
    crops: Sequence[Crop]
    names: Mapping[str, Naming]
    rejected: Sequence[Rejected]
    thumbnails: Mapping[str, bytes]
    bill: Bill
    stack_options: str = ""
    """Of the command `onmodel`, in the commands on the page."""


@dataclass(frozen=True)
class FilmPage:
    """One file: a part of the contact sheet, a part of the dropped ones, or both."""

    number: int
    kept: KeptPage
    dropped: DroppedPage

    @property
    def name(self) -> str:
        return "index.html" if self.number == 1 else f"page-{self.number}.html"

    @property
    def title(self) -> str:
        parts = [section.title for section in self.kept] + [
            section.title for section in self.dropped
        ]
        return ", ".join(parts) or "Overview"


def render_film_report(
    report: FilmReport, pictures_a_page: int = PICTURES_A_PAGE
) -> Iterator[tuple[str, bytes]]:
    """File name and HTML, rendered one by one: page-2.html and so on, index.html last.

    Whoever stores them in this order shows an index whose links lead somewhere.
    """
    called = CharacterNames(report.settings, report.summary.character_names)
    sheet = contact_sheet(report.crops, report.names, report.thumbnails, called)
    dropped = Dropper(
        settings=report.settings,
        thumbnails=report.thumbnails,
        called=called,
        kept={crop.crop_id: crop for crop in report.crops},
        frame=report.summary.facts.size_of_all,
    ).sections(report.rejected)
    pages = _lay_out(sheet, dropped, pictures_a_page)
    shared = {
        "summary": report.summary,
        "production_name": report.production_name,
        "pages": pages,
        "sheet": sheet,
        "dropped": dropped,
        "dropped_at": {section.slug: page.name for page in reversed(pages)
                       for section in page.dropped},
        "frame": report.summary.facts.size_of_all,
        "kept_at": {section.slug: page.name for page in reversed(pages) for section in page.kept},
        "settings": settings_in_words(report.settings),
        "commands": PageCommands(report.stack_options, report.production_name),
        "credit": report.settings.credit,
        "bill": report.bill,
        "money": money_of(report.bill, "Asking for boxes"),
        "headline": headline(report.summary, report.settings.sampling),
        "sureness": threshold_in_words(report.summary.threshold)
                    if report.summary.threshold else (),
        "timeline": timeline(
            sheet=sheet,
            crops=report.crops,
            names=report.names,
            rejected=report.rejected,
            lost_seconds=report.summary.lost_seconds,
            duration_seconds=report.summary.facts.duration_seconds,
        ),
        "portraits": {section.slug: max(section.items, key=lambda tile: tile.likeness)
                      for section in sheet},
    }  # fmt: skip
    for page in (*pages[1:], pages[0]):
        yield page.name, render("film.html.j2", page=page, **shared)


def _lay_out(
    sheet: Sequence[Section[Tile]],
    dropped: Sequence[Section[DroppedTile | DroppedGroup]],
    limit: int,
) -> list[FilmPage]:
    """Kept crops first. What was dropped shares the first page only when all of it fits."""
    kept_pages: list[KeptPage] = list(paginate(sheet, limit)) or [()]
    dropped_pages: list[DroppedPage] = list(paginate(dropped, limit))
    shown = sum(item.pictures for section in [*sheet] for item in section.items) + sum(
        item.pictures for section in dropped for item in section.items
    )
    if shown <= limit:
        return [FilmPage(1, kept_pages[0], dropped_pages[0] if dropped_pages else ())]
    bodies: list[tuple[KeptPage, DroppedPage]] = [(kept, ()) for kept in kept_pages]
    bodies += [((), page) for page in dropped_pages]
    return [FilmPage(number, *body) for number, body in enumerate(bodies, start=1)]
