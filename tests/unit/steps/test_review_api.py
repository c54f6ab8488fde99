"""The API of the review page, over a world in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import AllowedModels
from onmodel.datasets.caption_answers import read_answer
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS
from onmodel.steps import review_items
from onmodel.steps.review_api import ReviewApi, ReviewCall, ReviewSubject
from onmodel.steps.review_items import Reviewed, ReviewItems
from onmodel.trainers.catalogue import common_limits


@dataclass
class KeptPictures:
    """ReviewPictures that keeps what was made."""

    sheets: dict[str, bytes] = field(default_factory=dict)

    def address(self, store: ObjectStore, key: str) -> str:
        return f"https://{store.bucket}.invalid/{key}"

    def sheet(self, production: str, name: str, make: Callable[[], bytes]) -> str:
        self.sheets[name] = make()
        return f"https://studio.invalid/{production}/{name}"


class Page:
    """A browser's view of one review."""

    def __init__(self, world: TrainingInMemory, dataset_id: str | None = None) -> None:
        self.world = world
        self.pictures = KeptPictures()
        self.finished: list[str] = []
        items = ReviewItems(
            registry=world.registry, uploads=world.uploads, studio=world.studio,
            pictures=self.pictures, clock=world.clock, models=AllowedModels(),
        )  # fmt: skip
        self.api = ReviewApi(
            items=items, registry=world.registry, studio=world.studio, clock=world.clock,
            limits=common_limits(),
        )  # fmt: skip
        self.subject = ReviewSubject(Reviewed(PRODUCTION, dataset_id))

    def get(self, path: str, query: str = "", status: int = 200) -> Any:
        return self._ask(ReviewCall("GET", path, query), status)

    def post(self, path: str, content: object, status: int = 200) -> Any:
        return self._ask(ReviewCall("POST", path, "", json.dumps(content)), status)

    def _ask(self, call: ReviewCall, status: int) -> Any:
        answer = self.api.answer(self.subject, call)
        assert (answer.status, answer.content_type) == (status, "application/json; charset=utf-8")
        assert answer.headers["cache-control"] == "no-store"
        return json.loads(answer.body)


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def test_items_when_a_dataset_is_captioned_then_each_has_picture_caption_and_thumbnail(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    page = Page(world, dataset.dataset_id)
    answer = page.get("items")
    assert (answer["total"], answer["next"], answer["dataset_id"]) == (8, None, dataset.dataset_id)
    assert answer["is_waited_for"] is False
    assert [one["slug"] for one in answer["characters"]] == ["big-buck", "frank"]
    assert all("/characters/" in one["references"][0] for one in answer["characters"])
    for item in answer["items"]:
        assert item["picture"].startswith("https://studio.invalid/bunny/datasets/")
        assert item["name"] in item["caption"]
        assert item["left_out"] == ""
        assert item["correction"] is None
    (sheet,) = page.pictures.sheets.values()
    pixels = cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_COLOR)
    last = answer["items"][-1]["thumbnail"]
    assert last["x"] + last["width"] <= pixels.shape[1]
    assert last["y"] + last["height"] <= pixels.shape[0]


def test_items_when_no_dataset_was_made_then_the_films_crops_are_shown(
    world: TrainingInMemory,
) -> None:
    world.show_characters()
    world.film()
    answer = Page(world).get("items")
    assert (answer["total"], answer["dataset_id"]) == (8, None)
    assert {item["caption"] for item in answer["items"]} == {""}


def test_items_when_the_namer_told_a_look_then_it_is_shown_with_its_picture(
    world: TrainingInMemory,
) -> None:
    world.show_characters()
    keys = FilmKeys.of(world.film())
    first, *rest = read_lines(Naming, world.studio.get(keys.names))
    names = [first.model_copy(update={"look": "winter coat"}), *rest]
    world.studio.put(keys.names, write_lines(names), "application/jsonl")
    items = Page(world).get("items")["items"]
    looks = {item["crop_id"]: item["look"] for item in items if "look" in item}
    assert looks == {first.crop_id: "winter coat"}


def test_items_when_ordered_then_the_most_doubtful_first(world: TrainingInMemory) -> None:
    world.show_characters()
    world.film()
    items = Page(world).get("items")["items"]
    weights = [max((one["weight"] for one in item["doubts"]), default=0) for item in items]
    assert weights[0] > 0
    assert weights == sorted(weights, reverse=True)


def test_items_when_there_are_many_then_pages_have_each_once_and_fit_300_kb(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_items, "MOST_ITEMS", 8)
    world.show_characters()
    world.film(crops=20)
    page, after, seen = Page(world), "", []
    while True:
        answer = page.get("items", f"after={after}" if after else "")
        seen += [item["crop_id"] for item in answer["items"]]
        per_item = len(json.dumps(answer["items"])) / len(answer["items"])
        assert (per_item + 1500) * 100 < 300_000  # with a presigned address instead of ours
        if answer["next"] is None:
            break
        after = answer["next"]
    assert len(seen) == len(set(seen)) == 20


def test_items_when_the_mark_is_none_then_refused(world: TrainingInMemory) -> None:
    world.film()
    assert Page(world).get("items", "after=x", status=400)["code"] == "bad_request"


def test_corrections_when_posted_then_shown_with_their_version_and_what_the_pipeline_said(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    page = Page(world, dataset.dataset_id)
    first = page.get("items")["items"][0]
    wanted = {"crop_id": first["crop_id"], "version": 0, "verdict": "kept", "character": "new-one"}
    (result,) = page.post("corrections", {"corrections": [wanted]})["results"]
    assert (result["saved"], result["version"]) == (True, 1)
    answer = page.get("items")
    shown = answer["items"][0]
    assert shown["character"] == first["character"]
    assert shown["correction"]["character"] == "new-one"
    assert {"slug": "new-one", "name": "New One"}.items() <= answer["characters"][-1].items()


@pytest.mark.parametrize(
    ("typed", "slug", "name"),
    [
        ("Buck Bunny", "buck-bunny", "Buck Bunny"),
        (" McBuck ", "mcbuck", "McBuck"),
        ("Ze\u0301 Straße", "ze-strasse", "Z\u00e9 Straße"),
        ("花子", "hua-zi", "花子"),
        ("FRANK", "frank", "Frank"),
        ("Fränk", "frank-e4a55e2c", "Fränk"),
    ],
)
def test_character_when_a_name_is_typed_then_its_id_as_of_a_folder(
    world: TrainingInMemory, typed: str, slug: str, name: str
) -> None:
    world.show_characters()
    world.film()
    answer = Page(world).get("character", urlencode({"name": typed}))
    assert answer == {"slug": slug, "name": name}


@pytest.mark.parametrize("typed", ["", "  ", "a\nb", "\u202eBuck", "x" * 61])
def test_character_when_the_name_cannot_be_one_then_refused_with_the_reason(
    world: TrainingInMemory, typed: str
) -> None:
    world.film()
    fault = Page(world).get("character", urlencode({"name": typed}), status=400)
    assert fault["error"].startswith(("The name has ", "The name is "))


def test_corrections_when_a_new_name_is_typed_then_it_is_kept_in_prompts_and_datasets(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    page = Page(world, dataset.dataset_id)
    first, second, third = page.get("items")["items"][:3]
    named = {"character": "mcbuck", "character_name": "McBuck", "verdict": "kept", "version": 0}
    posted = [
        {"crop_id": first["crop_id"], **named},
        {"crop_id": second["crop_id"], **named, "character_name": "a\tb"},
        {"crop_id": third["crop_id"], **named, "character": "anna", "character_name": "Anna"},
    ]
    saved, refused, _ = page.post("corrections", {"corrections": posted})["results"]
    assert saved["saved"] and saved["correction"]["character_name"] == "McBuck"
    assert (refused["saved"], refused["reason"][:13]) == (False, "The name has ")
    shown = [(one["slug"], one["name"]) for one in page.get("items")["characters"]]
    assert shown[-2:] == [("anna", "Anna"), ("mcbuck", "McBuck")]  # others keep their number keys
    world.collect(world.film("b.mp4", crops=2))
    world.clock.advance(seconds=3600)
    generation = world.started_generations()[-1]
    assert world.settle(generation).settled
    second_dataset = world.assemble(generation)
    known = read_answer(first["crop_id"], world.keys(second_dataset), world.studio)
    assert known is not None and known.caption is not None
    assert known.caption.text.startswith("McBuck runs")  # without a call
    row = DATASETS.require(world.registry, PRODUCTION, second_dataset.dataset_id)
    assert row.body.character_names["mcbuck"] == "McBuck"


def test_corrections_when_the_crop_is_gone_then_refused_by_itself(world: TrainingInMemory) -> None:
    world.film()
    page = Page(world)
    known = page.get("items")["items"][0]["crop_id"]
    posted = [{"crop_id": one, "version": 0, "verdict": "kept"} for one in ("gone", known)]
    gone, saved = page.post("corrections", {"corrections": posted})["results"]
    assert not gone["saved"]
    assert gone["reason"] == "This picture is not in the production any more."
    assert saved["saved"]


@pytest.mark.parametrize(
    "content", [{}, {"corrections": []}, {"corrections": [{"crop_id": "../x", "version": 0}]}, 7]
)
def test_corrections_when_not_of_the_form_then_refused_with_the_place(
    world: TrainingInMemory, content: object
) -> None:
    world.film()
    assert Page(world).post("corrections", content, status=400)["code"] == "bad_request"


def test_groups_when_asked_at_a_threshold_then_counted_and_the_best_is_first(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    page = Page(world)
    answer = page.get("groups", "threshold=0.99")
    assert (answer["kept"], answer["of"], answer["groups"]) == (8, 8, [])
    loose = page.get("groups", "threshold=0.5")
    assert loose["kept"] < 8
    qualities = {
        crop.crop_id: crop.quality
        for crop in read_lines(Crop, world.studio.get(FilmKeys.of(run).crops))
    }
    for group in loose["groups"]:
        assert qualities[group[0]] == max(qualities[crop] for crop in group)
    apart = {"crop_id": loose["groups"][0][1], "version": 0, "not_a_match": loose["groups"][0][:1]}
    page.post("corrections", {"corrections": [apart]})
    again = page.get("groups", "threshold=0.5")
    assert apart["crop_id"] not in again["groups"][0] or again["kept"] != loose["kept"]
    assert page.get("groups", "threshold=2", status=400)["code"] == "bad_request"
    assert page.get("groups", "threshold=nan", status=400)["code"] == "bad_request"


def test_done_when_nothing_waits_then_said_and_else_the_machine_goes_on(
    world: TrainingInMemory,
) -> None:
    world.film()
    page = Page(world)
    assert page.post("done", {}, status=409)["code"] == "closed"
    page.subject = ReviewSubject(Reviewed(PRODUCTION, None), finish=lambda: "It goes on.")
    assert page.post("done", {}) == {"message": "It goes on."}
    assert page.get("items")["is_waited_for"] is True


@pytest.mark.parametrize("path", ["static/../index.html", "static/none.js", "else", "static/"])
def test_files_when_there_is_none_then_not_found(world: TrainingInMemory, path: str) -> None:
    assert Page(world).get(path, status=404)["code"] == "not_found"
