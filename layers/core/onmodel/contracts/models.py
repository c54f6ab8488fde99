"""Contracts of the models that are called: pictures and conversations."""

from __future__ import annotations

import re
from typing import Literal

from onmodel.contracts.base import Contract, Usage


class Picture(Contract):
    """A picture for a model: its bytes, or its S3 address."""

    format: Literal["jpeg", "png"]
    data: bytes | None = None
    s3_uri: str | None = None


class PictureLimits(Contract):
    """The largest picture that a model takes within a request."""

    size_bytes: int
    longest_side: int


class Turn(Contract):
    """One message of a conversation with a model that takes pictures."""

    role: Literal["user", "assistant"]
    text: str
    picture: Picture | None = None


class Reply(Contract):
    """A model's answer, and what it cost, in the price book's units."""

    text: str
    stop_reason: str
    usage: tuple[Usage, ...]


class RefusedReply(Contract):
    """An answer that was paid for and cannot be used: filtered, or empty.

    Attributes:
        refused: what was answered instead, for people.
        usage: what it cost, in the price book's units.
    """

    refused: str
    usage: tuple[Usage, ...]


PROFILE = re.compile(r"^(?:us|us-gov|eu|apac|jp|au|ca|global)\.(?=[a-z0-9-]+\.)")
"""What stands before a model's id in the id of its cross-region inference profile."""


def foundation_model_of(model: str) -> str:
    """The foundation model that is called by its own id or through a cross-region profile."""
    return PROFILE.sub("", model)
