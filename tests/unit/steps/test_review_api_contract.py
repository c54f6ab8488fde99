"""What the review page relies on: one suite over the API and the fake of the browser tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

import pytest
from drawn.review import CAST, items_of
from fakes import review_backend
from fakes.review_backend import ReviewInMemory
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.review import (
    CorrectionResult,
    CorrectionsRequest,
    CorrectionsSaved,
    NearDuplicateGroups,
    ReviewPage,
)
from onmodel.contracts.settings import AllowedModels
from onmodel.ports.storage import ObjectStore
from onmodel.steps import review_items
from onmodel.steps.review_api import ReviewApi, ReviewCall, ReviewSubject
from onmodel.steps.review_items import Reviewed, ReviewItems
from onmodel.trainers.catalogue import common_limits

CROPS = 12
MOST_ITEMS = 8


class Backend(Protocol):
    """The questions of the page."""

    def page(self, after: str | None) -> ReviewPage: ...

    def correct(self, request: CorrectionsRequest) -> CorrectionsSaved: ...

    def groups(self, threshold: float) -> NearDuplicateGroups: ...


class NoPictures:
    """ReviewPictures whose pictures nobody fetches."""

    def address(self, store: ObjectStore, key: str) -> str:
        return key

    def sheet(self, production: str, name: str, make: Callable[[], bytes]) -> str:
        return name


class Api:
    """The real API, asked as over HTTP."""

    def __init__(self) -> None:
        world = TrainingInMemory()
        world.show_characters()
        world.film(crops=CROPS)
        items = ReviewItems(
            registry=world.registry, uploads=world.uploads, studio=world.studio,
            pictures=NoPictures(), clock=world.clock, models=AllowedModels(),
        )  # fmt: skip
        self.api = ReviewApi(
            items=items, registry=world.registry, studio=world.studio, clock=world.clock,
            limits=common_limits(),
        )  # fmt: skip

    def page(self, after: str | None) -> ReviewPage:
        query = "" if after is None else f"after={after}"
        return ReviewPage.model_validate(self._ask(ReviewCall("GET", "items", query)))

    def correct(self, request: CorrectionsRequest) -> CorrectionsSaved:
        call = ReviewCall("POST", "corrections", "", request.model_dump_json())
        return CorrectionsSaved.model_validate(self._ask(call))

    def groups(self, threshold: float) -> NearDuplicateGroups:
        call = ReviewCall("GET", "groups", f"threshold={threshold}")
        return NearDuplicateGroups.model_validate(self._ask(call))

    def _ask(self, call: ReviewCall) -> Any:
        answer = self.api.answer(ReviewSubject(Reviewed(PRODUCTION, None)), call)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)


def _fake() -> ReviewInMemory:
    items = items_of(CROPS)
    alike = {(one.crop_id, other.crop_id): 0.6 for one, other in pairwise(items)}
    return ReviewInMemory("Bunny", CAST, items, ["sheet"], alike)


@pytest.fixture(params=[_fake, Api], ids=["fake", "api"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setattr(review_items, "MOST_ITEMS", MOST_ITEMS)
    monkeypatch.setattr(review_backend, "ITEMS_OF_A_PAGE", MOST_ITEMS)
    made: Backend = request.param()
    return made


def posted(backend: Backend, crop: str, version: int, **fields: object) -> CorrectionResult:
    content = {"corrections": [{"crop_id": crop, "version": version, **fields}]}
    (result,) = backend.correct(CorrectionsRequest.model_validate(content)).results
    return result


def test_pages_when_followed_then_have_each_item_once_and_sheets_for_all(backend: Backend) -> None:
    first = backend.page(None)
    second = backend.page(first.next)
    assert (first.total, len(first.items), len(second.items)) == (CROPS, MOST_ITEMS, 4)
    assert second.next is None
    assert len({item.crop_id for item in (*first.items, *second.items)}) == CROPS
    for page in (first, second):
        assert all(
            item.thumbnail is None or item.thumbnail.sheet < len(page.sheets) for item in page.items
        )


def test_correction_when_saved_then_has_the_next_version_and_is_shown(backend: Backend) -> None:
    crop = backend.page(None).items[0].crop_id
    saved = posted(backend, crop, 0, verdict="kept", character="frank")
    assert (saved.saved, saved.version) == (True, 1)
    shown = backend.page(None).items[0].correction
    assert shown is not None
    assert (shown.version, shown.verdict, shown.character) == (1, "kept", "frank")
    again = posted(backend, crop, 1, verdict="rejected")
    assert (again.saved, again.version) == (True, 2)


def test_correction_when_made_from_an_older_version_then_the_standing_one_is_told(
    backend: Backend,
) -> None:
    crop = backend.page(None).items[0].crop_id
    posted(backend, crop, 0, verdict="rejected")
    late = posted(backend, crop, 0, verdict="kept")
    assert (late.saved, late.version) == (False, 1)
    assert late.correction is not None
    assert (late.correction.version, late.correction.verdict) == (1, "rejected")
    same = posted(backend, crop, 0, verdict="rejected")
    assert (same.saved, same.version) == (True, 1)


def test_correction_when_its_crop_is_gone_then_refused_with_a_reason(backend: Backend) -> None:
    gone = posted(backend, "gone", 0, verdict="kept")
    assert (gone.saved, gone.correction) == (False, None)
    assert gone.reason


def test_groups_when_asked_then_have_two_crops_or_more_and_the_sum_fits(backend: Backend) -> None:
    answer = backend.groups(0.5)
    assert all(len(group) > 1 for group in answer.groups)
    assert answer.kept == answer.of - sum(len(group) - 1 for group in answer.groups)
    assert backend.groups(1.0).kept == answer.of
