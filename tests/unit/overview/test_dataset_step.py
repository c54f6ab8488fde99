"""What happens with a dataset that is not ready, by its row and the questions about it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes.clock import START
from fakes.registry import InMemoryRegistry

from onmodel.contracts.rows import ApprovalBody, ApprovalStatus, DatasetBody, DatasetStatus, Kind
from onmodel.contracts.trainings import Purpose
from onmodel.overview.dataset_step import DatasetStep, dataset_now
from onmodel.overview.lines import look
from onmodel.registry.kinds import APPROVALS, DATASETS, ApprovalRow, DatasetRow
from onmodel.registry.rows import Row

DATASET = "d0001-7be1d2f0"
LATER = START + timedelta(minutes=5)

PENDING, APPROVED, DECLINED = (
    ApprovalStatus.PENDING,
    ApprovalStatus.APPROVED,
    ApprovalStatus.DECLINED,
)


def body(**changes: object) -> DatasetBody:
    return DatasetBody.model_validate({
        "generation_id": "g0001", "correlation_id": "c", "pictures": 12, "named": {},
        "films": ("f",), "to_caption_key": "k", "captions_needed": 12, **changes,
    })  # fmt: skip


def dataset(status: str, changes: dict[str, object]) -> DatasetRow:
    state = DatasetStatus(status)
    return Row(Kind.DATASET, "bunny", DATASET, state, body(**changes), None, 1, START, START)


def asked(
    status: ApprovalStatus, purpose: Purpose = "training", at: datetime = LATER
) -> ApprovalRow:
    question = ApprovalBody(
        purpose=purpose, subject_id=DATASET, usd=1.0, task_token="t", correlation_id="c",
        expires_at=START + timedelta(days=7),
    )  # fmt: skip
    return Row(Kind.APPROVAL, "bunny", f"a-{at}", status, question, None, 1, at, at)


QUOTED = {"quoted_for": "training"}
TOO_DEAR = QUOTED | {"why_asked": "The total is above the limit."}


@pytest.mark.parametrize(
    ("status", "changes", "questions", "step"),
    [
        ("assembled", {}, [], DatasetStep.QUOTED),
        ("assembled", TOO_DEAR, [], DatasetStep.QUOTED),
        ("assembled", QUOTED, [], DatasetStep.CAPTIONED),
        ("assembled", TOO_DEAR, [asked(PENDING)], DatasetStep.ASKED),
        ("assembled", TOO_DEAR, [asked(APPROVED)], DatasetStep.CAPTIONED),
        ("assembled", TOO_DEAR, [asked(DECLINED)], DatasetStep.ENDED),
        ("assembled", TOO_DEAR, [asked(DECLINED, at=START - timedelta(days=1))],
         DatasetStep.QUOTED),
        ("assembled", TOO_DEAR, [asked(DECLINED), asked(PENDING, at=LATER + timedelta(days=1))],
         DatasetStep.ASKED),
        ("captioned", TOO_DEAR, [asked(APPROVED)], DatasetStep.WRITTEN),
        ("captioned", QUOTED, [asked(PENDING, "review")], DatasetStep.ASKED),
        ("captioned", QUOTED, [asked(ApprovalStatus.WITHDRAWN, "review")], DatasetStep.ENDED),
        ("captioned", QUOTED, [asked(APPROVED, "review")], DatasetStep.WRITTEN),
    ],
)  # fmt: skip
def test_dataset_when_not_ready_then_what_happens_with_it(
    status: str, changes: dict[str, object], questions: list[ApprovalRow], step: DatasetStep
) -> None:
    row = dataset(status, changes)
    assert dataset_now(row, questions, LATER).step is step


def test_dataset_when_nobody_answered_in_time_then_nothing_follows() -> None:
    row = dataset("assembled", TOO_DEAR)
    late = START + timedelta(days=8)
    assert dataset_now(row, [asked(PENDING)], late).step is DatasetStep.ENDED


def test_lines_when_the_training_of_a_dataset_was_declined_then_not_that_it_is_captioned() -> None:
    registry = InMemoryRegistry()
    DATASETS.create(
        registry, "bunny", DATASET, status=DatasetStatus.ASSEMBLED, body=body(**TOO_DEAR), now=START
    )
    question = asked(DECLINED)
    APPROVALS.create(registry, "bunny", "a1", status=question.status, body=question.body, now=LATER)
    (line,) = look(registry, "bunny", LATER, lambda _row: "0 of them captioned")
    assert line.what == "12 pictures of 1 film; it was not approved, so nothing follows by itself"
