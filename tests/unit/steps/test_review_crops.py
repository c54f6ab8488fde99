"""The link of a review: what it shows, what it decides, and when it is over."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fakes.training_in_memory import LINKS_URL, PRODUCTION, TRAIN_MODEL, TrainingInMemory

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.links import LinkAnswer, ReviewRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.settings import AllowedModels
from onmodel.errors import Throttled
from onmodel.films.review_sheets import PresignedPictures
from onmodel.registry.kinds import APPROVALS
from onmodel.steps.decisions import Deciding
from onmodel.steps.review_api import ReviewApi
from onmodel.steps.review_crops import GOES_ON, ReviewCrops, fault_json
from onmodel.steps.review_items import ReviewItems
from onmodel.trainers.catalogue import common_limits


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def asked(world: TrainingInMemory) -> tuple[DatasetRef, str]:
    """A dataset whose review was asked for, and the link of the mail."""
    dataset = world.captioned()
    world.ask(purpose="review", subject_id=dataset.dataset_id, usd=0)
    mail = world.mailbox.mails[-1].body
    link = re.search(rf"{LINKS_URL}/review/\S+", mail)
    assert link is not None
    return dataset, link.group()


def call(
    world: TrainingInMemory, link: str, what: str = "", body: object | None = None
) -> LinkAnswer:
    path, _, query = f"{link.removeprefix(LINKS_URL)}{what}".partition("?")
    event = {
        "rawPath": path, "rawQueryString": query,
        "requestContext": {"http": {"method": "GET" if body is None else "POST"}},
        "body": None if body is None else json.dumps(body),
    }  # fmt: skip
    items = ReviewItems(
        registry=world.registry, uploads=world.uploads, studio=world.studio,
        pictures=PresignedPictures(world.studio), clock=world.clock, models=AllowedModels(),
    )  # fmt: skip
    api = ReviewApi(
        items=items, registry=world.registry, studio=world.studio, clock=world.clock,
        limits=common_limits(),
    )  # fmt: skip
    deciding = Deciding(world.registry, world.tokens, world.executions, world.clock)
    return ReviewCrops(
        api=api, registry=world.registry, links=world.links, deciding=deciding, clock=world.clock
    ).follow(ReviewRequest.model_validate(event))


def content(answer: LinkAnswer) -> Any:
    return json.loads(answer.body)


def test_link_when_opened_then_the_page_and_its_items_and_nothing_is_decided(
    world: TrainingInMemory,
) -> None:
    dataset, link = asked(world)
    page = call(world, link)
    assert (page.statusCode, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "static/review.css" in page.body
    answer = content(call(world, link, "items"))
    assert (answer["dataset_id"], answer["total"]) == (dataset.dataset_id, 8)
    assert answer["is_waited_for"] is True
    (row,) = APPROVALS.list(world.registry, PRODUCTION)
    assert row.status == ApprovalStatus.PENDING
    assert "task-1" not in world.tokens.succeeded


def test_sheet_when_asked_for_twice_then_stored_once(world: TrainingInMemory) -> None:
    _, link = asked(world)
    first, again = (content(call(world, link, "items"))["sheets"] for _ in range(2))
    assert first == again
    assert len(list(world.studio.list(f"{PRODUCTION}/review/"))) == 1


def test_done_when_posted_then_the_machine_goes_on_once_with_the_corrections(
    world: TrainingInMemory,
) -> None:
    dataset, link = asked(world)
    crop = content(call(world, link, "items"))["items"][0]["crop_id"]
    posted = {"corrections": [{"crop_id": crop, "version": 0, "verdict": "rejected"}]}
    assert content(call(world, link, "corrections", posted))["results"][0]["saved"]
    assert content(call(world, link, "done", {})) == {"message": GOES_ON}
    assert world.tokens.succeeded["task-1"] == {"approved": True}
    again = call(world, link, "done", {})
    assert (again.statusCode, content(again)["code"]) == (409, "closed")
    assert content(call(world, link, "items"))["is_waited_for"] is False
    assert world.collect_captions(dataset).captioned == 7


def test_link_when_it_expired_then_code_expired_and_the_page_says_so(
    world: TrainingInMemory,
) -> None:
    _, link = asked(world)
    world.clock.advance(days=7)
    for what, body in (("items", None), ("corrections", {}), ("done", {})):
        answer = call(world, link, what, body)
        assert (answer.statusCode, content(answer)["code"]) == (410, "expired")
    page = call(world, link)
    assert (page.statusCode, page.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "This review is over" in page.body
    assert "task-1" not in world.tokens.succeeded
    world.clock.advance(days=365)  # also the link's own days are over
    assert content(call(world, link, "items"))["code"] == "expired"


def test_link_when_forged_or_of_something_else_then_not_found(world: TrainingInMemory) -> None:
    asked(world)
    world.ask(purpose="training", execution_arn=f"{TRAIN_MODEL}:other", token="task-9")
    rows = APPROVALS.list(world.registry, PRODUCTION)
    training = next(row.id for row in rows if row.body.purpose == "training")
    others = (
        f"{LINKS_URL}/review/forged/",
        world.links.link_to_review(PRODUCTION, training, 7),
        world.links.link_to_review("other", "0123456789abcdef", 7),
        world.links.link_to_object("bunny/settings.json", 7).replace(
            LINKS_URL, f"{LINKS_URL}/review"
        )
        + "/",
    )
    for other in others:
        answer = call(world, other, "items")
        assert (answer.statusCode, content(answer)["code"]) == (404, "not_found")


def test_link_when_a_mail_program_cut_its_slash_then_led_to_the_page(
    world: TrainingInMemory,
) -> None:
    _, link = asked(world)
    answer = call(world, link.rstrip("/"))
    token = link.rstrip("/").rpartition("/")[2]
    assert (answer.statusCode, answer.headers["location"]) == (308, f"{token}/")


def test_link_when_declined_by_the_other_page_then_corrections_still_count(
    world: TrainingInMemory,
) -> None:
    _, link = asked(world)
    (row,) = APPROVALS.list(world.registry, PRODUCTION)
    world.follow(world.links.link_to_approval(PRODUCTION, row.id, 7), "POST", "decision=decline")
    crop = content(call(world, link, "items"))["items"][0]["crop_id"]
    posted = {"corrections": [{"crop_id": crop, "version": 0, "verdict": "rejected"}]}
    assert content(call(world, link, "corrections", posted))["results"][0]["saved"]
    assert call(world, link, "done", {}).statusCode == 409


def test_fault_when_the_step_fails_then_json_that_says_whether_to_try_again() -> None:
    passing, other = fault_json(Throttled("slow down")), fault_json(KeyError("secret"))
    assert (passing.statusCode, other.statusCode) == (503, 500)
    assert "secret" not in other.body
    assert content(passing)["code"] == "unavailable"
