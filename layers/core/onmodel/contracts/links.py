"""The HTTP API's request to follow_link, and the answer."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs

from pydantic import Field

from onmodel.contracts.base import Consumed, Contract

PAGE_NAME = re.compile(r"[a-z0-9-]{1,60}\.html")

PICTURE_NAME = re.compile(r"[a-z0-9-]{1,80}\.(?:jpg|png)")

PAGE_FOLDERS = frozenset({"report", "gallery"})
"""Folders of pages. A page's link has the folder before the page's name, so that the page can lead
to `../crops/…` and `../pictures/…`: the same on a disk and behind a link."""

PICTURE_FOLDERS = frozenset({"crops", "pictures"})

LARGEST_FORM, MOST_FIELDS = 4096, 10
"""Characters and fields of a form that is read; our page posts one field of a word."""


class HttpCall(Consumed):
    method: str


class HttpContext(Consumed):
    http: HttpCall
    request_id: str = Field(default="", alias="requestId")


class LinkRequest(Consumed):
    """An HTTP API's event, format 2.0.

    Every request of this form is read, also a hostile one: whoever sent it gets a page.
    """

    path: str = Field(alias="rawPath")
    query: str = Field(default="", alias="rawQueryString")
    context: HttpContext = Field(alias="requestContext")
    body: str | None = None
    is_base64: bool = Field(default=False, alias="isBase64Encoded")

    @property
    def correlation_id(self) -> str:
        return self.context.request_id

    @property
    def token(self) -> str:
        """The path's last part, or the one before a page or a picture; a stage may stand before."""
        parts = self.path.split("/")
        behind = (bool(self.page) or bool(self.picture)) + bool(self.folder)
        return parts[-1 - behind] if behind < len(parts) else ""

    @property
    def folder(self) -> str:
        """Of the page or picture that is asked for; empty in links of before."""
        *before, _ = self.path.split("/")
        return before[-1] if before and before[-1] in PAGE_FOLDERS | PICTURE_FOLDERS else ""

    @property
    def page(self) -> str:
        """The name of the page that is asked for, for example page-2.html; empty when none is."""
        last = self.path.rsplit("/", 1)[-1]
        return last if PAGE_NAME.fullmatch(last) else ""

    @property
    def picture(self) -> str:
        """The name of the picture that is asked for; empty when none is."""
        last = self.path.rsplit("/", 1)[-1]
        return last if self.folder in PICTURE_FOLDERS and PICTURE_NAME.fullmatch(last) else ""

    def asked(self, name: str) -> list[str]:
        """All values of a field of the query; none when it is too long or has too many fields."""
        try:
            return parse_qs(self.query[:LARGEST_FORM], max_num_fields=MOST_FIELDS).get(name, [])
        except ValueError:
            return []

    def field(self, name: str) -> str:
        """A field of the posted form; empty when it is none, or not such a form as our page has."""
        body = self.body or ""
        if len(body) > LARGEST_FORM:
            return ""
        try:
            if self.is_base64:
                body = base64.b64decode(body, validate=True).decode()
            return parse_qs(body, max_num_fields=MOST_FIELDS).get(name, [""])[0]
        except ValueError:  # no base64, no UTF-8, or too many fields
            return ""


class ReviewRequest(LinkRequest):
    """A request below a link to a review: `…/review/<token>/<what>`."""

    @property
    def review_token(self) -> str:
        return self._below_review()[0]

    @property
    def what(self) -> str | None:
        """What is asked for below the link; None where the link has lost its slash at the end."""
        return self._below_review()[1]

    def _below_review(self) -> tuple[str, str | None]:
        _, _, below = self.path.partition("/review/")
        token, slash, what = below.partition("/")
        return token, what if slash else None

    @property
    def text(self) -> str:
        """The body. Raises ValueError when it is no base64, or no UTF-8."""
        body = self.body or ""
        return base64.b64decode(body, validate=True).decode() if self.is_base64 else body


class LinkAnswer(Contract):
    statusCode: int  # noqa: N815 - as the HTTP API reads it
    headers: dict[str, str]
    body: str = ""
