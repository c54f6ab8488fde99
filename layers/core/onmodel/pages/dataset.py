"""The page of a dataset: its characters, each picture with its caption, what was left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import (
    DatasetItem,
    DatasetSummary,
    LeftOut,
    LeftOutReason,
    Split,
    Violation,
)
from onmodel.contracts.settings import Settings
from onmodel.datasets.caption_words import check_in_words, faults_in_words, phrase_in_words
from onmodel.formats.wording import timecode
from onmodel.money.pricebook import Bill
from onmodel.pages.money import money_of
from onmodel.pages.paging import Section, paginate
from onmodel.pages.sheet import FRAMED, UNNAMED, CharacterNames
from onmodel.pages.templating import PageCommands, StoredPicture, render

PICTURES_A_PAGE = 60  # with captions beside them, half as many as on a contact sheet

MOST_ONE_OFFS = 48
"""Pictures of one-off looks that are shown; left_out.jsonl lists each."""

LEFT_OUT: dict[LeftOutReason, tuple[str, str]] = {
    LeftOutReason.UNNAMED: (
        "Not named",
        "No reference was near enough to say who it is. To name them, put pictures that show the"
        " character as the film does under characters/<name>/ and upload the film again, or give"
        " the names on the page that `onmodel review -p NAME` opens.",
    ),
    LeftOutReason.NAMELESS_BESIDE: (
        "Somebody without a name beside",
        "Another figure is half as large or larger: its character would be learnt as this one."
        " Name that figure, or keep the picture in the review.",
    ),
    LeftOutReason.POOR: (
        "Poor pictures",
        "Blurred, tiny or badly lit (training.min_quality): they would teach that.",
    ),
    LeftOutReason.NEAR_DUPLICATE: (
        "Near-duplicates",
        "Like a better picture of another film: together they would weigh twice.",
    ),
    LeftOutReason.ONE_OFF_LOOK: (
        "One-off looks",
        "Fewer than three pictures or a single shot show the character like this: its pose and"
        " place would be learnt as the look. Keep a picture in the review to train on it, or set"
        " training.include_one_off_looks to train on all.",
    ),
    LeftOutReason.OVER_CAP: (
        "More than enough",
        "Its character has as many pictures as the settings allow.",
    ),
    LeftOutReason.CAPTION_FAILED: (
        "Without a caption",
        "The captioner gave no usable answer, also when asked again.",
    ),
    LeftOutReason.REVIEWED_OUT: ("Taken out by a person", "At the review."),
}


@dataclass(frozen=True)
class DatasetReport:
    """All that the page shows. `captions` and `thumbnails` (JPEG) are by crop_id."""

    production: str
    summary: DatasetSummary
    settings: Settings
    items: Sequence[DatasetItem]
    captions: Mapping[str, Caption]
    left_out: Sequence[LeftOut]
    thumbnails: Mapping[str, bytes]
    bill: Bill
    character_names: Mapping[str, str] = field(default_factory=dict)
    """Of characters that the settings do not have, by slug."""
    film_titles: Mapping[str, str] = field(default_factory=dict)
    """By film_id; a film whose row was deleted is called by its id."""
    violations: Sequence[Violation] = ()
    findings: Sequence[str] = ()
    loss_curve_svg: str = ""
    stack_options: str = ""
    """Of the command `onmodel`, in the commands on the page."""


@dataclass(frozen=True)
class Entry:
    """One picture with its caption and where it comes from."""

    crop_id: str
    image: StoredPicture
    aspect: float
    caption: str
    source: str
    validation: bool
    repaired: bool
    alt: str
    file: str
    pictures: int = 1


@dataclass(frozen=True)
class LeftOutGroup:
    title: str
    words: str
    total: int


@dataclass(frozen=True)
class OneOffPicture:
    """A picture that was left out because its look is seen once."""

    image: StoredPicture
    source: str
    detail: str


@dataclass(frozen=True)
class CaptionsShown:
    """The check of all captions, in words.

    Attributes:
        words: how many are without a fault, and what was done.
        before: faults of the captions as they were written.
        after: faults that are left.
        phrases: that too many captions have now.
    """

    words: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class DatasetPage:
    number: int
    sections: tuple[Section[Entry], ...]

    @property
    def name(self) -> str:
        return "index.html" if self.number == 1 else f"page-{self.number}.html"

    @property
    def title(self) -> str:
        return ", ".join(section.title for section in self.sections) or "Overview"


def render_dataset_report(
    report: DatasetReport, pictures_a_page: int = PICTURES_A_PAGE
) -> Iterator[tuple[str, bytes]]:
    """File name and HTML, rendered one by one: page-2.html and so on, index.html last.

    Whoever stores them in this order shows an index whose links lead somewhere.
    """
    called = CharacterNames(report.settings, report.character_names)
    films = [report.film_titles.get(film, film) for film in report.summary.films]
    sections = _sections(report, called)
    bodies = list(paginate(sections, pictures_a_page)) or [()]
    pages = [DatasetPage(number, body) for number, body in enumerate(bodies, start=1)]
    shared = {
        "report": report,
        "sections": sections,
        "pages": pages,
        "films": films,
        "left_out": _left_out(report.summary),
        "one_offs": _one_offs(report, called),
        "checked": _checked(report.summary, called),
        "bill": report.bill,
        "money": money_of(report.bill, "Captions"),
        "called": called,
        "commands": PageCommands(report.stack_options, report.production),
        "credit": report.settings.credit,
        "training": sum(count.training for count in report.summary.characters),
        "validation": sum(count.validation for count in report.summary.characters),
    }
    for page in (*pages[1:], pages[0]):
        yield page.name, render("dataset.html.j2", page=page, **shared)


def _sections(report: DatasetReport, called: CharacterNames) -> list[Section[Entry]]:
    groups: dict[str, list[DatasetItem]] = defaultdict(list)
    for item in report.items:
        groups[item.character or UNNAMED].append(item)
    order = sorted(groups, key=lambda slug: (slug == UNNAMED, -len(groups[slug]), slug))
    colours = called.hues(slug for slug in order if slug != UNNAMED)
    return [
        Section(
            slug=slug,
            title="Not named" if slug == UNNAMED else called(slug),
            total=len(groups[slug]),
            hue=0 if slug == UNNAMED else colours[slug],
            note="; ".join(filter(None, (_looks(groups[slug]), _framings(groups[slug])))),
            items=tuple(
                _entry(item, report, called)
                for item in sorted(
                    groups[slug], key=lambda item: (item.film_id, item.timecode_seconds)
                )
            ),
        )
        for slug in order
    ]


def _looks(items: Sequence[DatasetItem]) -> str:
    """How many pictures show which look; '' where that is known of none."""
    counts = Counter(item.worn for item in items)
    known = [f"{number:,} “{look}”" for look, number in sorted(counts.items()) if look]
    unknown = [f"{counts['']:,} of no known look"] if counts[""] else []
    return ", ".join([*known, *unknown]) if known else ""


def _framings(items: Sequence[DatasetItem]) -> str:
    """How many pictures show how much of the figure; '' where that is known of none."""
    counts = Counter(item.framing for item in items)
    known = [f"{number:,} {FRAMED[framing]}" for framing, number in counts.items() if framing]
    unknown = [f"{counts[None]:,} not known"] if counts[None] else []
    return ", ".join([*known, *unknown]) if known else ""


def _entry(item: DatasetItem, report: DatasetReport, called: CharacterNames) -> Entry:
    caption = report.captions.get(item.crop_id)
    return Entry(
        crop_id=item.crop_id,
        image=StoredPicture(item.crop_id, report.thumbnails),
        aspect=round(item.width / item.height, 3),
        caption=caption.text if caption else "",
        source=_source(item, report.film_titles.get(item.film_id, item.film_id), called),
        validation=item.split is Split.VALIDATION,
        repaired=bool(caption and caption.repaired),
        alt=caption.text if caption else f"at {timecode(item.timecode_seconds)}",
        file=item.key.rpartition("/")[2],
    )


def _source(item: DatasetItem, film: str, called: CharacterNames) -> str:
    """Where the picture is from, who else is to be seen, the look, and how much of it."""
    parts = [film, timecode(item.timecode_seconds)]
    if item.also_seen:
        parts.append(f"with {' and '.join(called(slug) for slug in item.also_seen)}")
    if item.worn:
        parts.append(f"look “{item.worn}”")
    if item.framing is not None:
        parts.append(FRAMED[item.framing])
    return " · ".join(parts)


def _checked(summary: DatasetSummary, called: CharacterNames) -> CaptionsShown | None:
    """None in datasets of before."""
    check = summary.captions
    if check is None:
        return None
    return CaptionsShown(
        words=check_in_words(check),
        before=faults_in_words(check.before),
        after=faults_in_words(check.after),
        phrases=tuple(
            phrase_in_words(phrase, called(phrase.character) if phrase.character else "")
            for phrase in check.after.phrases
        ),
    )


def _left_out(summary: DatasetSummary) -> list[LeftOutGroup]:
    ranked = sorted(summary.left_out.items(), key=lambda pair: -pair[1])
    return [LeftOutGroup(*LEFT_OUT[reason], total=number) for reason, number in ranked if number]


def one_off_pictures(left_out: Sequence[LeftOut]) -> list[LeftOut]:
    """The pictures of one-off looks that the page shows, in the order of characters and looks."""
    found = [line for line in left_out if line.reason is LeftOutReason.ONE_OFF_LOOK]
    found.sort(key=lambda line: (line.character or "", line.look, line.crop_id))
    return found[:MOST_ONE_OFFS]


def _one_offs(report: DatasetReport, called: CharacterNames) -> list[OneOffPicture]:
    return [
        OneOffPicture(
            image=StoredPicture(line.crop_id, report.thumbnails),
            source=f"{called(line.character or '')} · "
            f"{report.film_titles.get(line.film_id, line.film_id)}",
            detail=line.detail,
        )
        for line in one_off_pictures(report.left_out)
    ]
