import pytest
from fakes import training_in_memory
from fakes.training_in_memory import ENOUGH, PRODUCTION, TrainingInMemory, with_prices

from onmodel.contracts.datasets import DatasetItem, DatasetRef
from onmodel.contracts.generations import Preflight
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.rows import DatasetBody, DatasetStatus, TrainingStage
from onmodel.contracts.settings import (
    AllowedModels,
    DeploymentSettings,
    Settings,
    TrainingSettings,
)
from onmodel.errors import EventRefused
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.ports.registry import Record
from onmodel.registry.kinds import DATASETS, TRAININGS
from onmodel.trainers.catalogue import common_limits

IMPOSSIBLE = Preflight(possible=False, findings=("The base model is gone.",))


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def stored(world: TrainingInMemory, dataset: DatasetRef) -> DatasetBody:
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    return record.body


def expensive(world: TrainingInMemory) -> DatasetRef:
    generation = world.generation()
    world.set_settings(
        Settings(
            training=TrainingSettings(preset="article", min_per_character=1, validation_share=0)
        )
    )
    return world.assemble(generation)


def two_datasets(world: TrainingInMemory) -> tuple[DatasetRef, DatasetRef]:
    """Of two generations, neither of them quoted."""
    first = world.assemble(world.generation())
    world.collect(world.film("two.mp4"))
    return first, world.assemble(world.started_generations()[-1])


def trained(world: TrainingInMemory, stage: TrainingStage) -> DatasetRef:
    """A dataset whose training stands at a stage."""
    dataset = world.assemble(world.generation())
    training = world.start_training(dataset)
    record = TRAININGS.require(world.registry, PRODUCTION, training)
    TRAININGS.replace(world.registry, record.with_status(stage), record.updated_at)
    return dataset


def test_quote_when_first_and_within_the_limit_then_nobody_is_asked(
    world: TrainingInMemory,
) -> None:
    dataset = world.assemble(world.generation())
    quoted = world.quote(dataset)
    # 500 × 8 pictures at half a cent, a month of the model, cents of captions, and four begun
    # hours of 60.50 dollars until the deployment's scheduled end
    assert quoted.usd is not None and 263.95 < quoted.usd < 264.1
    assert not quoted.approval and quoted.review == "none"
    body = stored(world, dataset)
    assert body.quoted_usd == quoted.usd
    assert [part.name for part in body.quoted_parts] == [
        "captions",
        "training",
        "deployment",
        "judging",
    ]
    assert sum(part.usd or 0 for part in body.quoted_parts) == pytest.approx(quoted.usd)
    assert any("500 steps" in line for line in body.assumptions)
    assert any("2 h in service" in line for line in body.assumptions)


def test_quote_when_the_limit_is_the_stacks_default_then_bedrock_asks_once_for_the_whole(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training alone is within the limit; with the deployment that follows it is not."""
    monkeypatch.setattr(training_in_memory, "SPEND_LIMIT_USD", 100.0)
    dataset = world.assemble(world.generation())
    assert world.quote(dataset).approval
    assert stored(world, dataset).why_asked == "The total is above the limit of $100.00."


def test_quote_when_the_settings_wish_other_hours_then_the_deployment_is_as_long(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.set_settings(Settings(deployment=DeploymentSettings(hours=0.5)))
    short = world.assemble(generation)
    world.quote(short)
    deployment = stored(world, short).quoted_parts[-2]
    assert (deployment.usd, deployment.usual_usd) == (2 * 60.5, 60.5)


@pytest.mark.parametrize(("below", "is_asked"), [(0.0, False), (0.01, True)])
def test_quote_when_at_the_limit_then_a_person_is_asked_only_above_it(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch, below: float, is_asked: bool
) -> None:
    dataset = world.assemble(world.generation())
    usd = world.quote(dataset).usd
    assert usd is not None
    monkeypatch.setattr(training_in_memory, "SPEND_LIMIT_USD", usd - below)
    assert world.quote(dataset).approval == is_asked


def test_quote_when_above_the_limit_then_a_person_is_asked(world: TrainingInMemory) -> None:
    dataset = expensive(world)
    quoted = world.quote(dataset)
    assert quoted.approval and quoted.usd is not None and 4720 < quoted.usd < 4740
    assert stored(world, dataset).why_asked == "The total is above the limit of $300.00."


THIN = (
    "Fewer than 8 training pictures (training.min_per_character) of Big Buck (4) and Frank (4): a"
    " model may not learn these characters."
)
NOT_HELD_OUT = (
    "No shot could be held out for validation (training.validation_share): how much of its pictures"
    " a model learns by heart cannot be measured."
)


def test_quote_when_the_dataset_is_thin_then_asked_also_within_the_limit(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.set_settings(Settings(training=TrainingSettings()))
    dataset = world.assemble(generation)
    assert world.quote(dataset).approval
    assert stored(world, dataset).why_asked == f"{THIN} {NOT_HELD_OUT}"


def test_quote_when_thin_and_above_the_limit_then_one_question_says_both(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_in_memory, "SPEND_LIMIT_USD", 100.0)
    generation = world.generation()
    world.set_settings(Settings(training=ENOUGH.model_copy(update={"min_per_character": 8})))
    dataset = world.assemble(generation)
    assert world.quote(dataset).approval
    why = stored(world, dataset).why_asked
    assert why == f"The total is above the limit of $100.00. {THIN}"


def test_quote_when_thin_and_training_is_impossible_then_nobody_is_asked(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.set_settings(Settings(training=TrainingSettings()))
    assert not world.quote(world.assemble(generation), IMPOSSIBLE).approval


def test_quote_when_a_price_is_missing_then_asked_and_never_zero(world: TrainingInMemory) -> None:
    dataset = world.assemble(world.generation())
    world.prices = with_prices({})
    quoted = world.quote(dataset)
    assert quoted.usd is None and quoted.approval


def test_quote_when_the_production_was_trained_before_then_asked(world: TrainingInMemory) -> None:
    trained(world, TrainingStage.COMPLETED)
    world.collect(world.film("two.mp4"))
    second = world.assemble(world.started_generations()[-1])
    assert world.quote(second).approval
    assert "trained before" in stored(world, second).why_asked


@pytest.mark.parametrize(
    "stage", [TrainingStage.STARTING, TrainingStage.IN_PROGRESS, TrainingStage.COMPLETED]
)
def test_quote_when_this_training_was_begun_then_not_asked_again(
    world: TrainingInMemory, stage: TrainingStage
) -> None:
    assert not world.quote(trained(world, stage)).approval


@pytest.mark.parametrize("stage", [TrainingStage.FAILED, TrainingStage.STOPPED, TrainingStage.GONE])
def test_quote_when_the_dataset_was_trained_in_vain_then_asked(
    world: TrainingInMemory, stage: TrainingStage
) -> None:
    assert world.quote(trained(world, stage)).approval


def test_quote_when_the_first_was_impossible_then_the_next_is_still_the_first(
    world: TrainingInMemory,
) -> None:
    assert not world.quote(trained(world, TrainingStage.IMPOSSIBLE)).approval


def test_quote_when_training_is_impossible_then_of_captions_alone(world: TrainingInMemory) -> None:
    dataset = expensive(world)
    quoted = world.quote(dataset, IMPOSSIBLE)
    assert quoted.purpose == "captions" and not quoted.approval
    assert quoted.usd is not None and 0 < quoted.usd < 0.1  # 8 captions, and no 4,480 of training
    assert stored(world, dataset).findings == IMPOSSIBLE.findings
    assert not any("steps" in line for line in stored(world, dataset).assumptions)


def test_quote_when_impossible_and_captions_are_above_the_limit_then_asked(
    world: TrainingInMemory,
) -> None:
    dataset = world.assemble(world.generation()).model_copy(update={"captions_needed": 200_000})
    quoted = world.quote(dataset, IMPOSSIBLE)
    assert quoted.approval and quoted.purpose == "captions"
    assert quoted.usd is not None and 480 < quoted.usd < 600
    why = stored(world, dataset).why_asked
    assert "captions alone" in why and "above the limit of $300.00" in why
    world.ask(purpose="captions", subject_id=dataset.dataset_id, usd=quoted.usd)
    mail = world.mailbox.mails[-1]
    assert mail.subject.startswith("Caption the pictures of bunny for at most $5")
    assert "200,000 captions" in mail.body and "captions alone" in mail.body


@pytest.mark.parametrize(("captions", "approval"), [(0, False), (8, True)])
def test_quote_when_impossible_and_captions_have_no_price_then_asked_if_there_are_any(
    world: TrainingInMemory, captions: int, approval: bool
) -> None:
    world.models = AllowedModels(captions="unpriced.model")
    dataset = world.assemble(world.generation()).model_copy(update={"captions_needed": captions})
    assert world.quote(dataset, IMPOSSIBLE).approval is approval


def test_quote_when_another_dataset_was_quoted_and_not_yet_trained_then_asked(
    world: TrainingInMemory,
) -> None:
    """Both would be the production's first training, which starts by itself."""
    first, second = two_datasets(world)
    assert not world.quote(first).approval
    assert world.quote(second).approval
    assert "quoted before" in stored(world, second).why_asked


def test_quote_when_two_are_made_at_once_then_one_of_them_is_asked_about(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_datasets(world)
    replace, answers = world.registry.replace, []

    def the_other_is_first(record: Record) -> Record:
        monkeypatch.undo()
        answers.append(world.quote(first))
        return replace(record)

    monkeypatch.setattr(world.registry, "replace", the_other_is_first)
    answers.append(world.quote(second))
    assert [answer.approval for answer in answers] == [False, True]


@pytest.mark.parametrize("status", [DatasetStatus.ASSEMBLED, DatasetStatus.REFUSED])
def test_quote_when_the_other_cannot_be_trained_then_not_asked(
    world: TrainingInMemory, status: DatasetStatus
) -> None:
    first, second = two_datasets(world)
    world.quote(first, IMPOSSIBLE if status == DatasetStatus.ASSEMBLED else None)
    record = DATASETS.require(world.registry, PRODUCTION, first.dataset_id)
    DATASETS.replace(world.registry, record.with_status(status), record.updated_at)
    assert not world.quote(second).approval


def test_quote_when_repeated_then_the_same(world: TrainingInMemory) -> None:
    dataset = expensive(world)
    assert world.quote(dataset) == world.quote(dataset)


def test_quote_when_the_dataset_is_unknown_then_refused(world: TrainingInMemory) -> None:
    dataset = world.assemble(world.generation()).model_copy(update={"dataset_id": "d0009-00000000"})
    with pytest.raises(EventRefused, match="d0009"):
        world.quote(dataset)


def wanting(world: TrainingInMemory, least: int) -> DatasetRef:
    """A captioned dataset of four pictures of each of two characters, quoted before."""
    generation = world.generation()
    world.set_settings(
        Settings(training=ENOUGH.model_copy(update={"min_per_character": least, "min_pictures": 1}))
    )
    dataset = world.assemble(generation)
    world.quote(dataset)
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    return dataset


def reject(world: TrainingInMemory, dataset: DatasetRef, character: str, number: int) -> None:
    """A person rejects pictures of a character in the review."""
    items = read_lines(DatasetItem, world.studio.get(world.keys(dataset).items))
    of_it = [item.crop_id for item in items if item.character == character and not item.rejected]
    save_corrections(
        PRODUCTION,
        [
            PostedCorrection(crop_id=crop, version=0, verdict=Verdict.REJECTED)
            for crop in of_it[:number]
        ],
        registry=world.registry,
        clock=world.clock,
        limits=common_limits(),
    )
    world.collect_captions(dataset)


def test_quote_again_when_the_review_made_it_too_thin_then_asked_with_what_changed(
    world: TrainingInMemory,
) -> None:
    dataset = wanting(world, least=4)
    assert not world.quote(dataset, again=True).approval
    quoted = stored(world, dataset).quoted_usd
    reject(world, dataset, "frank", 2)
    for _ in range(2):  # the machine repeats a state
        again = world.quote(dataset, again=True)
        assert (again.approval, again.usd, again.purpose) == (True, quoted, "training")
    why = stored(world, dataset).why_asked
    assert why.startswith("Since the dataset was quoted, pictures were taken out of it")
    assert why.endswith("of Frank (2): a model may not learn this character.")


def test_quote_again_when_as_thin_as_it_was_agreed_to_then_not_asked(
    world: TrainingInMemory,
) -> None:
    dataset = wanting(world, least=8)
    why = stored(world, dataset).why_asked
    assert "Big Buck (4) and Frank (4)" in why
    assert not world.quote(dataset, again=True).approval
    assert stored(world, dataset).why_asked == why


def test_quote_again_when_thinner_than_agreed_to_then_only_what_became_less_is_asked(
    world: TrainingInMemory,
) -> None:
    dataset = wanting(world, least=8)
    reject(world, dataset, "frank", 1)
    assert world.quote(dataset, again=True).approval
    assert "of Frank (3, 4 before): a model" in stored(world, dataset).why_asked


def test_quote_again_when_its_training_has_begun_then_not_asked(world: TrainingInMemory) -> None:
    dataset = wanting(world, least=4)
    reject(world, dataset, "frank", 2)
    world.write_manifest(dataset)
    world.start_training(dataset)
    assert not world.quote(dataset, again=True).approval
