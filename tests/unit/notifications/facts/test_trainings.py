import pytest
from fakes.training_in_memory import LINKS_URL, PRODUCTION, TrainingInMemory

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.rows import GenerationStatus
from onmodel.datasets.generations import MOST_ATTEMPTS
from onmodel.links.tokens import HomeTarget, ObjectTarget
from onmodel.registry.kinds import CHARACTERS, GENERATIONS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def finished(world: TrainingInMemory) -> DatasetRef:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    return dataset


def links(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.strip().startswith(LINKS_URL)]


def test_started_when_sent_then_the_link_leads_to_the_datasets_page(
    world: TrainingInMemory,
) -> None:
    dataset = finished(world)
    training = world.start_training(dataset)
    world.notify("training_started", training)
    mail = world.mailbox.mails[-1]
    assert "500  steps" in mail.body and f"{PRODUCTION}-{training}" in mail.body
    link, home = links(mail.body)
    assert world.links.read(home.rpartition("/")[2]) == HomeTarget(production=PRODUCTION)
    token = link.removeprefix(f"{LINKS_URL}/").removesuffix("/report/index.html")
    assert world.links.read(token) == ObjectTarget(key=world.keys(dataset).report)


def test_not_started_when_it_failed_then_the_cause_in_words_and_what_follows(
    world: TrainingInMemory,
) -> None:
    world.generation()
    cause = '{"errorMessage": "bedrock:GetFoundationModel is not allowed", "errorType": "x"}'
    world.notify("training_not_started", "g0001", error="ServiceError", cause=cause, attempt="1")
    body = world.mailbox.mails[-1].body
    assert "bedrock:GetFoundationModel is not allowed." in body
    assert "tried again automatically" in body


def test_not_started_when_the_generation_is_closed_then_promises_nothing(
    world: TrainingInMemory,
) -> None:
    world.assemble(world.generation())
    record = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    assert record.status == GenerationStatus.CLOSED
    world.notify("training_not_started", "g0001", error="States.TaskFailed", attempt="1")
    assert "by itself" not in world.mailbox.mails[-1].body


def test_not_started_when_it_failed_often_then_promises_nothing(world: TrainingInMemory) -> None:
    world.generation()
    row = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    GENERATIONS.replace(world.registry, row.with_fields(attempt=MOST_ATTEMPTS), world.clock())
    world.notify("training_not_started", "g0001", error="X", attempt=str(MOST_ATTEMPTS))
    assert "by itself" not in world.mailbox.mails[-1].body


def test_not_started_when_each_attempt_fails_then_each_has_a_mail(world: TrainingInMemory) -> None:
    world.generation()
    for attempt in ("1", "1", "2"):
        world.notify("training_not_started", "g0001", error="X", attempt=attempt)
    assert len(world.mailbox.mails) == 2


def test_started_when_a_character_has_only_a_folder_then_its_folders_name(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    row = CHARACTERS.require(world.registry, PRODUCTION, "big-buck")
    CHARACTERS.replace(world.registry, row.with_fields(folder="Büück ☆"), world.clock())
    dataset = world.assemble(generation)
    world.notify("training_started", world.start_training(dataset))
    body = world.mailbox.mails[-1].body
    assert "  4  Büück ☆" in body
