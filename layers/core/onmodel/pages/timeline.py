"""When each character is on screen, as fractions of the film's length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.crops import Crop, Naming, Rejected
from onmodel.formats.wording import timecode
from onmodel.pages.paging import Section
from onmodel.pages.sheet import Tile, sheet_section

WIDTH = 1000  # units of the drawing; it is stretched to the page
TICKS = 6


@dataclass(frozen=True)
class Lane:
    """One row: ticks are x positions in 0 … WIDTH."""

    title: str
    hue: int
    ticks: tuple[float, ...]


@dataclass(frozen=True)
class Timeline:
    lanes: tuple[Lane, ...]
    dropped: tuple[float, ...]
    lost: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str], ...]


def timeline(
    *,
    sheet: Sequence[Section[Tile]],
    crops: Sequence[Crop],
    names: Mapping[str, Naming],
    rejected: Sequence[Rejected],
    lost_seconds: Sequence[tuple[float, float]],
    duration_seconds: float,
) -> Timeline:
    """Lanes in the order of the contact sheet; `lost` is (x, width) of damaged spans."""
    end = max([duration_seconds, *(crop.timecode_seconds for crop in crops), 1e-3])

    def place(seconds: float) -> float:
        return round(min(seconds / end, 1.0) * WIDTH, 1)

    def lane_of(crop: Crop) -> str:
        return sheet_section(names.get(crop.crop_id))

    return Timeline(
        lanes=tuple(
            Lane(
                title=section.title,
                hue=section.hue,
                ticks=tuple(
                    place(crop.timecode_seconds) for crop in crops if lane_of(crop) == section.slug
                ),
            )
            for section in sheet
        ),
        dropped=tuple(sorted({place(line.timecode_seconds) for line in rejected})),
        lost=tuple(
            (place(start), max(place(stop) - place(start), 1.0)) for start, stop in lost_seconds
        ),
        marks=tuple(
            (100 * step / TICKS, timecode(end * step / TICKS).split(".")[0])
            for step in range(TICKS + 1)
        ),
    )
