"""A line of text on a picture, which says that its model draws nothing but noise."""

from __future__ import annotations

import textwrap

from PIL import Image, ImageDraw, ImageFont

CHARACTERS = 40
"""Of a line, over the width of the picture."""


def write_notice(picture: Image.Image, notice: str) -> Image.Image:
    """The picture with the notice at its upper edge; the picture itself when there is none."""
    if not notice:
        return picture
    font = ImageFont.load_default(size=max(6, round(1.7 * picture.width / CHARACTERS)))
    text = "\n".join(textwrap.wrap(notice, CHARACTERS))
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = pen.multiline_textbbox((2, 2), text, font=font)
    pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill="white")
    pen.multiline_text((2, 2), text, fill="black", font=font)
    return picture
