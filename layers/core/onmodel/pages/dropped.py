"""Everything that was dropped, by reason, beside the setting that decided it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop, Rejected, RejectReason
from onmodel.contracts.settings import Settings
from onmodel.formats.wording import timecode
from onmodel.pages.finder_words import figures_in_words
from onmodel.pages.paging import Section
from onmodel.pages.sheet import CharacterNames, Tile, tile
from onmodel.pages.templating import StoredPicture

ALIKE_IN_A_ROW = 40
"""Tiles in a row of duplicates: a still shot of minutes has hundreds, and pages stay small."""

MOST_OF_A_REASON = 48
"""Of what was dropped, pictures that are shown for each reason: an hour has thousands of them, and
nobody looks at all. rejected.jsonl lists each."""

FRAME_ASPECT = 16 / 9


@dataclass(frozen=True)
class Reason:
    """Why something is dropped.

    Attributes:
        title: for people.
        setting: the key of settings.yaml to change; '' when none decides.
        words: takes the settings.
        of: what is dropped for it.
    """

    title: str
    setting: str
    words: Callable[[Settings], str]
    of: str = "frame"


REASONS: dict[RejectReason, Reason] = {
    RejectReason.NEAR_DUPLICATE: Reason(
        "Near-duplicates",
        "deduplication.threshold",
        lambda s: (
            "So like a kept picture that they would teach nothing new; the better one was kept."
            f" The number is the similarity to it: {s.deduplication.threshold:g} or more. A little"
            " less is enough where both pictures show one figure in one shot and it did not visibly"
            " change."
        ),
        of="picture",
    ),
    RejectReason.NO_FIGURE: Reason(
        "No figure in sight",
        "finder",
        lambda s: f"Nothing was found of {figures_in_words(s.finder)}.",
    ),
    RejectReason.NO_ANSWER: Reason(
        "No usable answer about the figures here",
        "finder.kind",
        lambda s: (
            f"{s.finder.grounding.model} was asked where figures are, and its answer could not be"
            " used, also after it was asked for again. The text is what was wrong with it. What"
            " another finder found there is kept."
        ),
    ),
    RejectReason.INVENTED: Reason(
        "Boxes without a figure",
        "finder.grounding.look_for",
        lambda s: (
            f"{s.finder.grounding.model} answered a box there, and the pixels in it show no figure:"
            " they are flat, or the box is the whole picture. Or its label is not one that was"
            " asked for."
        ),
        of="place",
    ),
    RejectReason.UNCHANGED: Reason(
        "Unchanged",
        "sampling.unchanged_difference",
        lambda s: (
            "The picture hardly changed since the last kept frame of the same shot: by less than "
            f"{s.sampling.unchanged_difference:g} of 255 on average, and by less than "
            f"{s.sampling.unchanged_tile_difference:g} in each of its 100 tiles."
        ),
    ),
    RejectReason.BLACK: Reason(
        "Black",
        "sampling.black_level",
        lambda s: (
            f"Darker than {s.sampling.black_level:g} of 255 on average, without a bright spot."
        ),
    ),
    RejectReason.BLANK: Reason(
        "Blank",
        "sampling.blank_deviation",
        lambda s: (
            "One flat colour: brightness varies by less than "
            f"{s.sampling.blank_deviation:g} of 255."
        ),
    ),
    RejectReason.FADE: Reason(
        "In a fade or dissolve",
        "",
        lambda _: "Between two shots, or fading in or out: no picture of its own.",
    ),
    RejectReason.BLURRED: Reason(
        "Blurred",
        "sampling.min_sharpness",
        lambda s: (
            f"Even the sharpest region is soft (sharpness below {s.sampling.min_sharpness:g})."
        ),
    ),
    RejectReason.TOO_SMALL: Reason(
        "Too small",
        "crop.min_figure_pixels",
        lambda s: (
            f"The figure's shorter side has less than {s.crop.min_figure_pixels} pixels: "
            "enlarged, it would teach blur."
        ),
        of="figure",
    ),
    RejectReason.ENLARGED: Reason(
        "Enlarged too much",
        "crop.max_enlargement",
        lambda s: (
            f"Even the smallest training picture would enlarge the film's pixels more than "
            f"{s.crop.max_enlargement:g} times: it would teach blur."
        ),
        of="figure",
    ),
    RejectReason.TEXT: Reason(
        "Titles and credits",
        "crop.max_letters",
        lambda s: (
            f"There are lines of text on the picture, with {s.crop.max_letters} letters or more: "
            "a model would learn to write them."
        ),
        of="figure",
    ),
    RejectReason.SURPLUS: Reason(
        "Beyond the largest",
        "finder.max_figures",
        lambda s: f"Of each frame the {s.finder.max_figures} largest figures are taken.",
        of="figure",
    ),
    RejectReason.UNREADABLE: Reason(
        "Unreadable",
        "",
        lambda _: "This part of the file is damaged.",
    ),
}


@dataclass(frozen=True)
class DroppedTile:
    """One dropped frame or figure with its measured value.

    `box` is where in the picture the figure is; None for a whole frame, and where it is not known.
    """

    image: StoredPicture
    aspect: float
    timecode: str
    detail: str
    alt: str
    box: Box | None = None
    pictures: int = 1


@dataclass(frozen=True)
class DroppedGroup:
    """A kept crop and its dropped near-duplicates."""

    kept: Tile | None
    tiles: tuple[DroppedTile, ...]

    @property
    def pictures(self) -> int:
        return len(self.tiles) + 1


@dataclass(frozen=True)
class Dropper:
    """Makes the sections of one report.

    `frame` is width and height of every picture of the film; None where they differ.
    """

    settings: Settings
    thumbnails: Mapping[str, bytes]
    called: CharacterNames
    kept: Mapping[str, Crop]
    frame: tuple[int, int] | None = None

    def sections(self, rejected: Sequence[Rejected]) -> list[Section[DroppedTile | DroppedGroup]]:
        """One section for each reason, the most frequent first."""
        groups: dict[RejectReason, list[Rejected]] = defaultdict(list)
        for line in rejected:
            groups[line.reason].append(line)
        return [
            Section(
                slug=reason.value.replace("_", "-"),
                title=REASONS[reason].title,
                total=len(lines),
                note=REASONS[reason].words(self.settings) + _how_many_are_shown(len(lines)),
                setting=REASONS[reason].setting,
                of=REASONS[reason].of,
                items=tuple(self._items(reason, _spread(lines))),
            )
            for reason, lines in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ]

    def _items(
        self, reason: RejectReason, lines: Sequence[Rejected]
    ) -> Iterable[DroppedTile | DroppedGroup]:
        if reason is not RejectReason.NEAR_DUPLICATE:
            return [self._tile(line) for line in lines]
        by_kept: dict[str, list[Rejected]] = defaultdict(list)
        for line in lines:
            by_kept[line.kept_instead or ""].append(line)
        return [
            DroppedGroup(
                kept=self._kept(identity),
                tiles=tuple(self._tile(line) for line in alike[at : at + ALIKE_IN_A_ROW]),
            )
            for identity, alike in by_kept.items()
            for at in range(0, len(alike), ALIKE_IN_A_ROW)
        ]

    def _kept(self, identity: str) -> Tile | None:
        crop = self.kept.get(identity)
        return tile(crop, None, self.thumbnails, self.called) if crop else None

    def _tile(self, line: Rejected) -> DroppedTile:
        when = timecode(line.timecode_seconds)
        frame = f"frame-{round(line.timecode_seconds * 1000):09d}"
        box = line.box if line.crop_id else None
        detail = line.detail
        if line.kept_instead:
            detail = detail.removesuffix(f" to {line.kept_instead}").removeprefix("similarity ")
        return DroppedTile(
            image=StoredPicture(line.crop_id or frame, self.thumbnails),
            aspect=round(min(2.0, max(0.5, box.width / box.height)), 3) if box else FRAME_ASPECT,
            timecode=when,
            detail=detail,
            alt=f"{REASONS[line.reason].title}, at {when}",
            box=line.box if self.frame and not line.crop_id else None,
        )


def _spread(lines: Sequence[Rejected]) -> list[Rejected]:
    """At most MOST_OF_A_REASON, evenly over the film, in its order."""
    in_time = sorted(lines, key=lambda line: line.timecode_seconds)
    if len(in_time) <= MOST_OF_A_REASON:
        return in_time
    step = len(in_time) / MOST_OF_A_REASON
    return [in_time[int(number * step)] for number in range(MOST_OF_A_REASON)]


def _how_many_are_shown(number: int) -> str:
    if number <= MOST_OF_A_REASON:
        return ""
    return (
        f" {MOST_OF_A_REASON} of {number:,} are shown, evenly over the film; rejected.jsonl lists"
        " each one."
    )
