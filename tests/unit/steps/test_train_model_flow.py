"""TrainModel's states in the order of its machine, on fakes."""

import json

from fakes.seconds_trainer import PRICES as SECONDS_PRICES
from fakes.seconds_trainer import SecondsTrainer
from fakes.training_in_memory import PRODUCTION, QUIET_SECONDS, TrainingInMemory, with_prices

from onmodel.contracts.rows import DatasetStatus, TrainingStage
from onmodel.contracts.trainings import Finding
from onmodel.registry.kinds import DATASETS, TRAININGS


def test_train_model_when_all_is_well_then_a_training_runs_and_is_told() -> None:
    world = TrainingInMemory()
    world.show_characters()
    world.collect(world.film("one.mp4"))
    world.clock.advance(minutes=5)
    world.collect(world.film("two.mp4"))
    (generation,) = world.started_generations()

    waits = world.settle(generation)
    assert not waits.settled and 0 < waits.wait_seconds <= QUIET_SECONDS
    world.clock.advance(seconds=waits.wait_seconds)
    assert world.settle(generation).settled

    preflight = world.preflight(generation)
    dataset = world.assemble(generation, preflight)
    assert dataset.captions_needed == 16
    quoted = world.quote(dataset, preflight)
    assert not quoted.approval and quoted.usd is not None and 257 < quoted.usd < 272

    tokens = [world.caption(item) for item in world.waiting(dataset)]
    assert set(world.tokens.succeeded) == set(tokens)
    world.collect_captions(dataset)
    world.write_manifest(dataset)
    world.report(dataset)
    assert world.preflight(generation).possible
    training = world.start_training(dataset)
    world.notify("training_started", training)

    row = TRAININGS.require(world.registry, PRODUCTION, training)
    assert row.status == TrainingStage.IN_PROGRESS
    (spec,) = world.trainer.specs.values()
    manifest = world.studio.get(spec.manifest_uri.removeprefix("s3://studio/"))
    lines = [json.loads(line) for line in manifest.splitlines()]
    assert all(
        line["image-ref"].startswith(f"s3://studio/{PRODUCTION}/datasets/") for line in lines
    )
    assert {line["caption"].partition(" runs")[0] for line in lines} == {"Big Buck", "Frank"}
    assert "Training of bunny has started" in world.mailbox.mails[-1].subject


def test_train_model_when_run_a_second_time_then_no_caption_is_paid_again() -> None:
    world = TrainingInMemory()
    dataset = world.captioned()
    asked = len(world.captions.asked)
    world.executions.finish(world.holder(world.started_generations()[0]))

    world.collect(world.film("two.mp4", crops=3))
    world.clock.advance(seconds=QUIET_SECONDS)
    generation = world.started_generations()[-1]
    assert generation.generation_id == "g0002"
    world.settle(generation)
    second = world.assemble(generation)

    assert second.dataset_id != dataset.dataset_id
    assert second.captions_needed == 3
    for item in world.waiting(second):
        world.caption(item)
    world.collect_captions(second)
    assert len(world.captions.asked) == asked + 3


def test_train_model_when_training_is_impossible_then_the_dataset_is_ready_and_says_why() -> None:
    world = TrainingInMemory()
    generation = world.generation()
    world.trainer.findings = (
        Finding(
            code="model-gone",
            blocking=True,
            reason="The base model ended on 2026-09-30",
            advice="Take the manifest elsewhere.",
        ),
    )
    preflight = world.preflight(generation)
    assert not preflight.possible
    dataset = world.assemble(generation, preflight)
    assert not world.quote(dataset, preflight).approval
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    world.write_manifest(dataset)
    world.report(dataset)
    world.notify("dataset_ready", dataset.dataset_id)

    row = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert row.status == DatasetStatus.READY
    mail = world.mailbox.mails[-1]
    assert mail.subject == "The dataset of bunny is ready; training is not possible"
    assert "ended on 2026-09-30" in mail.body
    assert b"ended on 2026-09-30" in world.studio.get(world.keys(dataset).report)
    assert not world.trainer.trainings


def test_train_model_when_the_trainer_is_another_then_all_is_in_its_own_terms() -> None:
    """Other limits, hyperparameters and manifest, billed by the second: no step knows."""
    world = TrainingInMemory(trainer=SecondsTrainer)
    world.prices = with_prices(SECONDS_PRICES)
    generation = world.generation(crops=14)
    preflight = world.preflight(generation)
    dataset = world.assemble(generation, preflight)
    assert dataset.captions_needed == 6  # as many as it takes, of fourteen

    quoted = world.quote(dataset, preflight)
    row = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert "2 s a step" in row.body.assumptions
    training = 10 * 6 * 2 * 0.001  # passes × pictures × seconds × dollars
    deployment = 2 * 3600 * 0.0005  # hours × seconds × dollars
    assert 0 < quoted.usd - training - deployment < 0.1

    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    world.write_manifest(dataset)
    world.report(dataset)
    training = world.start_training(dataset)
    world.notify("training_started", training)

    (spec,) = world.trainer.specs.values()
    assert spec.hyperparameters == {"epochs": 10, "rank": 16, "precision": "bf16"}
    lines = world.studio.get(spec.manifest_uri.removeprefix("s3://studio/")).decode().splitlines()
    assert 2 <= len(lines) <= 6
    assert all(line.startswith("s3://studio/") and line.count("\t") == 1 for line in lines)
    assert "passes over the dataset" in world.mailbox.mails[-1].body


def test_train_model_when_a_caption_is_too_long_for_this_trainer_then_it_is_asked_anew() -> None:
    """The cache may hold it: another trainer took it."""
    long = json.dumps({"alt_text": f"Big Buck runs{' and runs' * 8}."})
    first = TrainingInMemory(long)
    dataset = first.captioned()
    row = DATASETS.require(first.registry, PRODUCTION, dataset.dataset_id)
    assert row.status == DatasetStatus.CAPTIONED

    second = TrainingInMemory(trainer=SecondsTrainer)
    second.cache = first.cache
    dataset = second.assemble(second.generation())
    assert dataset.captions_needed == 6


def test_train_model_when_above_the_limit_then_it_waits_for_the_door() -> None:
    world = TrainingInMemory()
    dataset = world.assemble(world.generation())
    world.ask(subject_id=dataset.dataset_id, usd=500.0)
    link = next(
        line.strip()
        for line in world.mailbox.mails[-1].body.splitlines()
        if line.strip().startswith("https://door.invalid/")
    )
    assert world.follow(link).statusCode == 200
    assert not world.tokens.succeeded
    assert world.follow(link, "POST", "decision=approve").statusCode == 200
    assert world.tokens.succeeded == {"task-1": {"approved": True}}
