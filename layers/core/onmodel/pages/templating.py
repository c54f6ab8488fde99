"""Self-contained HTML from the templates beside this module: no scripts, nothing fetched."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from onmodel.formats.wording import count, dollars, duration, listed, sentence, timecode, when


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("onmodel.pages", "templates"),
        autoescape=True,  # titles, labels and details may hold any characters
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        count=count,
        dollars=dollars,
        duration=duration,
        listed=listed,
        sentence=sentence,
        timecode=timecode,
        when=when,
    )
    return made


_TEMPLATES = _environment()


def render(template: str, **context: Any) -> bytes:  # noqa: ANN401 - whatever the page needs
    """UTF-8 HTML. Raises jinja2's UndefinedError when the page needs something that is missing."""
    return _TEMPLATES.get_template(template).render(context).encode()


def data_uri(jpeg: bytes | None) -> str:
    """A picture inside the page, so that the file can be mailed, moved and opened offline."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else ""


@dataclass(frozen=True)
class StoredPicture:
    """A picture that is read when its page is rendered: those of all pages would fill the memory.

    `pictures` holds JPEG bytes by id.
    """

    id: str
    pictures: Mapping[str, bytes] = field(repr=False, compare=False)

    @property
    def uri(self) -> str:
        """For an `img` element; empty when there is no such picture."""
        return data_uri(self.pictures.get(self.id))
