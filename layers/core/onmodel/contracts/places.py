"""The places for films that are prepared at once: one counted lease for the whole stack."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Contract, Slug


class FilmPlace(Contract):
    """A run that has a place, or waits for one."""

    production: Slug
    run_id: Slug
    execution_arn: str
    since: datetime = Field(description="when it got the place, or began to wait for one")

    def is_of(self, production: str, run_id: str) -> bool:
        return (self.production, self.run_id) == (production, run_id)


class PlacesStatus(StrEnum):
    COUNTED = "counted"


class PlacesBody(Contract):
    """Who has a place, and who waits: the film that waits longest gets the next one."""

    taken: tuple[FilmPlace, ...] = ()
    waiting: tuple[FilmPlace, ...] = Field(default=(), description="oldest first")

    def place_of(self, production: str, run_id: str) -> FilmPlace | None:
        """Where a run is counted; None when it neither has a place nor waits for one."""
        counted = (*self.taken, *self.waiting)
        return next((place for place in counted if place.is_of(production, run_id)), None)

    def before(self, production: str, run_id: str) -> int:
        """How many places must be free before a run gets one; 0 when it has one."""
        if any(place.is_of(production, run_id) for place in self.taken):
            return 0
        for number, place in enumerate(self.waiting, start=1):
            if place.is_of(production, run_id):
                return number
        return len(self.waiting) + 1
