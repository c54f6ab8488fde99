"""Self-contained HTML from the templates beside this module: no scripts, nothing fetched."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from onmodel.formats.commands import naming_stack
from onmodel.formats.wording import count, dollars, duration, listed, sentence, timecode, when

_COMMAND = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"(?<!\S)(-\S+)")


@dataclass(frozen=True)
class PageCommands:
    """What the commands on a page need, so that they work as typed.

    Attributes:
        stack_options: of the command `onmodel`; '' for the default stack.
        production: whose page it is; '' for the page of a whole stack.
    """

    stack_options: str = ""
    production: str = ""

    def complete(self, text: str) -> str:
        """`-p NAME` is about the page's production; the stack's options are added."""
        if self.production:
            text = text.replace("-p NAME", f"-p {shlex.quote(self.production)}")
        return naming_stack(text, self.stack_options)


@pass_context
def code(context: Context, text: str) -> Markup:
    """A text as HTML; its commands, in backticks, are completed. No option breaks at its hyphen."""

    def shown(found: re.Match[str]) -> str:
        command = _OPTION.sub(r"<span>\1</span>", found[1])
        return f"<code>{command}</code>"

    completed = context["commands"].complete(text)
    return Markup(_COMMAND.sub(shown, str(escape(completed))))  # noqa: S704 - escaped before


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("onmodel.pages", "templates"),
        autoescape=True,  # titles, labels and details may hold any characters
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        code=code,
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
