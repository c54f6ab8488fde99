import numpy as np
import pytest
from fakes.training_in_memory import PRODUCTION, QUIET_SECONDS, TrainingInMemory

from onmodel.contracts.arrays import Vector
from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason
from onmodel.contracts.films import Run
from onmodel.contracts.generations import Generation, Preflight
from onmodel.contracts.keys import DatasetKeys, FilmKeys
from onmodel.contracts.namers import NamingSettings
from onmodel.contracts.rows import GenerationBody, GenerationStatus, Kind
from onmodel.contracts.sampling_settings import DeduplicationSettings, EmbeddingSettings
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.errors import Conflict, DatasetRefused, EventRefused, ServiceUnavailable
from onmodel.films.settings import parse_settings
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.money.usage import UsageMeter
from onmodel.ports.registry import Record
from onmodel.registry.kinds import DATASETS, GENERATIONS
from onmodel.steps.assemble_dataset import unused_sections
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import encode_for_service


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def generation_row(world: TrainingInMemory, identity: str = "g0001") -> tuple[str, GenerationBody]:
    record = GENERATIONS.require(world.registry, PRODUCTION, identity)
    return record.status, record.body


def datasets(world: TrainingInMemory) -> list[str]:
    return [record.id for record in DATASETS.list(world.registry, PRODUCTION)]


def stored_vectors(world: TrainingInMemory, runs: list[Run]) -> dict[str, Vector]:
    """By crop_id: what PrepareFilm stored of these runs."""
    found: dict[str, Vector] = {}
    for keys in map(FilmKeys.of, runs):
        crops = read_lines(Crop, world.studio.get(keys.crops))
        vectors = from_npy(world.studio.get(keys.vectors))
        found |= {crop.crop_id: row for crop, row in zip(crops, vectors, strict=True)}
    return found


def items(world: TrainingInMemory, dataset_id: str) -> tuple[DatasetItem, ...]:
    keys = DatasetKeys(PRODUCTION, dataset_id)
    return read_lines(DatasetItem, world.studio.get(keys.items))


def test_assemble_when_a_character_has_looks_then_its_items_and_captions_have_the_surest(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.show_reference("big-buck", 0, "day")
    world.show_reference("big-buck", 5, "night")
    world.uploads.delete_prefix(f"{PRODUCTION}/characters/big-buck/front.png")
    dataset = world.assemble(generation)
    expected = {("big-buck", "day"), ("frank", "")}
    assert {(item.character, item.worn) for item in items(world, dataset.dataset_id)} == expected
    assert {(item.character, item.worn) for item in world.waiting(dataset)} == expected
    world.caption(next(item for item in world.waiting(dataset) if item.worn))
    assert "Its look is called “day”" in world.captions.asked[0][0].text


def test_assemble_when_done_then_the_dataset_stands_by_itself(world: TrainingInMemory) -> None:
    dataset = world.assemble(world.generation())
    keys = world.keys(dataset)
    rows = items(world, dataset.dataset_id)
    assert dataset.dataset_id.startswith("d0001-")
    assert len(rows) == dataset.captions_needed == 8
    assert {row.character for row in rows} == {"big-buck", "frank"}
    assert all(row.key.startswith(f"{keys.pictures}/") for row in rows)
    assert all(world.studio.get(row.key) for row in rows)
    assert from_npy(world.studio.get(keys.vectors)).shape == (8, 1024)
    settings = Settings.model_validate_json(world.studio.get(keys.settings))
    assert settings.characters["big-buck"].name == "Big Buck"
    status, body = generation_row(world)
    assert (status, body.dataset_id) == (GenerationStatus.CLOSED, dataset.dataset_id)


def test_assemble_when_repeated_then_the_same_dataset_with_what_is_left_to_caption(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    first = world.assemble(generation)
    for item in world.waiting(first)[:3]:
        world.caption(item)
    again = world.assemble(generation)
    assert again.dataset_id == first.dataset_id
    assert again.captions_needed == 5 == len(world.waiting(again))
    assert datasets(world) == [first.dataset_id]


def test_assemble_when_it_died_half_way_then_a_repeat_finishes(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = world.generation()
    put = world.studio.put

    def die(key: str, body: bytes, content_type: str) -> None:
        if key.endswith("items.jsonl"):
            raise ServiceUnavailable("S3 is away")
        put(key, body, content_type)

    monkeypatch.setattr(world.studio, "put", die)
    with pytest.raises(ServiceUnavailable):
        world.assemble(generation)
    assert generation_row(world)[0] == GenerationStatus.OPEN
    monkeypatch.undo()
    assert world.assemble(generation).captions_needed == 8


def test_assemble_when_a_film_is_prepared_meanwhile_then_the_next_try_has_it(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = world.generation()
    create = world.registry.create

    def a_film_lands(record: Record) -> Record:
        written = create(record)
        if record.kind == Kind.DATASET:
            monkeypatch.undo()
            world.collect(world.film("late.mp4"))
        return written

    monkeypatch.setattr(world.registry, "create", a_film_lands)
    with pytest.raises(Conflict):
        world.assemble(generation)
    assert datasets(world) == []
    dataset = world.assemble(generation)
    assert {row.film_id.rpartition("-")[0] for row in items(world, dataset.dataset_id)} == {
        "a",
        "late",
    }


def test_assemble_when_a_film_was_deleted_or_replaced_then_its_pictures_leave(
    world: TrainingInMemory,
) -> None:
    world.show_characters()
    for title in ("kept.mp4", "deleted.mp4", "replaced.mp4", "again.mp4"):
        world.collect(world.film(title))
    world.uploads.delete_prefix(f"{PRODUCTION}/films/deleted.mp4")
    world.uploads.put(f"{PRODUCTION}/films/replaced.mp4", b"a new cut", "video/mp4")
    world.uploads.put(f"{PRODUCTION}/films/again.mp4", b"again.mp4", "video/mp4")  # same content
    world.clock.advance(seconds=QUIET_SECONDS)
    dataset = world.assemble(world.started_generations()[0])
    titles = {row.film_id.rpartition("-")[0] for row in items(world, dataset.dataset_id)}
    assert titles == {"kept", "again"}
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    notices = " ".join(record.body.notices)
    assert "deleted.mp4 was deleted" in notices and "replaced.mp4 was replaced" in notices


def test_assemble_when_thresholds_changed_then_names_are_given_anew(
    world: TrainingInMemory,
) -> None:
    """Late naming: the films were prepared under the defaults."""
    generation = world.generation()
    world.set_settings(
        Settings(
            naming=NamingSettings(threshold=0.99), training=TrainingSettings(include_unnamed=True)
        )
    )
    dataset = world.assemble(generation)
    assert {row.character for row in items(world, dataset.dataset_id)} == {None}


@pytest.mark.parametrize("threshold", [0.6, 0.66])
def test_assemble_when_films_have_like_pictures_then_the_settings_threshold_decides(
    world: TrainingInMemory, threshold: float
) -> None:
    """The pictures of a character have cosines of about 0.64 to each other, in both films."""
    world.show_characters()
    runs = [world.film(title) for title in ("a.mp4", "b.mp4")]
    vectors = stored_vectors(world, runs)
    for run in runs:
        world.collect(run)
    world.set_settings(
        Settings(
            deduplication=DeduplicationSettings(threshold=threshold),
            training=TrainingSettings(min_pictures=1),
        )
    )
    dataset = world.assemble(world.started_generations()[0])
    rows = items(world, dataset.dataset_id)
    kept = np.stack([vectors[row.crop_id] for row in rows])
    assert from_npy(world.studio.get(world.keys(dataset).vectors)) == pytest.approx(kept)
    assert (kept @ kept.T - 2 * np.eye(len(kept))).max() < threshold
    left = read_lines(LeftOut, world.studio.get(world.keys(dataset).left_out))
    assert len(left) == 16 - len(rows) > 0
    films = {row.crop_id: row.film_id for row in rows}
    assert any(films[line.kept_instead or ""] != line.film_id for line in left)
    for line in left:
        similarity = float(vectors[line.crop_id] @ vectors[line.kept_instead or ""])
        assert line.reason == LeftOutReason.NEAR_DUPLICATE and similarity >= threshold - 1e-5
        assert line.detail == f"similarity {similarity:.3f}, limit {threshold:g}"


@pytest.mark.parametrize("by", [-0.002, 0.002])
def test_assemble_when_similarity_is_about_the_naming_threshold_then_the_setting_decides(
    world: TrainingInMemory, by: float
) -> None:
    """The threshold is put just beside one picture's similarity to the reference of its role."""
    world.show_characters()
    run = world.film()
    vectors = stored_vectors(world, [run])
    embed = world.embedder(Settings().embedding, UsageMeter()).embed
    references = [
        embed(encode_for_service(decode_picture(world.uploads.get(key)).pixels))
        for key in sorted(world.uploads.keys(f"{PRODUCTION}/characters/"))
    ]
    similarity = {
        crop: max(float(vector @ one) for one in references) for crop, vector in vectors.items()
    }
    chosen = sorted(similarity, key=similarity.__getitem__)[3]
    world.collect(run)
    world.set_settings(
        Settings(
            naming=NamingSettings(threshold=similarity[chosen] + by, margin=0),
            training=TrainingSettings(min_pictures=1),
        )
    )
    dataset = world.assemble(world.started_generations()[0])
    named = {row.crop_id for row in items(world, dataset.dataset_id)}
    assert named == {crop for crop, near in similarity.items() if near >= similarity[chosen] + by}
    assert (chosen in named) == (by < 0)


def test_assemble_when_nothing_can_be_named_then_refused_and_the_generation_is_closed(
    world: TrainingInMemory,
) -> None:
    world.collect(world.film())  # nobody showed a character
    generation = world.started_generations()[0]
    with pytest.raises(DatasetRefused, match="none of 8 pictures could be named"):
        world.assemble(generation)
    status, body = generation_row(world)
    assert status == GenerationStatus.CLOSED and body.dataset_id is None
    assert "could be named" in (body.reason or "")
    assert f"`onmodel review -p {PRODUCTION}`" in (body.advice or "")
    with pytest.raises(DatasetRefused, match="could be named"):
        world.assemble(generation)
    world.notify("dataset_refused", "g0001")
    assert "characters/<name>/" in world.mailbox.mails[-1].body


def test_assemble_when_too_few_are_left_then_refused_with_advice(world: TrainingInMemory) -> None:
    world.show_characters()
    world.collect(world.film(crops=3))
    with pytest.raises(DatasetRefused, match="Upload more film"):
        world.assemble(world.started_generations()[0])


def test_assemble_when_training_is_impossible_then_the_findings_stay_with_the_dataset(
    world: TrainingInMemory,
) -> None:
    preflight = Preflight(possible=False, findings=("The base model is gone.",))
    dataset = world.assemble(world.generation(), preflight)
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert record.body.findings == ("The base model is gone.",)


def test_assemble_when_crops_are_left_out_then_they_are_listed(world: TrainingInMemory) -> None:
    generation = world.generation()
    world.set_settings(Settings(training=TrainingSettings(max_per_character=3)))
    dataset = world.assemble(generation)
    left = read_lines(LeftOut, world.studio.get(world.keys(dataset).left_out))
    assert [line.reason for line in left] == [LeftOutReason.OVER_CAP] * 2
    assert dataset.captions_needed == 6


def test_assemble_when_a_caption_is_cached_then_it_is_not_queued(world: TrainingInMemory) -> None:
    first = world.assemble(world.generation())
    for item in world.waiting(first):
        world.caption(item)
    world.collect(world.film("two.mp4", crops=2))
    world.clock.advance(seconds=QUIET_SECONDS)
    second = world.assemble(world.started_generations()[-1])
    assert second.captions_needed == 2
    answered = world.studio.keys(f"{world.keys(second).caption_answers}/")
    assert len(answered) == 8


def test_assemble_when_the_generation_is_unknown_then_refused(world: TrainingInMemory) -> None:
    unknown = Generation(
        production=PRODUCTION, generation_id="g0007", attempt=1, correlation_id="c"
    )
    with pytest.raises(EventRefused, match="g0007"):
        world.assemble(unknown)


def test_assemble_when_the_stack_may_call_another_model_then_the_dataset_is_captioned_with_it(
    world: TrainingInMemory,
) -> None:
    world.models = AllowedModels(captions="us.amazon.nova-pro-v1:0")
    dataset = world.assemble(world.generation())
    settings = Settings.model_validate_json(world.studio.get(world.keys(dataset).settings))
    assert settings.captions.model == "us.amazon.nova-pro-v1:0"


NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


def embedded_by(world: TrainingInMemory, run: Run, embedding: EmbeddingSettings) -> None:
    settings = Settings(embedding=embedding).model_dump_json().encode()
    world.studio.put(FilmKeys.of(run).settings, settings, "application/json")


def test_assemble_when_films_were_embedded_by_two_models_then_refused_before_anything_is_paid(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded_by(world, world.film("b.mp4"), EmbeddingSettings(model=NOVA))
    generation = world.generation()

    def embedder(*_: object, **__: object) -> None:
        raise AssertionError("a reference is embedded")

    monkeypatch.setattr(world, "embedder", embedder)
    with pytest.raises(DatasetRefused) as refusal:
        world.assemble(generation)
    assert f"{NOVA}, 1024 dimensions; amazon.titan-embed-image-v1" in refusal.value.reason
    assert "Upload all films again" in refusal.value.advice


def test_assemble_when_the_stack_now_calls_another_embedding_model_then_refused_with_its_name(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.models = AllowedModels(embedding=NOVA)
    with pytest.raises(DatasetRefused, match=rf"this stack now calls {NOVA}"):
        world.assemble(generation)


def test_assemble_when_a_film_of_another_model_has_no_crops_then_it_does_not_count(
    world: TrainingInMemory,
) -> None:
    embedded_by(world, world.film("b.mp4", crops=0), EmbeddingSettings(model=NOVA))
    assert world.assemble(world.generation()).captions_needed == 8


def test_assemble_when_dimensions_were_changed_after_the_films_then_panels_are_embedded_as_these(
    world: TrainingInMemory,
) -> None:
    world.set_settings(Settings(embedding=EmbeddingSettings(dimensions=384)))
    dataset = world.assemble(world.generation())
    settings = Settings.model_validate_json(world.studio.get(world.keys(dataset).settings))
    assert settings.embedding.dimensions == 1024


@pytest.mark.parametrize(
    ("text", "trainer", "notices"),
    [
        (b"training: {min_pictures: 9}", "sagemaker", ()),
        (b"training: {preset: article}", "bedrock", ()),
        (
            b"training: {preset: article}",
            "sagemaker",
            (
                "training.bedrock (preset, steps, batch_size, learning_rate outside a section mean"
                " it too) is set and not used: sagemaker trains.",
            ),
        ),
        (
            b"training: {sagemaker: {steps: 900}}",
            "bedrock",
            ("training.sagemaker is set and not used: bedrock trains.",),
        ),
    ],
)
def test_unused_sections_when_another_trainer_trains_then_a_notice(
    text: bytes, trainer: str, notices: tuple[str, ...]
) -> None:
    assert unused_sections(parse_settings(text).training, trainer) == notices
