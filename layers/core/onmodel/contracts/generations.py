"""Generations of a production's films: from a prepared film to what a dataset is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from onmodel.contracts.base import FIRST_TRAINER, Consumed, Contract, Slug

GenerationId = Annotated[str, StringConstraints(pattern=r"^g[0-9]{4,9}$")]


class FilmPreparedDetail(Consumed):
    production: Slug
    film_id: Slug
    run_id: Slug
    correlation_id: str


class FilmPreparedEvent(Consumed):
    """Our own event, put by PrepareFilm's last state."""

    source: Literal["onmodel"]
    detail_type: Literal["FilmPrepared"] = Field(alias="detail-type")
    detail: FilmPreparedDetail

    @property
    def correlation_id(self) -> str:
        return self.detail.correlation_id


class FilmCollected(Contract):
    """What became of a prepared film."""

    outcome: Literal["started", "already_running", "recorded", "ignored"]
    generation_id: str | None = None


class Generation(Contract):
    """TrainModel's input."""

    production: Slug
    generation_id: GenerationId
    attempt: int = Field(ge=1)
    correlation_id: str


class GenerationRequest(Contract):
    generation: Generation

    @property
    def correlation_id(self) -> str:
        return self.generation.correlation_id


class SettleGenerationRequest(GenerationRequest):
    execution_arn: str


class Settled(Contract):
    """`wait_seconds` is at least 1 while not settled: Step Functions waits whole seconds."""

    settled: bool
    wait_seconds: int = Field(ge=0)


class Preflight(Contract):
    """Whether this account can train and deploy today; every reason why not."""

    possible: bool
    trainer: str = Field(default=FIRST_TRAINER, description="that was chosen, or would train")
    findings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class PreflightTrainingRequest(GenerationRequest):
    """`trainer` null: it is chosen by the settings."""

    trainer: str | None = None


class AssembleDatasetRequest(GenerationRequest):
    preflight: Preflight
