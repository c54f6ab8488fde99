"""A run of a made-up film with everything that a report can show."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from onmodel.contracts.base import Box, Usage
from onmodel.contracts.crops import Crop, Naming, Rejected, RejectReason
from onmodel.contracts.films import FilmFacts, FilmSummary
from onmodel.contracts.settings import Settings
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.pages.film import FilmReport

JPEG = b"\xff\xd8\xff\xe0 not decoded by anybody here \xff\xd9"
CAST = ("buck", "frank", "rinky", None)


@dataclass(frozen=True)
class FilmMaker:
    """Makes reports of a given size; the same seed gives the same report."""

    seed: int = 7

    def __call__(
        self,
        *,
        kept: int = 24,
        dropped: int = 30,
        title: str = "Big Buck Bunny.mp4",
        detail: str = "mean luma 3.1, limit 20",
        picture: Callable[[float], bytes] = lambda _: JPEG,
    ) -> FilmReport:
        rng = random.Random(self.seed)
        crops = [self._crop(rng, number, 590 * number / max(kept, 1)) for number in range(kept)]
        names = {crop.crop_id: self._naming(rng, crop.crop_id) for crop in crops}
        rejected = [self._rejected(rng, crops, detail) for _ in range(dropped)]
        thumbnails = {crop.crop_id: picture(crop.timecode_seconds) for crop in crops}
        for line in rejected:
            frame = f"frame-{round(line.timecode_seconds * 1000):09d}"
            thumbnails[line.crop_id or frame] = picture(line.timecode_seconds)
        usage = (
            Usage(item="rekognition.detect-labels", paid=480, reused=20),
            Usage(item="bedrock.amazon.titan-embed-image-v1", paid=400, reused=24),
        )
        return FilmReport(
            production_name="Big Buck Bunny",
            summary=FilmSummary(
                production="big-buck-bunny",
                film_id="big-buck-bunny-1a2b3c4d",
                run_id="big-buck-bunny-1a2b3c4d-99aa88bb",
                title=title,
                facts=_facts(),
                frames=kept + dropped,
                crops_found=kept + sum(1 for line in rejected if line.kept_instead),
                crops_kept=kept,
                rejected=dict(Counter(line.reason for line in rejected)),
                named=dict(Counter(name.character or "" for name in names.values())),
                usage=usage,
                lost_seconds=((61.5, 66.25),),
                estimated_usd=0.504,
                notices=("One reference of Gamera could not be read.",),
                prepared_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
            ),
            settings=Settings.model_validate(
                {
                    "deduplication": {"threshold": 0.9},
                    "characters": {"buck": {"name": "Buck"}, "frank": {"name": "Frank"}},
                }
            ),
            crops=crops,
            names=names,
            rejected=rejected,
            thumbnails=thumbnails,
            bill=estimate(usage, PriceBook.load()),
        )

    def _crop(self, rng: random.Random, number: int, seconds: float) -> Crop:
        width, height = rng.choice([(1024, 1024), (640, 1024), (1024, 576), (768, 1024)])
        return Crop(
            crop_id=f"{round(seconds * 1000):09d}-{number:010x}",
            film_id="big-buck-bunny-1a2b3c4d",
            timecode_seconds=seconds,
            shot=number // 5,
            chunk=int(seconds // 60),
            box=Box(left=100, top=80, width=300, height=400),
            window=Box(left=60, top=40, width=380, height=480),
            width=width,
            height=height,
            label=rng.choice(["Animal", "Toy"]),
            confidence=rng.uniform(55, 99),
            wide=rng.random() < 0.1,
            sharpness=rng.uniform(20, 400),
            quality=rng.uniform(0.2, 0.95),
            key=f"big-buck-bunny/films/x/samples/y/crops/{number}.jpg",
        )

    def _naming(self, rng: random.Random, crop_id: str) -> Naming:
        return Naming(
            crop_id=crop_id,
            character=rng.choice(CAST),
            confidence=rng.uniform(0.6, 0.95),
            margin=rng.uniform(0.01, 0.3),
            runner_up=rng.choice(["buck", "frank", None]),
        )

    def _rejected(self, rng: random.Random, crops: list[Crop], detail: str) -> Rejected:
        seconds = round(rng.uniform(0, 590), 3)
        reasons = [reason for reason in RejectReason if crops or reason != "near_duplicate"]
        reason = rng.choices(reasons, [6 if item == "near_duplicate" else 1 for item in reasons])[0]
        if reason is not RejectReason.NEAR_DUPLICATE:
            return Rejected(reason=reason, timecode_seconds=seconds, chunk=0, detail=detail)
        kept = rng.choice(crops)
        return Rejected(
            reason=reason,
            timecode_seconds=kept.timecode_seconds + 1,
            chunk=kept.chunk,
            detail=f"similarity 0.953 to {kept.crop_id}",
            crop_id=f"{kept.crop_id}-{rng.random():.6f}",
            box=kept.box,
            kept_instead=kept.crop_id,
        )


def _facts() -> FilmFacts:
    return FilmFacts(
        container="mov,mp4",
        codec="h264",
        width=1280,
        height=720,
        duration_seconds=596.46,
        frames_per_second=24,
        picture=Box(left=0, top=0, width=1280, height=720),
        size_bytes=50_200_000,
    )


@pytest.fixture
def make_report() -> FilmMaker:
    return FilmMaker()
