"""The ports to the account: mail, quotas, secrets, buckets and roles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Mailbox(Protocol):
    """The topic of the e-mail subscribers."""

    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        """Subject: ASCII, under 100 characters."""
        ...


@dataclass(frozen=True)
class NamedQuota:
    """A quota's code, for example L-BE77399C, and its value now."""

    code: str
    value: float


class Quotas(Protocol):
    def value(self, service: str, quota: str) -> float | None:
        """The quota's value now; None when the quota does not exist in this region."""
        ...

    def by_name(self, service: str, names: Collection[str]) -> Mapping[str, NamedQuota]:
        """Those of these names that exist in this region: not all codes are published."""
        ...

    def with_words(self, service: str, words: Collection[str]) -> Mapping[str, NamedQuota]:
        """Those whose name has each of these words; letter case does not matter."""
        ...


@dataclass(frozen=True)
class FoundationModel:
    """What is known of a model that a service offers.

    Attributes:
        is_legacy: its end was announced; accounts that do not use it are refused.
        ends_at: when it ends; None while that is not known.
        inference_types: how it can be called, for example ON_DEMAND or INFERENCE_PROFILE.
    """

    is_legacy: bool
    ends_at: datetime | None
    inference_types: frozenset[str]


class OfferedModels(Protocol):
    """The models of one region."""

    def look(self, model: str) -> FoundationModel | None:
        """None when it does not exist in this region, or not any more."""
        ...


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """Raises NotFound."""
        ...


class Account(Protocol):
    """Facts about buckets and roles, for preflight."""

    def bucket_region(self, bucket: str) -> str | None:
        """None when the bucket does not exist."""
        ...

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        """Whether a service may assume the role; None when the role does not exist."""
        ...
