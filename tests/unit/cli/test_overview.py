"""What `onmodel status` says of things that wait."""

from __future__ import annotations

from datetime import timedelta

from fakes.clock import START
from fakes.registry import InMemoryRegistry

from onmodel.contracts.base import Contract
from onmodel.records import Kind, upsert
from onmodel.records_training import (
    ApprovalBody,
    ApprovalStatus,
    GenerationBody,
    GenerationStatus,
)
from onmodel.wording import dollars
from onmodel_cli.overview import look


def put(registry: InMemoryRegistry, kind: Kind, identity: str, status: str, body: Contract) -> None:
    upsert(
        registry, production="bunny", kind=kind, id=identity, status=status, body=body, now=START
    )


def generation() -> GenerationBody:
    return GenerationBody(
        attempt=1, runs=("bbb-1-2",), last_prepared_at=START, correlation_id="an-upload"
    )


def approval(usd: float | None) -> ApprovalBody:
    return ApprovalBody(
        purpose="training",
        subject_id="d0001-7be1d2f0",
        usd=usd,
        task_token="token",
        expires_at=START + timedelta(days=7),
        correlation_id="an-upload",
    )


def test_look_when_films_wait_for_quiet_then_says_so_until_the_generation_is_closed() -> None:
    registry = InMemoryRegistry()
    put(registry, Kind.GENERATION, "g0001", GenerationStatus.OPEN, generation())
    (line,) = look(registry, "bunny", START)
    assert line.what.startswith("1 film, ")
    assert "waits for more" in line.what
    put(registry, Kind.GENERATION, "g0001", GenerationStatus.CLOSED, generation())
    assert look(registry, "bunny", START) == []


def test_look_when_money_waits_for_a_yes_then_says_until_when_and_how_much() -> None:
    registry = InMemoryRegistry()
    put(registry, Kind.APPROVAL, "a1", ApprovalStatus.PENDING, approval(245.3))
    put(registry, Kind.APPROVAL, "a2", ApprovalStatus.PENDING, approval(None))
    put(registry, Kind.APPROVAL, "a3", ApprovalStatus.APPROVED, approval(1.0))
    known, unknown = look(registry, "bunny", START)
    until = START + timedelta(days=7)
    assert f"waits for your yes until {until:%Y-%m-%d}" in known.what
    assert "training of d0001-7be1d2f0 for $245.30" in known.what
    assert f"for {dollars(None)}" in unknown.what
    assert known.usd is None, "nothing was spent yet"
