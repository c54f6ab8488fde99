from __future__ import annotations

from onmodel.contracts.base import Usage
from onmodel.contracts.films import ChunkResult
from onmodel.steps.report_film import paid_by

CHUNK = ChunkResult(
    index=0,
    frames=60,
    crops=30,
    rejected=30,
    run_id="first-run",
    usage=(Usage(item="rekognition.detect-labels", paid=50, reused=5),),
)


def test_paid_by_when_this_run_sampled_the_chunk_counts_what_it_paid() -> None:
    assert paid_by("first-run", CHUNK) == list(CHUNK.usage)


def test_paid_by_when_an_earlier_run_sampled_the_chunk_counts_all_as_reused() -> None:
    assert paid_by("second-run", CHUNK) == [
        Usage(item="rekognition.detect-labels", paid=0, reused=55)
    ]
