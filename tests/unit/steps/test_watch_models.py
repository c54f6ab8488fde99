from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.account import InMemoryModels
from fakes.clock import FixedClock
from fakes.mailbox import STACK_OPTIONS, InMemoryMailbox
from fakes.registry import InMemoryRegistry

from onmodel.errors import AccessDenied, Throttled
from onmodel.films.called_models import called_models
from onmodel.notifications.sending import Mails
from onmodel.ports.account import FoundationModel, OfferedModels
from onmodel.steps.watch_models import WatchedModels

NOVA, TITAN = "amazon.nova-pro-v1:0", "amazon.titan-embed-image-v1"


class Refusing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def look(self, model: str) -> FoundationModel | None:
        raise self.error


def watched(models: OfferedModels) -> WatchedModels:
    clock = FixedClock()
    return WatchedModels(
        called=called_models(TITAN, NOVA),
        models=models,
        region="us-east-1",
        clock=clock,
        mails=Mails(InMemoryRegistry(), InMemoryMailbox(), clock, STACK_OPTIONS, links=None),
    )


def test_report_when_a_model_is_legacy_then_one_mail_and_one_more_at_each_reminder() -> None:
    clock = FixedClock()
    ends_at = clock() + timedelta(days=60)
    legacy = FoundationModel(True, ends_at, frozenset({"ON_DEMAND"}))
    watching = watched(InMemoryModels({NOVA: legacy}))
    mailbox: InMemoryMailbox = watching.mails.mailbox  # type: ignore[assignment]
    watching.clock.now = clock()  # type: ignore[attr-defined]
    assert watching.report() == (NOVA,)
    days_of_mails = [0]
    for day in range(1, 61):
        watching.clock.now = clock() + timedelta(days=day)  # type: ignore[attr-defined]
        if watching.report():
            days_of_mails.append(day)
        assert watching.report() == ()
    assert days_of_mails == [0, 15, 45, 57, 60]
    first = mailbox.mails[0]
    assert first.subject == f"The model {NOVA} ends: choose another"
    assert "CaptionModelId=us.amazon.nova-2-lite-v1:0" in first.body
    assert "CaptionFoundationModelId=amazon.nova-2-lite-v1:0" in first.body


BASE = "amazon.nova-canvas-v1:0"


def test_report_when_the_model_that_is_trained_ends_then_a_mail_before_and_none_after() -> None:
    """After its end each training's own check says so, and SageMaker trains."""
    ends_at = FixedClock()() + timedelta(days=40)
    by_throughput = FoundationModel(True, ends_at, frozenset({"PROVISIONED"}))
    watching = watched(InMemoryModels({BASE: by_throughput}))
    watching = WatchedModels(**{**vars(watching), "called": called_models(TITAN, NOVA, base=BASE)})
    assert watching.report() == (BASE,)
    (mail,) = watching.mails.mailbox.mails  # type: ignore[attr-defined]
    assert mail.subject == f"The model {BASE} ends: choose another"
    text = " ".join(mail.body.split())
    assert "it takes no new training and no new throughput." in text
    assert "Films and datasets stay as they are; SageMaker trains as before." in text
    assert "another model for training by Bedrock" in text
    watching.clock.now = ends_at  # type: ignore[attr-defined]
    assert watching.report() == ()
    watching.models.models[BASE] = None  # type: ignore[attr-defined]
    assert watching.report() == ()


def test_report_when_the_successor_is_not_known_then_says_where_they_are_listed() -> None:
    other = "amazon.nova-lite-v1:0"
    watching = watched(InMemoryModels({other: None}))
    watching = WatchedModels(**{**vars(watching), "called": called_models(TITAN, other)})
    assert watching.report() == (other,)
    body = watching.mails.mailbox.mails[0].body  # type: ignore[attr-defined]
    assert "does not exist in us-east-1" in body
    assert "AWS lists successors" in body


def test_report_when_the_account_may_not_look_then_no_mail_and_other_faults_are_raised() -> None:
    assert watched(Refusing(AccessDenied("denied"))).report() == ()
    with pytest.raises(Throttled):
        watched(Refusing(Throttled("slow"))).report()
