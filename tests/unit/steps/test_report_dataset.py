import base64

import pytest
from fakes.training_in_memory import ENOUGH, PRODUCTION, TrainingInMemory, stored_thumbnail

from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import DatasetStatus
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.registry.kinds import DATASETS, FILMS
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def test_report_when_drawn_then_shows_captions_and_the_dataset_is_ready(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    assert "Big Buck runs across a meadow" in page
    assert page.count("data:image/jpeg;base64,") == 8
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert record.status == DatasetStatus.READY


def test_report_when_drawn_then_says_what_was_counted(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    figures = {(figure.name, figure.by): figure.value for figure in world.report(dataset)}
    assert figures["Pictures", None] == 8
    paid = {by: value for (name, by), value in figures.items() if name == "PaidCalls"}
    assert paid and all(by is not None and value > 0 for by, value in paid.items())
    assert figures["Dollars", None] > 0


def test_report_when_repeated_then_the_same_page(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    first = world.studio.get(world.keys(dataset).report)
    world.report(dataset)
    assert world.studio.get(world.keys(dataset).report) == first


def test_report_when_the_manifest_is_not_written_then_not_found(world: TrainingInMemory) -> None:
    with pytest.raises(NotFound, match=r"violations\.jsonl"):
        world.report(world.captioned())


def test_report_when_films_stored_thumbnails_then_those_and_no_picture_is_read(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    read: list[str] = []
    get = world.studio.get
    monkeypatch.setattr(world.studio, "get", lambda key: read.append(key) or get(key))
    world.report(dataset)
    assert not [key for key in read if key.startswith(world.keys(dataset).pictures)]
    page = get(world.keys(dataset).report).decode()
    items = read_lines(DatasetItem, get(world.keys(dataset).items))
    assert len(items) == 8
    assert all(page.count(stored_thumbnail(item.crop_id)) == 1 for item in items)


def test_report_when_one_off_looks_were_left_out_then_their_stored_thumbnails_are_shown(
    world: TrainingInMemory,
) -> None:
    few = ENOUGH.model_copy(update={"max_per_character": 3})
    world.set_settings(Settings(training=few))
    dataset = world.captioned()
    world.write_manifest(dataset)
    key = world.keys(dataset).left_out
    left_out = [
        line.model_copy(update={"reason": LeftOutReason.ONE_OFF_LOOK, "detail": "seen once"})
        for line in read_lines(LeftOut, world.studio.get(key))
    ]
    assert len(left_out) == 2
    world.studio.put(key, write_lines(left_out), "application/jsonl")
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    assert all(page.count(stored_thumbnail(line.crop_id)) == 1 for line in left_out)
    assert page.count("<p>seen once</p>") == 2


def test_report_when_a_films_thumbnails_are_gone_then_its_pictures_are_made_smaller(
    world: TrainingInMemory,
) -> None:
    run = world.film("b.mp4")
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.studio.delete_prefix(FilmKeys.of(run).chunk(0).thumbnails)
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    items = read_lines(DatasetItem, world.studio.get(world.keys(dataset).items))
    assert len({item.film_id for item in items}) == 2
    assert "<small>b.mp4 · " in page
    for item in items:
        made = thumbnail(decode_picture(world.studio.get(item.key)).pixels)
        expected = (
            base64.b64encode(made).decode()
            if item.film_id == run.film_id
            else stored_thumbnail(item.crop_id)
        )
        assert f"base64,{expected}" in page


def test_report_when_a_film_has_other_crops_now_then_its_pictures_are_made_smaller(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    (film,) = FILMS.list(world.registry, PRODUCTION)
    assert film.body.run is not None
    world.studio.put(FilmKeys.of(film.body.run).crops, b"", "application/jsonl")
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    assert page.count("data:image/jpeg;base64,/9j/") == 8
