"""The links in mails: signed, expiring, each bound to one thing.

A presigned address that a function makes expires with the function's session, within hours. A
signed link is valid for days; `follow_link` makes a new presigned address when it is followed.

A token is `<letter><days>~<what>.<time>.<signature>`, short enough for a line of a mail: a letter
for the kind, the days that it is valid, and what it names, with `~` for each slash. Mails of before
have longer tokens, of signed JSON; they are read as long as they are valid.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from itsdangerous import BadData, HMACAlgorithm, TimestampSigner, URLSafeTimedSerializer
from pydantic import Field

from onmodel.contracts.base import Contract, Slug
from onmodel.errors import LinkExpired, LinkRefused
from onmodel.ports.machines import Clock

SALT = "onmodel.door"
"""Part of every signature of a long token, so that no other use of the same key gives it."""

SHORT_SALT = "onmodel.door.short"

SIGNATURE_BYTES = 16
"""Of a short token: 128 bits cannot be guessed, and the API answers few requests a second."""

REVIEW_PATH = "review"
"""First part of the path of a review's page: template.yaml leads it to another function."""

HOME_PATH = "home"
"""First part of the path of a home page: template.yaml leads it to another function."""

PAGE_SUFFIX = ".html"

ASK_AGAIN = "Links are in the newest mail; nothing was changed"

_SHORT = re.compile(r"(?P<letter>[a-z])(?P<days>[0-9.e+-]+)~(?P<what>[A-Za-z0-9._~-]*)")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9._/-]+")
"""Keys of which a short token can be made; ours are such. `~` stands for a slash."""


class ObjectTarget(Contract):
    """One object of the studio bucket; of a report also its further pages."""

    kind: Literal["object"] = "object"
    key: str = Field(min_length=1, max_length=1024)

    @property
    def is_page(self) -> bool:
        return self.key.endswith(PAGE_SUFFIX)

    def page(self, name: str) -> str:
        """The key of a page beside the first: `page-2.html` for `…/report/index.html`."""
        return f"{self.key.rpartition('/')[0]}/{name}"


class ApprovalTarget(Contract):
    """One approval, to show and to decide."""

    kind: Literal["approval"] = "approval"
    production: Slug
    id: Slug


class HomeTarget(Contract):
    """The home page of a production: shows everything of it, decides nothing."""

    kind: Literal["home"] = "home"
    production: Slug


class StackTarget(Contract):
    """The home page of the whole stack. Only `onmodel open` makes such a link: no mail has one."""

    kind: Literal["stack"] = "stack"


AnyTarget = ObjectTarget | ApprovalTarget | HomeTarget | StackTarget
LinkTarget = Annotated[AnyTarget, Field(discriminator="kind")]

FIRST_PAGE = "/index.html"
"""End of the key of a report; a short token leaves it out, because the link has it behind."""


class _Payload(Contract):
    """The signed content of a long token. Sent links have these fields, so their names stay."""

    grants: LinkTarget
    days: float = Field(gt=0)


class SignedLinks:
    """Makes links and reads them back.

    Args:
        url: of the HTTP API, without a slash at its end.
        key: the signing key; with it every approval can be decided.
        clock: for the time of signing and the age of a link.
    """

    def __init__(self, url: str, key: str, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._clock = clock
        signer = _signer_with(clock)
        self._serializer = URLSafeTimedSerializer(
            key,
            salt=SALT,
            signer=signer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._signer = signer(
            key, salt=SHORT_SALT, key_derivation="hmac", algorithm=_ShortSignature(hashlib.sha256)
        )

    def link_to_object(self, key: str, days: float) -> str:
        """A link to one object of the studio bucket.

        The link ends in a page's folder and name, so that relative links of this page lead to
        follow_link.
        """
        target = ObjectTarget(key=key)
        link = f"{self._url}/{self._token(target, days)}"
        return "/".join([link, *key.split("/")[-2:]]) if target.is_page else link

    def link_to_approval(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page with the two buttons."""
        target = ApprovalTarget(production=production, id=approval_id)
        return f"{self._url}/{self._token(target, days)}"

    def link_to_review(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page on which a person reviews pictures; files of it are below it."""
        target = ApprovalTarget(production=production, id=approval_id)
        return f"{self._url}/{REVIEW_PATH}/{self._token(target, days)}/"

    def link_to_home(self, production: str | None, days: float) -> str:
        """A link to the home page of a production; of the whole stack when it is None."""
        target = StackTarget() if production is None else HomeTarget(production=production)
        return f"{self._url}/{HOME_PATH}/{self._token(target, days)}"

    def read(self, token: str) -> LinkTarget:
        """The content of a link; its signature is compared in constant time.

        Raises:
            LinkRefused: forged, cut, or of another key.
            LinkExpired: its days are over.
        """
        try:
            payload, signed_at = self._short(token) if "~" in token else self._long(token)
        except (BadData, ValueError) as fault:
            raise LinkRefused("This link is not one of ours", ASK_AGAIN) from fault
        # Signed in the future: the clock of another function is ahead. The signature is valid.
        if self._clock() - signed_at > timedelta(days=payload.days):
            raise LinkExpired(f"This link was valid for {payload.days:g} days", ASK_AGAIN)
        return payload.grants

    def _short(self, token: str) -> tuple[_Payload, datetime]:
        """Raises BadData or ValueError."""
        signed, signed_at = self._signer.unsign(token, return_timestamp=True)
        found = _SHORT.fullmatch(signed.decode())
        if found is None:
            raise ValueError("signed, but of no form that is known")
        grants = _named(found["letter"], found["what"].replace("~", "/"))
        return _Payload(grants=grants, days=float(found["days"])), signed_at

    def _long(self, token: str) -> tuple[_Payload, datetime]:
        """Raises BadData or ValueError."""
        raw, signed_at = self._serializer.loads(token, return_timestamp=True)
        return _Payload.model_validate(raw), signed_at

    def _token(self, target: AnyTarget, days: float) -> str:
        if isinstance(target, ObjectTarget) and not _PLAIN_KEY.fullmatch(target.key):
            payload = _Payload(grants=target, days=days).model_dump(mode="json")
            return _as_text(self._serializer.dumps(payload))
        letter, what = _letter_and_name(target)
        return _as_text(self._signer.sign(f"{letter}{days:g}~{what.replace('/', '~')}"))


def _letter_and_name(target: AnyTarget) -> tuple[str, str]:
    """The kind of a target and what it names, as `_named` reads them."""
    match target:
        case ObjectTarget(key=key) if key.endswith(FIRST_PAGE):
            return "p", key.removesuffix(FIRST_PAGE)
        case ObjectTarget(key=key):
            return "o", key
        case ApprovalTarget(production=production, id=identity):
            return "a", f"{production}/{identity}"
        case HomeTarget(production=production):
            return "h", production
        case StackTarget():
            return "s", ""


def _named(letter: str, what: str) -> AnyTarget:
    """Raises ValueError."""
    match letter:
        case "p":
            return ObjectTarget(key=f"{what}{FIRST_PAGE}")
        case "o":
            return ObjectTarget(key=what)
        case "a":
            production, _, identity = what.partition("/")
            return ApprovalTarget(production=production, id=identity)
        case "h":
            return HomeTarget(production=what)
        case "s":
            return StackTarget()
    raise ValueError(f"no kind of link has the letter {letter}")


def _as_text(token: str | bytes) -> str:
    return token if isinstance(token, str) else token.decode()


class _ShortSignature(HMACAlgorithm):
    """The first bytes of the HMAC."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:SIGNATURE_BYTES]


def _signer_with(clock: Clock) -> type[TimestampSigner]:
    """Itsdangerous reads the system's time; here the time is an argument."""

    class ClockedSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock().timestamp())

    return ClockedSigner
