"""A folder's pictures as the archive that is uploaded in place of a film."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from pydantic import ValidationError

from onmodel.contracts.base import HAND_WRITTEN
from onmodel.contracts.characters import Character
from onmodel.contracts.review import PostedCorrection
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.corrected import cast_of, id_of_name
from onmodel.films.corrections import Corrections
from onmodel.formats.yaml_meaning import first_fault
from onmodel_cli.imports.described import LeftOutFile
from onmodel_cli.imports.folder import FoundPicture


@dataclass(frozen=True)
class Said:
    """What the folder says of its pictures, as corrections of people; and what cannot be kept.

    `new` has the names of characters that the production does not know, by their new ids.
    """

    corrections: tuple[PostedCorrection, ...]
    new: dict[str, str]
    refused: tuple[LeftOutFile, ...]


def write_archive(pictures: Iterable[FoundPicture], path: Path) -> None:
    """The same pictures always give the same bytes, so that they are one film."""
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for number, picture in enumerate(pictures):
            archive.writestr(
                ZipInfo(f"{number:05d}-{picture.path.name}"), picture.path.read_bytes()
            )


def said_of(
    pictures: Sequence[FoundPicture],
    film: str,
    *,
    crop: CropSettings,
    characters: Mapping[str, Character],
    corrections: Corrections,
    limits: DatasetLimits,
) -> Said:
    """Names and captions of the folder by the ids that its pictures will get.

    Args:
        pictures: in the order of the archive.
        film: film_id of the archive.
        crop: settings in force.
        characters: of the production's settings and folders, by id.
        corrections: of the production; they have further characters.
        limits: of captions; a picture whose caption breaks them is captioned anew.
    """
    from onmodel.films.cutting import crop_of_picture  # loads OpenCV: other commands do without

    known = cast_of(characters, corrections)
    typed = {key: name for key, name in corrections.names().items() if key not in characters}
    new: dict[str, str] = {}
    posted: list[PostedCorrection] = []
    refused: list[LeftOutFile] = []
    for number, picture in enumerate(pictures):
        character, fault = _character(picture.name, known)
        if fault:
            refused.append(LeftOutFile(picture.path.name, fault))
        if character is not None and character not in known:
            new[character] = typed[character] = picture.name
            known[character] = Character(name=picture.name)
        caption: str | None = picture.caption or None
        least, most = limits.min_caption_characters, limits.max_caption_characters
        if caption is not None and not least <= len(caption) <= most:
            why = f"has a caption of {len(caption):,} letters, not {least} to {most:,}"
            refused.append(LeftOutFile(picture.path.name, why))
            caption = None
        if character is not None or caption is not None:
            crop_id = crop_of_picture(film, number, (picture.width, picture.height), crop)
            posted.append(
                PostedCorrection(
                    crop_id=crop_id,
                    version=0,
                    character=character,
                    character_name=typed.get(character or ""),
                    caption=caption,
                )
            )
    return Said(tuple(posted), new, tuple(refused))


def _character(name: str, known: Mapping[str, Character]) -> tuple[str | None, str]:
    """The id of a name; None for no name, and why where the name cannot be one."""
    if not name:
        return None, ""
    try:
        Character.model_validate({"name": name}, context=HAND_WRITTEN)
    except ValidationError as fault:
        return None, f"has the name {name!r}, which {first_fault(fault)}"
    return (name if name in known else id_of_name(name, known)), ""
