"""What comes next, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.clock import START
from fakes.films_in_memory import run_of

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
    Kind,
)
from onmodel.contracts.settings import Settings
from onmodel.overview.coming import coming_next, quiet_time
from onmodel.overview.dataset_step import DatasetStep
from onmodel.registry.rows import AnyRow, Row

DATASET = "d0001-7be1d2f0"


def row(kind: Kind, identity: str, status: object, body: object) -> AnyRow:
    return Row(kind, "bunny", identity, status, body, None, 1, START, START)


def generation() -> AnyRow:
    body = GenerationBody(attempt=1, runs=("a", "b"), last_prepared_at=START, correlation_id="c")
    return row(Kind.GENERATION, "g0001", GenerationStatus.OPEN, body)


def dataset() -> AnyRow:
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=12, named={}, films=("f",),
        to_caption_key="k", captions_needed=12,
    )  # fmt: skip
    return row(Kind.DATASET, DATASET, DatasetStatus.ASSEMBLED, body)


def approval() -> AnyRow:
    body = ApprovalBody(
        purpose="training", subject_id=DATASET, usd=1.0, task_token="t", correlation_id="c",
        expires_at=START + timedelta(days=7),
    )  # fmt: skip
    return row(Kind.APPROVAL, "a1", ApprovalStatus.PENDING, body)


def test_next_when_films_wait_then_says_when_they_become_a_dataset() -> None:
    (one,) = coming_next([generation()], lambda _: timedelta(minutes=15), {})
    assert one.at == START + timedelta(minutes=15)
    assert one.what == "The pictures of 2 films become a dataset, if no other film comes before"


def test_next_when_nothing_starts_by_itself_then_names_the_command() -> None:
    (one,) = coming_next([generation()], lambda _: None, {})
    assert one.at is None
    assert one.what.endswith("`onmodel train -p bunny`")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (DatasetStep.QUOTED, [f"Dataset {DATASET}: its cost is being computed; a mail says what"]),
        (DatasetStep.CAPTIONED, [f"Dataset {DATASET}: its pictures are being captioned; a mail"]),
        (DatasetStep.ASKED, []),
        (DatasetStep.ENDED, []),
    ],
)
def test_next_when_a_dataset_is_not_ready_then_says_what_happens_without_a_person(
    step: DatasetStep, told: list[str]
) -> None:
    found = coming_next([dataset()], lambda _: None, {("bunny", DATASET): step})
    assert [one.what[: len(text)] for one, text in zip(found, told, strict=True)] == told


def test_next_when_a_question_is_open_then_says_when_it_expires() -> None:
    (asked,) = coming_next([approval()], lambda _: None, {})
    assert asked.what.startswith(f"The question about the training of {DATASET} expires")
    assert asked.at == START + timedelta(days=7)


def test_next_when_several_then_what_has_a_time_comes_first_in_its_order() -> None:
    running = row(Kind.RUN, "r", RunStatus.RUNNING, RunBody(run=run_of(), execution_arn="arn"))
    deployed = DeploymentBody(
        training_id=DATASET, name="n", correlation_id="c", requested_at=START,
        retires_at=START + timedelta(hours=2), schedule_name="s", hours=2,
    )  # fmt: skip
    deployment = row(Kind.DEPLOYMENT, f"{DATASET}-1", DeploymentStage.IN_SERVICE, deployed)
    told = coming_next(
        [running, approval(), deployment, generation()], lambda _: timedelta(minutes=15), {}
    )
    assert [one.at for one in told] == [
        START + timedelta(minutes=15), START + timedelta(hours=2), START + timedelta(days=7), None,
    ]  # fmt: skip
    assert told[1].what == f"{DATASET}-1 is switched off"
    retired = deployment.with_status(DeploymentStage.RETIRED)
    assert coming_next([retired], lambda _: None, {}) == []


def test_quiet_time_when_the_production_has_its_own_then_that_and_none_without_automatic() -> None:
    assert quiet_time(Settings(), 900) == timedelta(minutes=15)
    own = Settings.model_validate({"training": {"quiet_minutes": 2}})
    assert quiet_time(own, 900) == timedelta(minutes=2)
    by_hand = Settings.model_validate({"training": {"automatic": False}})
    assert quiet_time(by_hand, 900) is None
