import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.rows import ApprovalStatus
from onmodel.deployments.questions import DEPLOYED_MEANWHILE
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


def test_approval_ended_when_a_command_deployed_meanwhile_then_says_that_the_question_is_over(
    world: TrainingInMemory,
) -> None:
    world.ask(purpose="deployment", subject_id="d0001-00000000")
    (record,) = APPROVALS.list(world.registry, PRODUCTION)
    withdrawn = record.with_status(ApprovalStatus.WITHDRAWN).with_fields(reason=DEPLOYED_MEANWHILE)
    APPROVALS.replace(world.registry, withdrawn, record.updated_at)
    world.notify("approval_ended", "d0001-00000000")
    mail = world.mailbox.mails[-1]
    assert mail.subject == "The deployment of bunny is not asked about any more"
    assert DEPLOYED_MEANWHILE in " ".join(mail.body.split())
    assert "newer question" not in mail.body


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
