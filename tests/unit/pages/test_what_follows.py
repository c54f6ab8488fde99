from __future__ import annotations

from typing import get_args

from onmodel.contracts.trainings import CostPart, Purpose
from onmodel.pages.what_follows import AFTER, what_follows


def part(name: str) -> CostPart:
    return CostPart.model_validate({"name": name, "usd": 1, "usual_usd": 1})


def test_what_follows_when_any_purpose_then_has_sentences() -> None:
    assert set(AFTER) == set(get_args(Purpose))
    assert all(what_follows(purpose, ()) for purpose in get_args(Purpose))


def test_what_follows_when_a_training_draws_by_a_job_then_no_deployment_is_told() -> None:
    told = what_follows("training", [part("captions"), part("training"), part("drawing")])
    assert [words in " ".join(told) for words in ("captioned", "A job draws", "deployed")] == [
        True, True, False,
    ]  # fmt: skip
    assert told[0].startswith("First the pictures are captioned")
