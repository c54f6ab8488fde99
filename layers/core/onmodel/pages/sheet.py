"""The contact sheet: kept crops by character, in the order of the film."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.framing import Framing
from onmodel.contracts.settings import Settings
from onmodel.films.company import ALONE, Company, company_of
from onmodel.formats.wording import listed, person_name, timecode
from onmodel.pages.colours import hues
from onmodel.pages.paging import Section
from onmodel.pages.templating import StoredPicture

UNNAMED = "unnamed"
GROUP = "group."
"""Slugs of groups begin so; no character's slug has a full stop."""

FRAMED: Mapping[Framing, str] = {
    Framing.HEAD: "head",
    Framing.HALF: "to the waist",
    Framing.PART: "cut off at the edge",
    Framing.FULL: "whole figure",
    Framing.WIDE: "mostly surroundings",
}


@dataclass(frozen=True)
class Tile:
    """One kept crop. `quality` and `similarity` are whole percent; `aspect` is width by height.

    `likeness` ranks portraits: similarity to the reference, or quality without a name. `flag` is
    shown on the picture; '' for none.
    """

    crop_id: str
    image: StoredPicture
    aspect: float
    timecode: str
    quality: int
    naming: str
    label: str
    flag: str
    alt: str
    likeness: float
    file: str
    track: str = ""
    pictures: int = 1


@dataclass(frozen=True)
class CharacterNames:
    """A character's name for people."""

    settings: Settings
    names: Mapping[str, str] = field(default_factory=dict)
    """Of characters that the settings do not have, by id."""

    def __call__(self, character: str | None) -> str:
        if not character:
            return "not named"
        known = self.settings.characters.get(character)
        return known.name if known else self.names.get(character, person_name(character))

    def hues(self, shown: Iterable[str]) -> dict[str, int]:
        """The colours of the production's characters, and of those that are shown."""
        return hues([*self.settings.characters, *self.names, *shown])


def contact_sheet(
    crops: Sequence[Crop],
    names: Mapping[str, Naming],
    thumbnails: Mapping[str, bytes],
    called: CharacterNames,
) -> list[Section[Tile]]:
    """A section a character, the most seen first, then groups, then the rest; within it by time."""
    characters = [naming.character if (naming := names.get(c.crop_id)) else None for c in crops]
    company = {
        crop.crop_id: beside
        for crop, beside in zip(crops, company_of(crops, characters), strict=True)
    }
    groups: dict[str, list[Crop]] = defaultdict(list)
    for crop in crops:
        groups[sheet_section(names.get(crop.crop_id))].append(crop)
    order = sorted(groups, key=lambda slug: (_rank(slug), -len(groups[slug]), slug))
    colours = called.hues(slug for slug in order if not _rank(slug))
    look_alikes = [slug for slug in order if slug.startswith(GROUP)]
    return [
        Section(
            slug=slug,
            title=f"Group {look_alikes.index(slug) + 1}"
            if slug in look_alikes
            else _title(slug, called),
            total=len(groups[slug]),
            hue=0 if _rank(slug) else colours[slug],
            note=_note(slug, groups[slug]),
            items=tuple(
                tile(crop, names.get(crop.crop_id), thumbnails, called, company[crop.crop_id])
                for crop in sorted(groups[slug], key=lambda crop: crop.timecode_seconds)
            ),
        )
        for slug in order
    ]


def sheet_section(naming: Naming | None) -> str:
    """The slug of the section that shows a crop: its character, its group, or `unnamed`."""
    if naming is not None and naming.character:
        return naming.character
    return f"{GROUP}{naming.group}" if naming is not None and naming.group else UNNAMED


def _rank(slug: str) -> int:
    """Characters, then groups, then the rest."""
    return 2 if slug == UNNAMED else 1 if slug.startswith(GROUP) else 0


def _title(slug: str, called: CharacterNames) -> str:
    return "Not named" if slug == UNNAMED else called(slug)


def _note(slug: str, crops: Sequence[Crop]) -> str:
    if slug == UNNAMED:
        return (
            "No reference was near enough, or two characters were too close to call. To name them,"
            " put pictures that show the character as the film does under characters/<name>/ and"
            " upload the film again, or give the names on the page that"
            " `onmodel review -p NAME` opens."
        )
    if slug.startswith(GROUP):
        picture = f"{crops[0].film_id}/{slug.removeprefix(GROUP)}"
        return (
            "They look alike and have no name. If all of them show one character, put this line"
            " under `naming:`, `cluster:`, `names:` in settings.yaml, with the character's name in"
            f" small letters, such as `big-buck`, and upload the film again: `{picture}: …`. If"
            " not, give names on the page that `onmodel review -p NAME` opens."
        )
    return ""


def tile(
    crop: Crop,
    naming: Naming | None,
    thumbnails: Mapping[str, bytes],
    called: CharacterNames,
    company: Company = ALONE,
) -> Tile:
    """One crop as the page shows it."""
    when = timecode(crop.timecode_seconds)
    who = called(naming.character) if naming and naming.character else crop.label
    return Tile(
        crop_id=crop.crop_id,
        image=StoredPicture(crop.crop_id, thumbnails),
        aspect=round(crop.width / crop.height, 3),
        timecode=when,
        quality=round(crop.quality * 100),
        naming=_naming(naming, called) + _beside(company, called),
        label=f"{crop.label} {crop.confidence:.0f} %{_found_by(crop)}{framed(crop.framing)}",
        flag="wide" if crop.wide else "group" if company.is_group else "",
        alt=f"{who} at {when}",
        likeness=naming.confidence if naming and naming.character else crop.quality,
        file=crop.key.rpartition("/")[2],
        track="" if crop.track is None else f", track {crop.track}",
    )


def _found_by(crop: Crop) -> str:
    """Which finders found the figure, where it is more than one."""
    return f" by {listed(crop.found_by)}" if len(crop.found_by) > 1 else ""


def framed(framing: Framing | None) -> str:
    """How much of the figure is shown, to follow other words; '' where that is not known."""
    return "" if framing is None else f", {FRAMED[framing]}"


def _beside(company: Company, called: CharacterNames) -> str:
    who = [called(slug) for slug in company.names]
    if company.nameless_share:
        who.append("somebody without a name")
    return f", with {' and '.join(who)}" if who else ""


def _naming(naming: Naming | None, called: CharacterNames) -> str:
    if naming is None:
        return "not compared"
    if naming.character is None:
        return f"nearest character {naming.confidence:.2f}"
    ahead = f", {naming.margin:.2f} ahead of {called(naming.runner_up)}" if naming.runner_up else ""
    look = f", look “{naming.look}”" if naming.look else ""
    return f"similarity {naming.confidence:.2f}{ahead}{look}"
