"""The links in mails: signed, expiring, each bound to one thing.

A presigned address that a function makes expires with the function's session, within hours. A
signed link is valid for days; `follow_link` makes a new presigned address when it is followed.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Literal

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from pydantic import Field, ValidationError

from onmodel.contracts.base import Contract, Slug
from onmodel.errors import LinkExpired, LinkRefused
from onmodel.ports.machines import Clock

SALT = "onmodel.door"
"""Part of every signature, so that no other use of the same key gives it. Sent links have it."""

REVIEW_PATH = "review"
"""First part of the path of a review's page: template.yaml leads it to another function."""

PAGE_SUFFIX = ".html"

ASK_AGAIN = "Links are in the newest mail; nothing was changed"


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


LinkTarget = Annotated[ObjectTarget | ApprovalTarget, Field(discriminator="kind")]


class _Payload(Contract):
    """The signed content of a link. Sent links have these fields, so their names stay."""

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
        self._serializer = URLSafeTimedSerializer(
            key,
            salt=SALT,
            signer=_signer_with(clock),
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def link_to_object(self, key: str, days: float) -> str:
        """A link to one object of the studio bucket.

        The link ends in a page's name, so that relative links of this page lead to follow_link.
        """
        target = ObjectTarget(key=key)
        link = self._link(target, days)
        return f"{link}/{key.rpartition('/')[2]}" if target.is_page else link

    def link_to_approval(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page with the two buttons."""
        return self._link(ApprovalTarget(production=production, id=approval_id), days)

    def link_to_review(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page on which a person reviews pictures; files of it are below it."""
        target = ApprovalTarget(production=production, id=approval_id)
        return f"{self._url}/{REVIEW_PATH}/{self._token(target, days)}/"

    def read(self, token: str) -> LinkTarget:
        """The content of a link; its signature is compared in constant time.

        Raises:
            LinkRefused: forged, cut, or of another key.
            LinkExpired: its days are over.
        """
        try:
            raw, signed_at = self._serializer.loads(token, return_timestamp=True)
            payload = _Payload.model_validate(raw)
        except (BadData, ValidationError) as fault:
            raise LinkRefused("This link is not one of ours", ASK_AGAIN) from fault
        # Signed in the future: the clock of another function is ahead. The signature is valid.
        if self._clock() - signed_at > timedelta(days=payload.days):
            raise LinkExpired(f"This link was valid for {payload.days:g} days", ASK_AGAIN)
        return payload.grants

    def _link(self, target: ObjectTarget | ApprovalTarget, days: float) -> str:
        return f"{self._url}/{self._token(target, days)}"

    def _token(self, target: ObjectTarget | ApprovalTarget, days: float) -> str:
        token = self._serializer.dumps(_Payload(grants=target, days=days).model_dump(mode="json"))
        return token if isinstance(token, str) else token.decode()


def _signer_with(clock: Clock) -> type[TimestampSigner]:
    """Itsdangerous reads the system's time; here the time is an argument."""

    class ClockedSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock().timestamp())

    return ClockedSigner
