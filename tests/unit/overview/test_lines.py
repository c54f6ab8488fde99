"""The lines of `onmodel status` and of the home page: what waits, and what things cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.clock import START
from fakes.films_in_memory import FilmsInMemory, run_of
from fakes.registry import InMemoryRegistry

from onmodel.contracts.caption_checks import CaptionCheck, CaptionScores
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    GenerationBody,
    GenerationStatus,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.trainings import CostPart, TrainingSpec
from onmodel.formats.wording import dollars
from onmodel.overview.lines import look
from onmodel.registry.kinds import APPROVALS, DATASETS, GENERATIONS, STORYBOARDS, TRAININGS
from onmodel.registry.rows import BodyT, Rows, StatusT


def put(
    registry: InMemoryRegistry,
    rows: Rows[BodyT, StatusT],
    identity: str,
    status: StatusT,
    body: BodyT,
) -> None:
    rows.put(registry, "bunny", identity, status=status, body=body, now=START)


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
    put(registry, GENERATIONS, "g0001", GenerationStatus.OPEN, generation())
    (line,) = look(registry, "bunny", START)
    assert line.what.startswith("1 film, ")
    assert "waits for more" in line.what
    put(registry, GENERATIONS, "g0001", GenerationStatus.CLOSED, generation())
    assert look(registry, "bunny", START) == []


def test_look_when_captions_were_checked_then_says_what_was_found_and_done() -> None:
    registry = InMemoryRegistry()
    check = CaptionCheck(
        before=CaptionScores(captions=12, faulty=5),
        after=CaptionScores(captions=12, faulty=1),
        stripped=3, asked_again=2, changed_by_asking=1,
    )  # fmt: skip
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=12, named={"buck": 12},
        films=("bbb-1",), to_caption_key="k", captions_needed=10, caption_check=check,
    )  # fmt: skip
    put(registry, DATASETS, "d0001-7be1d2f0", DatasetStatus.READY, body)
    (line,) = look(registry, "bunny", START)
    assert line.what == (
        "12 pictures of 1 film; 7 of 12 captions without a fault as they were written;"
        " 3 put right by a rule and 2 asked for once more; 11 without a fault now"
    )
    assert line.as_object()["captions"]["after"]["faulty"] == 1


def test_look_when_money_waits_for_a_yes_then_says_until_when_and_how_much() -> None:
    registry = InMemoryRegistry()
    put(registry, APPROVALS, "a1", ApprovalStatus.PENDING, approval(245.3))
    put(registry, APPROVALS, "a2", ApprovalStatus.PENDING, approval(None))
    put(registry, APPROVALS, "a3", ApprovalStatus.APPROVED, approval(1.0))
    known, unknown = look(registry, "bunny", START)
    until = START + timedelta(days=7)
    assert f"waits for your approval until {until:%Y-%m-%d}" in known.what
    assert "training of d0001-7be1d2f0 for $245.30" in known.what
    assert f"for {dollars(None)}" in unknown.what
    assert known.usd is None, "nothing was spent yet"


def test_look_when_a_film_waits_for_its_turn_then_says_which_it_is_and_since_when() -> None:
    world = FilmsInMemory()
    for number in range(4):  # FilmsInMemory has two places
        world.claim(run_of(run_id=f"film-{number}"))
        world.clock.advance(minutes=1)
    lines = {line.id: line.what for line in look(world.registry, None, START)}
    waits = "a.mp4; waits since 2026-11-22 09:0{} UTC for its turn: number {} of 2 films"
    assert lines == {
        "film-0": "a.mp4",
        "film-1": "a.mp4",
        "film-2": waits.format(2, 1),
        "film-3": waits.format(3, 2),
    }


def test_training_when_its_trainer_says_what_was_billed_then_that_and_its_captions() -> None:
    registry = InMemoryRegistry()
    body = TrainingBody(
        dataset_id="d0001-7be1d2f0",
        correlation_id="an-upload",
        quoted_usd=10.48,
        agreed_parts=(
            CostPart(name="captions", usd=0.1, usual_usd=0.1),
            CostPart(name="training", usd=10.38, usual_usd=3.5),
        ),
        spec=TrainingSpec(
            production="bunny", dataset_id="d0001-7be1d2f0", training_id="d0001-7be1d2f0",
            manifest_uri="s3://studio/m", output_uri="s3://studio/t/", hyperparameters={},
        ),
    )  # fmt: skip
    put(registry, TRAININGS, "d0001-7be1d2f0", TrainingStage.IN_PROGRESS, body)
    billed = body.model_copy(update={"estimated_usd": 3.63})
    put(registry, TRAININGS, "d0002-7be1d2f0", TrainingStage.COMPLETED, billed)
    costs = {line.id: line.usd for line in look(registry, "bunny", START)}
    assert costs == {"d0001-7be1d2f0": 10.48, "d0002-7be1d2f0": pytest.approx(3.73)}


def test_training_when_a_storyboard_chose_its_checkpoint_then_says_which_and_why() -> None:
    registry = InMemoryRegistry()
    body = TrainingBody(
        dataset_id="d0001-7be1d2f0", correlation_id="an-upload", checkpoint=500,
        checkpoint_reason="forest-1: The checkpoint of step 500 draws from now on",
        spec=TrainingSpec(
            production="bunny", dataset_id="d0001-7be1d2f0", training_id="d0001-7be1d2f0",
            manifest_uri="s3://studio/m", output_uri="s3://studio/t/", hyperparameters={},
        ),
    )  # fmt: skip
    put(registry, TRAININGS, "d0001-7be1d2f0", TrainingStage.COMPLETED, body)
    (line,) = look(registry, "bunny", START)
    assert line.what.endswith(". forest-1: The checkpoint of step 500 draws from now on")


def test_storyboard_when_its_numbers_say_something_then_sentences_follow_each_other() -> None:
    registry = InMemoryRegistry()
    body = StoryboardBody(
        name="a", take=1, correlation_id="an-upload", panels=2, drawn=2,
        advice=("The pictures are simulated.", "Cannot tell"),
    )  # fmt: skip
    put(registry, STORYBOARDS, "a-1", StoryboardStatus.DRAWN, body)
    put(
        registry, STORYBOARDS, "b-1", StoryboardStatus.DRAWN, body.model_copy(update={"advice": ()})
    )
    told = {line.id: line.what for line in look(registry, "bunny", START)}
    assert told["a-1"] == "2 of 2 panels. The pictures are simulated. Cannot tell."
    assert told["b-1"] == "2 of 2 panels"
