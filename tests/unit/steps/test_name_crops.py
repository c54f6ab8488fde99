from __future__ import annotations

from copy import deepcopy

import pytest
from drawn.films import DrawnFilm
from fakes.films_in_memory import FilmsInMemory
from fakes.labels import FakeLabels, figure

from onmodel.contracts.crops import Crop, Naming, Rejected, RejectReason
from onmodel.contracts.film_rows import NamingCost
from onmodel.contracts.films import Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.namers import NameThreshold, NamingSettings
from onmodel.contracts.review import CorrectionBody, CorrectionStatus
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.registry.kinds import CORRECTIONS, REFERENCES
from onmodel.steps.deduplicate_film import deduplicate_film


@pytest.fixture(scope="module")
def deduplicated(drawn: DrawnFilm) -> tuple[FilmsInMemory, Run]:
    """A film with several kept pictures of a shot, to be named; to be copied, not changed."""
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    world.upload("bunny/settings.yaml", b"deduplication: {visible_change: 0}\n")
    world.route(world.upload("bunny/films/drawn.mp4", drawn.path.read_bytes()))
    run = world.started()
    for chunk in world.probe(run):
        world.sample(run, chunk)
    deduplicate_film(RunRequest(run=run), studio=world.studio, registry=world.registry)
    return world, run


@pytest.fixture
def world(deduplicated: tuple[FilmsInMemory, Run]) -> FilmsInMemory:
    return deepcopy(deduplicated[0])


@pytest.fixture
def run(deduplicated: tuple[FilmsInMemory, Run]) -> Run:
    return deduplicated[1]


def names(world: FilmsInMemory, run: Run) -> dict[str, str | None]:
    lines = read_lines(Naming, world.studio.get(FilmKeys.of(run).names))
    return {line.crop_id: line.character for line in lines}


def first_crop(world: FilmsInMemory, run: Run) -> Crop:
    return read_lines(Crop, world.studio.get(FilmKeys.of(run).crops))[0]


def test_name_when_there_is_no_reference_then_every_crop_is_unnamed(
    world: FilmsInMemory, run: Run
) -> None:
    world.name(run)
    assert names(world, run)
    assert set(names(world, run).values()) == {None}
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    assert cost.threshold is None


def test_name_when_a_crop_is_itself_the_reference_then_it_gets_the_name(
    world: FilmsInMemory, run: Run
) -> None:
    crop = first_crop(world, run)
    world.route(world.upload("bunny/characters/Mira/1.jpg", world.studio.get(crop.key)))
    world.name(run)
    assert names(world, run)[crop.crop_id] == "mira"
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    assert cost.threshold == NameThreshold(
        similarity=0.65, margin=0.03, measured=False, tried=0, misnamed=0
    )


def test_name_when_a_person_typed_a_new_name_then_reports_have_it_as_typed(
    world: FilmsInMemory, run: Run
) -> None:
    crop = first_crop(world, run).crop_id
    body = CorrectionBody(character="bk", character_name="باك", changed_at=world.clock())
    CORRECTIONS.create(
        world.registry, run.production, crop,
        status=CorrectionStatus.GIVEN, body=body, now=world.clock(),
    )  # fmt: skip
    world.name(run)
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    assert (names(world, run)[crop], cost.character_names) == ("bk", {"bk": "باك"})


@pytest.mark.parametrize("by", [-0.002, 0.002])
def test_name_when_similarity_is_about_the_threshold_then_the_setting_decides(
    world: FilmsInMemory, run: Run, by: float
) -> None:
    """The threshold is put just beside the least similarity of those that are like Mira at all."""
    keys = FilmKeys.of(run)
    crop = first_crop(world, run)
    world.route(world.upload("bunny/characters/Mira/1.jpg", world.studio.get(crop.key)))
    world.name(run)
    similarity = {
        line.crop_id: line.confidence
        for line in read_lines(Naming, world.studio.get(keys.names))
        if line.confidence > 0.01
    }
    least = min(similarity, key=similarity.__getitem__)
    naming = NamingSettings(threshold=similarity[least] + by, margin=0)
    settings = Settings.model_validate_json(world.studio.get(keys.settings))
    changed = settings.model_copy(update={"naming": naming}).model_dump_json().encode()
    world.studio.put(keys.settings, changed, "application/json")
    world.name(run)
    assert names(world, run)[least] == ("mira" if by < 0 else None)


def test_name_when_repeated_then_no_reference_is_paid_again(world: FilmsInMemory, run: Run) -> None:
    crop = first_crop(world, run)
    world.route(world.upload("bunny/characters/Mira/1.jpg", world.studio.get(crop.key)))
    paid = sum(use.paid for use in world.name(run).usage())
    again = sum(use.paid for use in world.name(run).usage())
    assert again == 0
    assert paid <= 1


def test_name_when_a_reference_was_deleted_then_it_is_left_out_and_told(
    world: FilmsInMemory, run: Run
) -> None:
    crop = first_crop(world, run)
    world.route(world.upload("bunny/characters/Mira/1.jpg", world.studio.get(crop.key)))
    assert list(REFERENCES.list(world.registry, "bunny"))
    world.uploads.delete_prefix("bunny/characters/")
    world.name(run)
    assert set(names(world, run).values()) == {None}
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    assert any("Mira/1.jpg" in notice for notice in cost.notices)


@pytest.mark.parametrize("cast", [2, 6])
def test_name_when_references_of_several_are_alike_then_one_notice_lists_the_pairs(
    world: FilmsInMemory, run: Run, cast: int
) -> None:
    picture = world.studio.get(first_crop(world, run).key)
    for number in range(cast):
        world.route(world.upload(f"bunny/characters/Mira {number}/1.jpg", picture))
    world.name(run)
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    (notice,) = (each for each in cost.notices if "alike" in each)
    assert "as pictures of one: Mira 0 and Mira 1 (1.00)" in notice
    assert ". From 0.65 on they count as alike. " in notice
    assert cost.threshold and cost.threshold.measured
    assert f"In this film a name needed {cost.threshold.similarity:.2f}, measured" in notice
    assert notice.count(" and ") == min(cast * (cast - 1) // 2, 10)
    assert ("); 5 more pairs." in notice) == (cast == 6)
    assert notice.endswith("Cut down a reference that shows both of them.")


def test_name_when_references_are_alike_by_the_settings_threshold_then_that_one_is_told(
    world: FilmsInMemory, run: Run
) -> None:
    picture = world.studio.get(first_crop(world, run).key)
    for name in ("Mira", "Anna"):
        world.route(world.upload(f"bunny/characters/{name}/1.jpg", picture))
    with_naming(world, run, threshold=0.8)
    world.name(run)
    cost = NamingCost.model_validate_json(world.studio.get(FilmKeys.of(run).naming_usage))
    (notice,) = (each for each in cost.notices if "alike" in each)
    assert "Anna and Mira (1.00). From 0.80 on they count as alike." in notice
    assert "In this film" not in notice


def with_naming(world: FilmsInMemory, run: Run, **naming: object) -> None:
    keys = FilmKeys.of(run)
    settings = Settings.model_validate_json(world.studio.get(keys.settings))
    changed = settings.model_copy(update={"naming": NamingSettings.model_validate(naming)})
    world.studio.put(keys.settings, changed.model_dump_json().encode(), "application/json")


def notices(world: FilmsInMemory, run: Run) -> tuple[str, ...]:
    body = world.studio.get(FilmKeys.of(run).naming_usage)
    return NamingCost.model_validate_json(body).notices


def with_named_group(world: FilmsInMemory, run: Run) -> tuple[str, set[str]]:
    """A group that is called mira from the next naming on, and its crops."""
    with_naming(world, run, kind="cluster")
    world.name(run)
    lines = read_lines(Naming, world.studio.get(FilmKeys.of(run).names))
    group = next(line.group for line in lines if line.group)
    with_naming(world, run, kind="cluster", cluster={"names": {f"{run.film_id}/{group}": "mira"}})
    return group, {line.crop_id for line in lines if line.group == group}


def test_name_when_a_person_names_one_picture_of_a_group_then_all_of_it_for_nothing(
    world: FilmsInMemory, run: Run
) -> None:
    _, alike = with_named_group(world, run)
    meter = world.name(run)
    assert {crop for crop, name in names(world, run).items() if name == "mira"} >= alike
    assert meter.usage() == ()
    assert notices(world, run) == ()


def test_name_when_a_review_names_the_picture_of_a_line_otherwise_then_its_group_has_that_name(
    world: FilmsInMemory, run: Run
) -> None:
    group, alike = with_named_group(world, run)
    CORRECTIONS.create(
        world.registry, run.production, group, status=CorrectionStatus.GIVEN,
        body=CorrectionBody(character="anna", changed_at=world.clock()), now=world.clock(),
    )  # fmt: skip
    world.name(run)
    assert {names(world, run)[crop] for crop in alike} == {"anna"}
    (told,) = notices(world, run)
    assert told.startswith(f"naming.cluster.names: {run.film_id}/{group} has another name")


def test_name_when_the_named_picture_was_dropped_as_a_duplicate_then_the_kept_one_counts(
    world: FilmsInMemory, run: Run
) -> None:
    keys, kept = FilmKeys.of(run), first_crop(world, run)
    dropped = Rejected(
        reason=RejectReason.NEAR_DUPLICATE, timecode_seconds=0.5, chunk=0,
        crop_id="000000500-0123456789", kept_instead=kept.crop_id,
    )  # fmt: skip
    world.studio.put(keys.rejected, write_lines([dropped]), "application/jsonl")
    named = {"names": {f"{run.film_id}/{dropped.crop_id}": "mira"}}
    with_naming(world, run, kind=["embeddings", "cluster"], cluster=named)
    world.name(run)
    assert names(world, run)[kept.crop_id] == "mira"


def test_name_when_a_named_picture_does_not_exist_then_told_and_nobody_is_named(
    world: FilmsInMemory, run: Run
) -> None:
    wrong = {f"{run.film_id}/000-gone": "mira", "another-film/000-gone": "mira"}
    with_naming(world, run, kind="cluster", cluster={"names": wrong})
    world.name(run)
    assert set(names(world, run).values()) == {None}
    told = notices(world, run)
    assert len(told) == 2
    assert all("is no picture of this production" in each for each in told)
