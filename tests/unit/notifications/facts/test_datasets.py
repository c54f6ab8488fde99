import pytest
from fakes.training_in_memory import TrainingInMemory

from onmodel.contracts.datasets import DatasetRef
from onmodel.errors import DatasetRefused


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def finished(world: TrainingInMemory) -> DatasetRef:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    return dataset


def test_ready_when_asked_for_twice_then_one_mail(world: TrainingInMemory) -> None:
    dataset = finished(world)
    world.notify("dataset_ready", dataset.dataset_id)
    world.notify("dataset_ready", dataset.dataset_id)
    (mail,) = world.mailbox.mails
    assert f"s3://studio/{world.keys(dataset).manifest}" in mail.body
    assert "8 captioned pictures" in mail.body


def test_ready_when_it_became_possible_meanwhile_then_says_that_nobody_agreed(
    world: TrainingInMemory,
) -> None:
    dataset = finished(world)
    world.notify("dataset_ready", dataset.dataset_id)
    body = " ".join(world.mailbox.mails[-1].body.split())
    assert "By now it is possible" in body and "onmodel train --production bunny" in body


def test_refused_when_captions_failed_then_the_generations_mail_has_the_datasets_reason(
    world: TrainingInMemory,
) -> None:
    """The machine asks by the generation: without a dataset there is nothing else to ask by."""
    dataset = world.assemble(world.generation())
    with pytest.raises(DatasetRefused):
        world.collect_captions(dataset)
    world.notify("dataset_refused", "g0001", error="DatasetRefused", cause="{}")
    body = world.mailbox.mails[-1].body
    assert "8 of 8 pictures got no caption" in body and "left_out.jsonl" in body


def test_refused_when_asked_for_twice_then_one_mail(
    world: TrainingInMemory,
) -> None:
    world.collect(world.film())
    (generation,) = world.started_generations()
    with pytest.raises(DatasetRefused):
        world.assemble(generation)
    for _ in range(2):
        world.notify("dataset_refused", "g0001")
    assert len(world.mailbox.mails) == 1
