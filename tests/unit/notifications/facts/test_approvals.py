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


def test_approval_ended_when_two_executions_asked_about_one_thing_then_each_has_its_own_mail(
    world: TrainingInMemory,
) -> None:
    """Two uploads of one storyboard: the first is declined, the second is not answered."""
    world.ask(execution_arn="arn:first", token="task-1", purpose="deployment", subject_id="forest")
    (first,) = APPROVALS.list(world.registry, PRODUCTION)
    declined = first.with_status(ApprovalStatus.DECLINED)
    APPROVALS.replace(world.registry, declined, world.clock())
    world.clock.advance(hours=1)
    world.ask(execution_arn="arn:second", token="task-2", purpose="deployment", subject_id="forest")
    for execution in ("arn:first", "arn:second", "arn:first"):
        world.notify("approval_ended", "forest", execution_arn=execution)
    assert [mail.subject for mail in world.mailbox.mails[2:]] == [
        "The deployment of bunny was declined",
        "The deployment of bunny was not approved in time",
    ]
