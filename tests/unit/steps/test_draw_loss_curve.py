import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.trainer import Only

from onmodel.contracts.deployments import Claim, ClaimRequest
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.trainings import LossPoint
from onmodel.errors import NotFound
from onmodel.steps.draw_loss_curve import draw_loss_curve


def draw(
    studio: DeploymentInMemory, notices: tuple[str, ...] = (), claim: Claim | None = None
) -> None:
    claim = claim or Claim.model_validate(studio.claim().model_dump())
    draw_loss_curve(
        ClaimRequest.model_validate({"training": claim.model_dump()}),
        registry=studio.registry,
        studio=studio.studio,
        trainers=Only(studio.trainer),
        clock=studio.clock,
        notices_of=lambda trainer: tuple(f"{trainer}: {notice}" for notice in notices),
    )


def test_curve_when_completed_then_picture_numbers_and_row() -> None:
    studio = DeploymentInMemory()
    studio.trainer.complete(studio.job)
    draw(studio)
    keys = DatasetKeys("bunny", TRAINING)
    assert studio.studio.get(keys.loss_curve).startswith(b"<svg")
    assert studio.studio.get(keys.metrics) == b"step,loss,validation_loss\n1,0.9,\n2,0.5,\n"
    assert studio.training.body.loss_curve_key == keys.loss_curve


def test_curve_when_the_stack_is_simulated_then_the_picture_says_so() -> None:
    studio = DeploymentInMemory()
    studio.trainer.complete(studio.job)
    draw(studio, notices=("Nothing was trained & paid for",))
    picture = studio.studio.get(DatasetKeys("bunny", TRAINING).loss_curve)
    assert b": Nothing was trained &amp; paid for</text>" in picture


def test_curve_when_repeated_then_picture_numbers_and_row_stay_as_they_were() -> None:
    studio = DeploymentInMemory()
    studio.trainer.complete(studio.job)
    draw(studio)
    keys = DatasetKeys("bunny", TRAINING)
    before = {key: studio.studio.get(key) for key in (keys.loss_curve, keys.metrics)}
    claim = Claim.model_validate(studio.claim().model_dump())
    row = studio.training
    studio.trainer.metrics = {ref: (LossPoint(step=1, loss=0.1),) for ref in studio.trainer.metrics}
    studio.clock.advance(hours=1)
    draw(studio, claim=claim)
    assert {key: studio.studio.get(key) for key in before} == before
    assert studio.training == row


def test_curve_when_trainer_left_none_then_said_and_the_machine_goes_on() -> None:
    studio = DeploymentInMemory()
    studio.trainer.complete(studio.job)
    studio.trainer.metrics.clear()
    with pytest.raises(NotFound):
        draw(studio)
