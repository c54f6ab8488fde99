"""The page over the real steps and the server of `onmodel review`, and the dataset after it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from fakes.training_in_memory import CAST, PRODUCTION, TrainingInMemory
from playwright.sync_api import Page, expect

from onmodel.contracts.captions import BY_A_PERSON, Caption
from onmodel.contracts.datasets import DatasetItem, DatasetRef
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.formats.jsonl import read_lines
from onmodel.steps.review_api import ReviewApi, ReviewSubject
from onmodel.steps.review_items import Reviewed, ReviewItems
from onmodel.trainers.catalogue import common_limits
from onmodel_cli.review_server import ReviewServer
from onmodel_cli.served_pictures import ServedPictures

SMALL = TrainingSettings(min_pictures=1, min_per_character=1, validation_share=0)


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.fixture
def dataset(world: TrainingInMemory) -> DatasetRef:
    world.set_settings(Settings(training=SMALL))
    return world.captioned()


@pytest.fixture
def address(world: TrainingInMemory, dataset: DatasetRef) -> Iterator[str]:
    pictures = ServedPictures()
    items = ReviewItems(
        registry=world.registry, uploads=world.uploads, studio=world.studio, pictures=pictures,
        clock=world.clock, models=AllowedModels(),
    )  # fmt: skip
    api = ReviewApi(
        items=items, registry=world.registry, studio=world.studio, clock=world.clock,
        limits=common_limits(),
    )  # fmt: skip
    subject = ReviewSubject(Reviewed(PRODUCTION, dataset.dataset_id))
    with ReviewServer(api, subject, pictures) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.address
        server.shutdown()


def content(
    world: TrainingInMemory, dataset: DatasetRef
) -> tuple[dict[str, DatasetItem], dict[str, Caption]]:
    keys = world.keys(dataset)
    items = read_lines(DatasetItem, world.studio.get(keys.items))
    captions = read_lines(Caption, world.studio.get(keys.captions))
    return {line.crop_id: line for line in items}, {line.crop_id: line for line in captions}


def test_review_when_pictures_are_corrected_then_the_next_dataset_has_it_so_and_pays_nothing(
    page: Page, world: TrainingInMemory, dataset: DatasetRef, address: str
) -> None:
    page.goto(address)
    page.locator("#filters").get_by_role("button", name="All 8").click()
    expect(page.locator("#place")).to_have_text("1 of 8")
    crop = "() => document.getElementById('single').dataset.crop"
    rejected = page.evaluate(crop)
    assert page.locator("#frame img").evaluate("image => image.decode().then(() => true)")
    page.keyboard.press("r")
    renamed = page.evaluate(crop)
    before = page.locator("#single-name").inner_text()
    other = next(number for number, slug in enumerate(CAST, 1) if slug != _slug(before))
    page.keyboard.press(str(other))
    captioned = page.evaluate(crop)
    name = page.locator("#single-name").inner_text()
    page.keyboard.press("e")
    page.locator("#caption").fill(f"{name} waves at a kite.")
    page.keyboard.press("Enter")
    expect(page.locator("#saving")).to_have_text("All saved")
    page.goto(f"{address}#grid")
    thumbnails = page.locator("[role=option] .thumb img")
    expect(thumbnails).to_have_count(8)
    assert thumbnails.first.evaluate("image => image.decode().then(() => true)")

    asked = len(world.captions.asked)
    world.collect_captions(dataset)  # as the machine goes on after the review
    items, captions = content(world, dataset)
    assert len(world.captions.asked) == asked
    assert rejected not in captions
    assert items[renamed].character == CAST[other - 1]
    assert captions[captioned].text == f"{name} waves at a kite."
    assert captions[captioned].model == BY_A_PERSON


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
