"""What happens with a dataset that is not ready yet, by its row and the questions about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from onmodel.contracts.rows import ApprovalStatus, DatasetStatus, Kind
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, ApprovalRow, DatasetRow
from onmodel.registry.rows import AnyRow


class DatasetStep(StrEnum):
    QUOTED = "its cost is being computed"
    ASKED = "waits for an answer"
    CAPTIONED = "its pictures are being captioned"
    WRITTEN = "its manifest and report are being written"
    ENDED = "it was not approved, so nothing follows by itself"
    """A person declined, did not answer in time, or was asked about a newer dataset."""


Steps = Mapping[tuple[str, str], DatasetStep]
"""What happens with datasets that are not ready, by production and id."""

UNFINISHED = frozenset({DatasetStatus.ASSEMBLED, DatasetStatus.CAPTIONED})


class DatasetNow(NamedTuple):
    """`question` is the newest one about what comes next; None when nobody was asked."""

    step: DatasetStep
    question: ApprovalRow | None = None


def dataset_now(row: DatasetRow, questions: Iterable[ApprovalRow], now: datetime) -> DatasetNow:
    """What happens with a dataset that is assembled or captioned.

    Args:
        row: of the dataset.
        questions: of its production at least, of every status.
        now: a question that expired is not open any more.
    """
    is_assembled = row.status == DatasetStatus.ASSEMBLED
    purposes = {"training", "captions"} if is_assembled else {"review"}
    own = [
        asked
        for asked in questions
        if (asked.production, asked.body.subject_id) == (row.production, row.id)
        and asked.body.purpose in purposes
    ]
    asked = max(own, key=lambda one: one.created_at, default=None)
    if asked is not None and asked.status == ApprovalStatus.PENDING and now < asked.body.expires_at:
        return DatasetNow(DatasetStep.ASKED, asked)
    if asked is not None and asked.status != ApprovalStatus.APPROVED:
        if asked.created_at >= row.updated_at:
            return DatasetNow(DatasetStep.ENDED, asked)
        asked = None  # of an earlier attempt: the row was written again since
    if not is_assembled:
        return DatasetNow(DatasetStep.WRITTEN, asked)
    is_quoted = row.body.quoted_for is not None and not row.body.why_asked
    return DatasetNow(
        DatasetStep.CAPTIONED if asked is not None or is_quoted else DatasetStep.QUOTED, asked
    )


def steps_of(rows: Iterable[AnyRow], registry: Registry, now: datetime) -> Steps:
    """What happens with the datasets among the rows that are not ready."""
    found: dict[tuple[str, str], DatasetStep] = {}
    questions: dict[str, tuple[ApprovalRow, ...]] = {}
    for row in rows:
        if row.kind == Kind.DATASET and row.status in UNFINISHED:
            if row.production not in questions:
                questions[row.production] = tuple(APPROVALS.list(registry, row.production))
            found[row.production, row.id] = dataset_now(row, questions[row.production], now).step
    return found
