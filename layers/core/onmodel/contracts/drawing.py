"""Contracts of a storyboard being drawn: what became of each panel."""

from __future__ import annotations

from pydantic import Field

from onmodel.contracts.base import Contract, Usage
from onmodel.contracts.storyboard import PanelScore, PlannedPanel


class DrawnPicture(Contract):
    """One picture of a panel. The image model draws several for one seed."""

    key: str = Field(description="S3 key in the studio bucket")
    seed: int = Field(ge=0)
    score: PanelScore | None = None


class DrawnPanel(Contract):
    """panels/<nn>.json: written by draw_panel, its scores by score_panel."""

    planned: PlannedPanel
    pictures: tuple[DrawnPicture, ...]
    seeds: tuple[int, ...] = Field(description="asked for, in order; refused ones included")
    notices: tuple[str, ...] = Field(default=(), description="why pictures are missing")
    usage: tuple[Usage, ...] = ()
    complete: bool = Field(description="as many pictures as wanted, or no seed left to try")


class StoryboardSummary(Contract):
    """summary.json of a take."""

    production: str
    name: str
    take: int
    title: str
    deployment_id: str
    panels: int
    drawn: int
    pictures: int
    filtered: int = Field(description="answers that were refused, retried ones included")
    usage: tuple[Usage, ...]
    estimated_usd: float | None = Field(description="beside the deployment; None: unknown")
