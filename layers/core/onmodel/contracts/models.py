"""Contracts of the models that are called: pictures and conversations."""

from __future__ import annotations

from typing import Literal

from onmodel.contracts.base import Contract, Usage


class Picture(Contract):
    """A picture for a model: its bytes, or its S3 address."""

    format: Literal["jpeg", "png"]
    data: bytes | None = None
    s3_uri: str | None = None


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
