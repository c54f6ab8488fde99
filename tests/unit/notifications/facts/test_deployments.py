import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory, caught, only_mail
from fakes.drawing_in_memory import DrawingInMemory

from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import EventRefused

DEPLOYMENT = f"{TRAINING}-1"


def test_training_failed_when_asked_for_twice_then_one_mail_with_the_reason() -> None:
    studio = DeploymentInMemory()
    studio.trainer.end(studio.job, TrainingStatus.FAILED, "the data made no sense")
    studio.claim()
    for _ in range(2):
        studio.notify("training_failed", TRAINING)
    subject, body = only_mail(studio)
    assert subject == "Training of bunny failed"
    assert "the data made no sense." in body


def test_training_failed_when_it_goes_on_then_refused() -> None:
    with pytest.raises(EventRefused, match="nothing failed"):
        DeploymentInMemory().notify("training_failed", TRAINING)


def test_deployment_failed_when_quota_is_zero_then_the_mail_has_the_caught_error() -> None:
    studio = DeploymentInMemory()
    studio.planned()
    studio.notify("deployment_failed", DEPLOYMENT, **caught("TrainingImpossible", "no model unit"))
    assert "no model unit." in only_mail(studio)[1]


def test_deployment_failed_when_not_in_service_then_the_mail_has_the_reason_of_the_row() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.FAILED)
    studio.check()
    studio.notify("deployment_failed", DEPLOYMENT, error="NotInService", cause="")
    assert "The service gives no reason." in only_mail(studio)[1]


def test_deployment_failed_when_nothing_was_planned_then_the_mail_is_sent() -> None:
    studio = DeploymentInMemory()
    studio.notify("deployment_failed", DEPLOYMENT, **caught("ServiceError", "access denied"))
    assert "access denied." in only_mail(studio)[1]


def test_model_ready_when_retired_while_it_drew_then_not_called_ready() -> None:
    studio = DrawingInMemory()
    studio.serve()
    studio.stop()
    studio.notify("model_ready", DEPLOYMENT)
    subject, body = only_mail(studio)
    assert "ready" not in subject
    assert "switched off before its storyboard was drawn" in body


def test_model_ready_when_retired_right_after_it_drew_then_the_mail_leads_to_the_gallery() -> None:
    studio = DrawingInMemory()
    studio.serve()
    studio.upload()
    plan = studio.plan()
    for item in studio.items(plan):
        studio.draw(item)
    studio.publish(plan)
    studio.stop()
    studio.notify("model_ready", DEPLOYMENT)
    subject, body = only_mail(studio)
    assert subject == "Storyboard A day in the forest of bunny is drawn: 2 panels"
    assert "gallery/index.html" in body


def test_model_ready_when_made_for_a_storyboard_alone_then_says_that_it_ends_now() -> None:
    studio = DrawingInMemory()
    studio.trainer.complete(studio.job)
    wish = {"production": "bunny", "training_id": TRAINING, "retire_after_drawing": True}
    studio.schedule(studio.claim(**wish))
    studio.provision()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    studio.notify("model_ready", DEPLOYMENT)
    assert "being switched off now" in only_mail(studio)[1]
