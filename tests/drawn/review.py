"""Crops to review: drawn pictures, sheets of thumbnails, items with and without doubts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from onmodel.contracts.review import Doubt, ReviewCharacter, ReviewItem, SheetPlace

COLOURS = {
    "buck": (150, 145, 140),
    "frank": (190, 120, 70),
    "rinky": (110, 70, 50),
    "": (90, 130, 100),
}
CAST = tuple(
    ReviewCharacter(
        slug=slug,
        name=slug.capitalize(),
        description=f"a {slug} with a very long striped tail",
        references=(f"pictures/{slug}-reference.jpg",),
    )
    for slug in COLOURS
    if slug
)
TILE = (96, 120)
TILES_A_ROW = 10
SHEET = "pictures/sheet.jpg"


def picture(name: str) -> bytes:
    """JPEG by the name in an item's address: `<character>-<anything>.jpg`, or the sheet."""
    if name == "sheet.jpg":
        return _sheet()
    character, _, number = name.removesuffix(".jpg").partition("-")
    variant = int(number) if number.isdigit() else 0
    return _crop(character, variant % TILES_A_ROW)


@cache
def _sheet() -> bytes:
    sheet = Image.new("RGB", (TILE[0] * TILES_A_ROW, TILE[1] * len(COLOURS)))
    for row, colour in enumerate(COLOURS.values()):
        for column in range(TILES_A_ROW):
            sheet.paste(_figure(colour, column, TILE), (column * TILE[0], row * TILE[1]))
    return _jpeg(sheet)


@cache
def _crop(character: str, variant: int) -> bytes:
    return _jpeg(_figure(COLOURS[character], variant, (800, 1000)))


def _figure(colour: tuple[int, int, int], variant: int, size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, (120 + 8 * variant, 160, 205 - 9 * variant))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.75, width, height), fill=(95, 140, 70))
    lean = (variant - 5) / 40

    def ellipse(x: float, y: float, across: float, down: float, fill: tuple[int, int, int]) -> None:
        draw.ellipse(
            ((x - across + lean) * width, (y - down) * height,
             (x + across + lean) * width, (y + down) * height), fill=fill,
        )  # fmt: skip

    ellipse(0.42, 0.2, 0.05, 0.16, colour)
    ellipse(0.58, 0.2, 0.05, 0.16, colour)
    ellipse(0.5, 0.42, 0.2, 0.16, colour)
    ellipse(0.5, 0.72, 0.24, 0.22, colour)
    ellipse(0.43, 0.39, 0.025, 0.02, (20, 20, 20))
    ellipse(0.57, 0.39, 0.025, 0.02, (20, 20, 20))
    return image


def _jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()


def review_item(number: int, character: str = "buck", **fields: Any) -> ReviewItem:
    """The item of crop `<number>`: of the character, named so, without doubts."""
    seconds, variant = divmod(number, 2)
    name = character.capitalize()
    values: dict[str, Any] = {
        "crop_id": f"{number:06d}",
        "character": character,
        "name": name,
        "caption": f"{name} looks to the left, picture {number}." if name else "",
        "width": 800,
        "height": 1000,
        "picture": f"pictures/{character}-{number}.jpg",
        "thumbnail": SheetPlace(
            sheet=0, x=TILE[0] * (number % TILES_A_ROW),
            y=TILE[1] * list(COLOURS).index(character), width=TILE[0], height=TILE[1],
        ),
        "film": "Big Buck Bunny.mp4",
        "timecode": f"0:{seconds // 60:02d}:{seconds % 60:02d}.{variant * 5}",
        "shot": seconds // 4,
        "quality": 0.5,
        "doubts": (),
        "left_out": "" if character else "not named",
        "group": None,
        "cluster": None,
        "correction": None,
    }  # fmt: skip
    return ReviewItem.model_validate(values | fields)


def doubt(kind: str, text: str, weight: float = 0.5) -> Doubt:
    return Doubt.model_validate({"kind": kind, "text": text, "weight": weight})


def items_of(count: int, **fields: Any) -> Sequence[ReviewItem]:
    """Crops of all characters in turn, none of them doubtful."""
    named = [slug for slug in COLOURS if slug]
    return [review_item(number, named[number % len(named)], **fields) for number in range(count)]
