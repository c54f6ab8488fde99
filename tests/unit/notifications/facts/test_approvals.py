import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.rows import ApprovalStatus
from onmodel.registry.kinds import APPROVALS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (ApprovalStatus.DECLINED, "was declined"),
        (ApprovalStatus.PENDING, "was not approved in time"),
        (ApprovalStatus.EXPIRED, "was not approved in time"),
    ],
)
def test_approval_ended_when_sent_then_says_how(
    world: TrainingInMemory, status: ApprovalStatus, said: str
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
    world: TrainingInMemory, purpose: str, said: str
) -> None:
    dataset = world.captioned()
    world.ask(purpose=purpose, subject_id=dataset.dataset_id)
    (record,) = APPROVALS.list(world.registry, PRODUCTION)
    APPROVALS.replace(
        world.registry, record.with_status(ApprovalStatus.DECLINED), record.updated_at
    )
    world.notify("approval_ended", dataset.dataset_id)
    mail = world.mailbox.mails[-1]
    assert mail.subject == said and "onmodel train --production bunny" in mail.body
