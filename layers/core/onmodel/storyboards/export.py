"""The numbers and pictures of a take as files: CSV for spreadsheets, a zip for an editor."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from onmodel.contracts.judging import JudgedPicture, Judgement
from onmodel.contracts.panels import DrawnPanel, DrawnPicture, PanelItem
from onmodel.ports.storage import ObjectStore

HEADER = (
    "file", "scene", "text", "characters", "arm", "take", "picture", "seed", "identity",
    "identity of each", "prompt", "copy of", "nearest training picture", "similarity to it",
    "cast", "missing", "surplus", "unknown figures", "notice", "not shown",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters of texts that a spreadsheet would compute."""

NUMBERS = "numbers.csv"
JUDGEMENT = "judgement.json"
SCENES = "scenes.txt"

TakePanels = Sequence[tuple[PanelItem, DrawnPanel]]


def numbers_csv(panels: TakePanels, judgement: Judgement | None) -> bytes:
    """A line for each picture, and one for a panel without any; UTF-8 with a mark, for Excel.

    Numbers that could not be measured are empty. Diversity is of a scene's pictures together, so it
    stands in the judgement alone.
    """
    file = io.StringIO()
    lines = csv.writer(file)
    judged = {picture.key: picture for picture in judgement.pictures} if judgement else {}
    lines.writerow(HEADER)
    for item, panel in panels:
        for picture, found in enumerate(panel.pictures or (None,), start=1):
            numbers = judged.get(found.key) if found else None
            lines.writerow(map(_cell, _line(item, panel, picture, found, numbers)))
    return file.getvalue().encode("utf-8-sig")


def write_zip(
    path: Path, panels: TakePanels, judgement: Judgement | None, studio: ObjectStore
) -> tuple[str, ...]:
    """Write the pictures, the scenes' texts and the numbers into a new zip.

    Args:
        path: of the zip.
        panels: all of the take.
        judgement: of the take.
        studio: holds the pictures, which are read one by one.

    Returns:
        The names of its files.

    Raises:
        NotFound: a picture was deleted.
    """
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        made.writestr(SCENES, "\n".join(_scenes(panels)))
        made.writestr(NUMBERS, numbers_csv(panels, judgement))
        if judgement is not None:
            made.writestr(JUDGEMENT, judgement.model_dump_json(indent=2))
        for item, panel in panels:
            for number, picture in enumerate(panel.pictures, start=1):
                name = _file(item, number, picture)
                made.writestr(name, studio.get(picture.key), ZIP_STORED)  # PNGs are compressed
        return tuple(made.namelist())


def _file(item: PanelItem, number: int, picture: DrawnPicture) -> str:
    """Sorts by scene, then by take and arm."""
    arm, suffix = item.planned.arm, PurePosixPath(picture.key).suffix
    return f"panels/{item.planned.number:03d}-take{item.seeds_take}-{arm}-{number}{suffix}"


def _line(
    item: PanelItem,
    panel: DrawnPanel,
    number: int,
    picture: DrawnPicture | None,
    judged: JudgedPicture | None,
) -> Iterator[object]:
    planned = item.planned
    yield _file(item, number, picture) if picture else ""
    yield from (planned.number, planned.scene, ", ".join(planned.characters), planned.arm)
    yield from (item.seeds_take, number if picture else "", picture.seed if picture else "")
    identity = judged.identity if judged else {}
    yield sum(identity.values()) / len(identity) if identity else None
    yield "; ".join(f"{slug} {value:.3f}" for slug, value in identity.items())
    yield from (judged.prompt, judged.copy_of) if judged else (None, None)
    score = picture.score if picture else None
    yield from (score.nearest_crop, score.nearest_similarity) if score else (None, None)
    if judged:
        yield from (judged.cast, ", ".join(judged.missing), ", ".join(judged.surplus))
        yield judged.strangers
    else:
        yield from (None, "", "", "")
    yield " ".join(filter(None, (*panel.notices, panel.not_scored)))
    yield " ".join(judged.not_shown) if judged else ""


def _cell(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _scenes(panels: TakePanels) -> Iterator[str]:
    """Each scene once: its number and text, who should be in it, what was asked for."""
    told: set[int] = set()
    for item, panel in panels:
        planned = item.planned
        if planned.number in told:
            continue
        told.add(planned.number)
        yield f"Scene {planned.number}: {planned.scene}"
        if planned.characters:
            yield f"  Characters: {', '.join(planned.characters)}"
        yield f"  Prompt: {planned.request.text}"
        if panel.notices:
            yield f"  Notices: {' '.join(panel.notices)}"
        yield ""
