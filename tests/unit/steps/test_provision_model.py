from collections.abc import Callable

import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.tombstones import begin_to_delete
from fakes.trainer import InMemoryTrainer, Only

from onmodel.contracts.deployments import DeploymentRef, DeploymentRequest, DeploymentSpec
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.deletion import allow_deletion, allow_deployments
from onmodel.errors import EventRefused, ServiceUnavailable, TrainingImpossible
from onmodel.registry.kinds import TRAININGS
from onmodel.steps.provision_model import provision_model


@pytest.fixture
def studio() -> DeploymentInMemory:
    studio = DeploymentInMemory()
    studio.planned()
    return studio


def test_provision_when_planned_then_creating_with_its_reference(
    studio: DeploymentInMemory,
) -> None:
    studio.provision()
    assert studio.deployment().status == DeploymentStage.CREATING
    assert studio.deployment().body.deployment_ref in studio.trainer.deployments
    assert studio.deployment().body.provisioning_at == studio.clock()


def test_provision_when_repeated_then_one_deployment(studio: DeploymentInMemory) -> None:
    studio.provision()
    studio.clock.advance(minutes=5)
    studio.provision()
    assert len(studio.trainer.deployments) == 1


def test_provision_when_nothing_ends_it_then_refused(studio: DeploymentInMemory) -> None:
    studio.scheduler.schedules.clear()
    with pytest.raises(EventRefused, match="no scheduled end"):
        studio.provision()
    assert not studio.trainer.deployments


def test_provision_when_its_time_is_up_then_refused(studio: DeploymentInMemory) -> None:
    studio.clock.advance(hours=3, minutes=30)
    with pytest.raises(EventRefused, match="time"):
        studio.provision()
    assert not studio.trainer.deployments


def test_provision_when_retirement_came_first_then_refused(studio: DeploymentInMemory) -> None:
    studio.stop()
    with pytest.raises(EventRefused, match="retiring"):
        studio.provision()
    assert not studio.trainer.deployments


@pytest.mark.parametrize("is_known", [True, False])
def test_provision_when_its_training_has_no_model_then_refused(
    studio: DeploymentInMemory, is_known: bool
) -> None:
    training = studio.training
    if is_known:
        unnamed = training.with_fields(model_ref=None)
        TRAININGS.replace(studio.registry, unnamed, studio.clock())
    else:
        TRAININGS.delete(studio.registry, training)
    with pytest.raises(EventRefused, match="has made no model"):
        studio.provision()
    assert not studio.trainer.deployments


def test_provision_when_stack_is_being_deleted_then_refused(studio: DeploymentInMemory) -> None:
    allow_deletion(studio.registry, studio.clock)
    with pytest.raises(EventRefused, match="deleted"):
        studio.provision()
    allow_deployments(studio.registry, studio.clock)
    studio.provision()
    assert studio.trainer.deployments


def test_provision_when_its_production_is_being_deleted_then_refused(
    studio: DeploymentInMemory,
) -> None:
    begin_to_delete(studio.registry, "bunny", studio.clock())
    with pytest.raises(EventRefused, match="Production bunny is being deleted"):
        studio.provision()
    assert not studio.trainer.deployments


def test_provision_when_quota_is_zero_then_impossible_and_nothing_bills(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.quota = 0
    with pytest.raises(TrainingImpossible, match="unit"):
        studio.provision()
    assert not studio.trainer.deployments


def test_provision_when_model_was_deleted_then_impossible(studio: DeploymentInMemory) -> None:
    studio.trainer.models.clear()
    with pytest.raises(TrainingImpossible, match="deleted outside onmodel"):
        studio.provision()


class Interrupted(InMemoryTrainer):
    """Something happens right after the deployment was made."""

    then: Callable[[], None]

    def provision(self, spec: DeploymentSpec) -> str:
        made = super().provision(spec)
        self.then()
        return made


def test_provision_when_retired_while_it_was_made_then_stopped_at_once() -> None:
    trainer = Interrupted()
    studio = DeploymentInMemory(trainer)
    studio.planned()

    def retire_all() -> None:
        trainer.deployments, made = {}, trainer.deployments  # not seen by the retirement
        studio.stop()
        trainer.deployments = made

    trainer.then = retire_all
    with pytest.raises(EventRefused, match="retiring"):
        studio.provision()
    assert not trainer.deployments


def test_provision_when_answer_is_lost_then_found_by_its_id_when_retired() -> None:
    trainer = Interrupted()
    studio = DeploymentInMemory(trainer)
    studio.planned()

    def lose() -> None:
        raise ServiceUnavailable("the connection broke")

    trainer.then = lose
    with pytest.raises(ServiceUnavailable):
        studio.provision()
    assert studio.deployment().body.deployment_ref is None
    assert list(trainer.deployments) == [f"deployment/bunny-{TRAINING}-1"]
    studio.stop()
    assert not trainer.deployments


def test_provision_when_the_service_refuses_then_nothing_of_it_is_billed(
    studio: DeploymentInMemory,
) -> None:
    studio.trainer.quota = 0
    with pytest.raises(TrainingImpossible, match="no model unit is free"):
        studio.provision()
    assert studio.deployment().body.provisioning_at is None
    studio.clock.advance(minutes=3)
    studio.stop()
    studio.bill()
    assert studio.deployment().body.estimated_usd == 0.0
    studio.notify("retired", f"{TRAINING}-1")
    mail = studio.mailbox.mails[-1]
    assert mail.subject == "The model of bunny was not deployed: nothing of it is billed"
    said = " ".join(mail.body.split())
    assert "Why: no model unit is free" in said and "estimated bill" not in said


def test_provision_when_refused_after_an_earlier_call_then_it_may_have_been_made(
    studio: DeploymentInMemory,
) -> None:
    """The answer of the earlier call was lost: what it made counts until it is gone."""
    asked = studio.clock()
    provision = studio.trainer.provision

    def loses(_: DeploymentSpec) -> str:
        raise ServiceUnavailable("the connection broke")

    studio.trainer.provision = loses  # type: ignore[method-assign]
    with pytest.raises(ServiceUnavailable):
        studio.provision()
    studio.trainer.provision = provision  # type: ignore[method-assign]
    studio.trainer.quota = 0
    with pytest.raises(TrainingImpossible):
        studio.provision()
    assert studio.deployment().body.provisioning_at == asked


def test_failed_deployment_when_an_older_model_is_deployed_then_replacing_it_is_offered(
    studio: DeploymentInMemory,
) -> None:
    """The account's only model unit is held by the production's own older model."""
    studio.provision()
    newer = "d0002-0a1b2c3d"
    job = studio.begin_training(newer)
    studio.trainer.complete(job)
    studio.schedule(studio.claim("deploy-2", job_arn=job), "deploy-2")
    request = DeploymentRequest(
        deployment=DeploymentRef(
            production="bunny", deployment_id=f"{newer}-1", correlation_id="upload-2"
        )
    )
    with pytest.raises(TrainingImpossible):
        provision_model(
            request,
            registry=studio.registry,
            scheduler=studio.scheduler,
            trainers=Only(studio.trainer),
            clock=studio.clock,
        )
    studio.notify("deployment_failed", f"{newer}-1", error="TrainingImpossible", cause="{}")
    mail = " ".join(studio.mailbox.mails[-1].body.split())
    assert "Nothing was deployed, and nothing of it is billed." in mail
    assert f"bunny-{TRAINING}, is deployed until" in mail
    assert "onmodel deploy --production bunny --replace" in mail
