import pytest
from fakes.train_world import DOOR_URL, PRODUCTION, TrainWorld

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.rows import ApprovalStatus, GenerationStatus
from onmodel.datasets.generations import MOST_ATTEMPTS
from onmodel.errors import DatasetRefused, EventRefused
from onmodel.links.tokens import ObjectPass
from onmodel.registry.kinds import APPROVALS, GENERATIONS


@pytest.fixture
def world() -> TrainWorld:
    return TrainWorld()


def finished(world: TrainWorld) -> DatasetRef:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    return dataset


def links(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.strip().startswith(DOOR_URL)]


def test_started_when_told_then_the_link_leads_to_the_datasets_page(world: TrainWorld) -> None:
    dataset = finished(world)
    training = world.start_training(dataset)
    world.notify("training_started", training)
    mail = world.mailbox.mails[-1]
    assert "500  steps" in mail.body and f"{PRODUCTION}-{training}" in mail.body
    (link,) = links(mail.body)
    token = link.removeprefix(f"{DOOR_URL}/").removesuffix("/index.html")
    assert world.door.open(token) == ObjectPass(key=world.keys(dataset).report)


def test_ready_when_told_twice_then_one_mail(world: TrainWorld) -> None:
    dataset = finished(world)
    world.notify("dataset_ready", dataset.dataset_id)
    world.notify("dataset_ready", dataset.dataset_id)
    (mail,) = world.mailbox.mails
    assert f"s3://studio/{world.keys(dataset).manifest}" in mail.body
    assert "8 captioned pictures" in mail.body


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (ApprovalStatus.DECLINED, "was declined"),
        (ApprovalStatus.PENDING, "was not approved in time"),
        (ApprovalStatus.EXPIRED, "was not approved in time"),
    ],
)
def test_approval_ended_when_told_then_says_how(
    world: TrainWorld, status: ApprovalStatus, said: str
) -> None:
    world.ask()
    (record,) = APPROVALS.list(world.registry, PRODUCTION)
    APPROVALS.replace(world.registry, record.with_status(status), record.updated_at)
    world.notify("approval_ended", "d0001-00000000")
    assert said in world.mailbox.mails[-1].subject


@pytest.mark.parametrize(
    ("purpose", "said"),
    [
        ("training", "The training of bunny was declined"),
        ("captions", "The captioning of bunny was declined"),
        ("review", "The review of bunny was declined"),
    ],
)
def test_approval_ended_when_declined_then_names_what_and_the_command_that_asks_anew(
    world: TrainWorld, purpose: str, said: str
) -> None:
    dataset = world.captioned()
    world.ask(purpose=purpose, subject_id=dataset.dataset_id)
    (record,) = APPROVALS.list(world.registry, PRODUCTION)
    APPROVALS.replace(
        world.registry, record.with_status(ApprovalStatus.DECLINED), record.updated_at
    )
    world.notify("approval_ended", dataset.dataset_id)
    mail = world.mailbox.mails[-1]
    assert mail.subject == said and "`onmodel train -p bunny`" in mail.body


def test_ready_when_it_became_possible_meanwhile_then_says_that_nobody_agreed(
    world: TrainWorld,
) -> None:
    dataset = finished(world)
    world.notify("dataset_ready", dataset.dataset_id)
    body = " ".join(world.mailbox.mails[-1].body.split())
    assert "By now it is possible" in body and "`onmodel train -p bunny`" in body


def test_refused_when_captions_failed_then_the_generations_mail_has_the_datasets_reason(
    world: TrainWorld,
) -> None:
    """The machine asks by the generation: without a dataset there is nothing else to ask by."""
    dataset = world.assemble(world.generation())
    with pytest.raises(DatasetRefused):
        world.collect_captions(dataset)
    world.notify("dataset_refused", "g0001", error="DatasetRefused", cause="{}")
    body = world.mailbox.mails[-1].body
    assert "8 of 8 pictures got no caption" in body and "left_out.jsonl" in body


def test_refused_when_told_twice_then_one_mail(
    world: TrainWorld,
) -> None:
    world.collect(world.film())
    (generation,) = world.started_generations()
    with pytest.raises(DatasetRefused):
        world.assemble(generation)
    for _ in range(2):
        world.notify("dataset_refused", "g0001")
    assert len(world.mailbox.mails) == 1


def test_not_started_when_broken_off_then_the_cause_in_words_and_what_follows(
    world: TrainWorld,
) -> None:
    world.generation()
    cause = '{"errorMessage": "bedrock:GetFoundationModel is not allowed", "errorType": "x"}'
    world.notify("training_not_started", "g0001", error="ServiceError", cause=cause, attempt="1")
    body = world.mailbox.mails[-1].body
    assert "bedrock:GetFoundationModel is not allowed." in body
    assert "tried again by itself" in body


def test_not_started_when_the_generation_is_closed_then_promises_nothing(
    world: TrainWorld,
) -> None:
    world.assemble(world.generation())
    record = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    assert record.status == GenerationStatus.CLOSED
    world.notify("training_not_started", "g0001", error="States.TaskFailed", attempt="1")
    assert "by itself" not in world.mailbox.mails[-1].body


def test_not_started_when_it_failed_often_then_promises_nothing(world: TrainWorld) -> None:
    world.generation()
    row = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    GENERATIONS.replace(world.registry, row.with_fields(attempt=MOST_ATTEMPTS), world.clock())
    world.notify("training_not_started", "g0001", error="X", attempt=str(MOST_ATTEMPTS))
    assert "by itself" not in world.mailbox.mails[-1].body


def test_not_started_when_each_attempt_fails_then_each_is_told(world: TrainWorld) -> None:
    world.generation()
    for attempt in ("1", "1", "2"):
        world.notify("training_not_started", "g0001", error="X", attempt=attempt)
    assert len(world.mailbox.mails) == 2


@pytest.mark.parametrize(
    "kind", ["dataset_ready", "dataset_refused", "approval_ended", "training_started"]
)
def test_mail_when_about_nothing_known_then_refused(world: TrainWorld, kind: str) -> None:
    with pytest.raises(EventRefused, match="d0009-00000000"):
        world.notify(kind, "d0009-00000000")
    assert not world.mailbox.mails
