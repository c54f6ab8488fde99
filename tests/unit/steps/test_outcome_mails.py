from __future__ import annotations

import pytest
from fakes.clock import START
from fakes.deployment_in_memory import DeploymentInMemory
from fakes.mailbox import mails_of

from onmodel.contracts.keys import execution_arn
from onmodel.notifications.outcomes import outcome_of
from onmodel.ports.machines import EndedExecution
from onmodel.steps.outcome_mails import About, OutcomeMails

ARN = execution_arn("arn:aws:states:us-east-1:1:stateMachine:PrepareFilm", "one")
ABOUT = About("bunny", "upload-1")


@pytest.fixture
def studio() -> DeploymentInMemory:
    return DeploymentInMemory()


def mails(studio: DeploymentInMemory) -> OutcomeMails:
    return OutcomeMails(mails_of(studio), studio.studio)


def ended(error: str = "", cause: str = "") -> EndedExecution:
    return EndedExecution(arn=ARN, ended_at=START, payload={}, error=error, cause=cause)


def body(studio: DeploymentInMemory) -> str:
    (mail,) = studio.mailbox.mails
    return " ".join(mail.body.split())


def test_alarm_when_sent_then_says_what_and_counts_as_the_executions_outcome(
    studio: DeploymentInMemory,
) -> None:
    assert not mails(studio).is_sent(ended(), "bunny")
    what, advice = "the film a.mp4 was not prepared", "Upload it again."
    assert mails(studio).alarm(ended("Boom", "it broke"), ABOUT, what, advice)
    (mail,) = studio.mailbox.mails
    assert mail.subject == "ALARM: the film a.mp4 was not prepared"
    assert "Upload it again." in body(studio)
    assert "an unexpected fault" in body(studio)
    assert mails(studio).is_sent(ended(), "bunny")
    assert outcome_of(ARN, production="bunny", registry=studio.registry) == "alarm"


def test_alarm_when_the_execution_caught_no_error_then_says_that_it_ended(
    studio: DeploymentInMemory,
) -> None:
    mails(studio).alarm(ended(), ABOUT, "the film a.mp4 was not prepared", "Upload it again.")
    assert "its execution ended without a result" in body(studio)


def test_alarm_when_sent_twice_then_one_mail(studio: DeploymentInMemory) -> None:
    for _ in range(2):
        mails(studio).alarm(ended(), ABOUT, "the film a.mp4 was not prepared", "Upload it again.")
    assert len(studio.mailbox.mails) == 1


def test_is_sent_when_asked_for_another_production_then_not(studio: DeploymentInMemory) -> None:
    mails(studio).alarm(ended(), ABOUT, "the film a.mp4 was not prepared", "Upload it again.")
    assert not mails(studio).is_sent(ended(), "other")
