"""What costs by the hour: asked for without commitment, found whoever made it, always deletable."""

from __future__ import annotations

import pytest

from onmodel.contracts.deployments import DeploymentSpec
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.trainings import TrainingSpec
from onmodel.errors import (
    AccessDenied,
    Conflict,
    ServiceError,
    ServiceUnavailable,
    TrainingImpossible,
)
from onmodel.trainers.bedrock.rules import BedrockRules

SPEC = TrainingSpec(
    production="main",
    dataset_id="d1",
    training_id="d1",
    manifest_uri="s3://studio/m.jsonl",
    output_uri="s3://studio/out/",
    hyperparameters=BedrockRules.presets["default"],
)
THEIRS = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/theirs000000"


@pytest.fixture
def model(make_trainer, plane) -> str:
    return plane.complete(make_trainer().start(SPEC))


def spec(model: str) -> DeploymentSpec:
    return DeploymentSpec(production="main", deployment_id="d1-1", model_ref=model)


def test_provision_when_asked_then_named_tagged_and_without_commitment(
    make_trainer, plane, model: str
) -> None:
    ref = make_trainer().provision(spec(model))
    unit = plane.throughput[ref]  # the control plane refuses a commitment
    assert (unit["provisionedModelName"], unit["modelUnits"]) == ("onmodel-d1-1-main", 1)
    assert {"key": "onmodel:stack", "value": "onmodel"} in plane.tags[ref]


def test_provision_when_quota_is_zero_then_advice_names_it(make_trainer, plane, model: str) -> None:
    plane.quota = 0
    with pytest.raises(TrainingImpossible) as caught:
        make_trainer().provision(spec(model))
    assert "L-BE77399C" in caught.value.advice
    assert plane.throughput == {}


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_provision_when_refused_then_impossible(make_trainer, plane, model: str, code: str) -> None:
    plane.fault("CreateProvisionedModelThroughput", code)
    with pytest.raises(TrainingImpossible, match=code):
        make_trainer().provision(spec(model))


def test_stop_when_service_refuses_then_error_so_that_it_is_tried_again(
    make_trainer, plane, model: str
) -> None:
    trainer = make_trainer()
    ref = trainer.provision(spec(model))
    plane.fault("DeleteProvisionedModelThroughput", "ConflictException", "InternalServerException")
    with pytest.raises(Conflict):
        trainer.stop_deployment(ref)
    with pytest.raises(ServiceUnavailable):
        trainer.stop_deployment(ref)
    trainer.stop_deployment(ref)
    assert plane.throughput == {}


def test_stop_when_still_being_created_then_to_be_asked_again(
    make_trainer, plane, model: str
) -> None:
    trainer = make_trainer()
    ref = trainer.provision(spec(model))
    plane.fault("DeleteProvisionedModelThroughput", "ValidationException")
    with pytest.raises(Conflict, match="yet"):
        trainer.stop_deployment(ref)
    trainer.stop_deployment(ref)
    assert plane.throughput == {}


def test_list_ours_when_others_have_throughput_then_only_ours(
    make_trainer, plane, model: str
) -> None:
    ours = make_trainer().provision(spec(model))
    other_stack = [{"key": "onmodel:stack", "value": "onmodel-dev"}]
    plane.add_throughput("onmodel-dev-d1-1-main", model, other_stack, THEIRS)
    plane.add_throughput("theirs", model, [], THEIRS.replace("theirs", "others"))
    listed = [
        thing.ref for thing in make_trainer().list_ours() if thing.kind == ResourceKind.DEPLOYMENT
    ]
    assert listed == [ours]


def test_list_ours_when_tag_was_taken_away_or_name_is_another_then_still_ours(
    make_trainer, plane, model: str
) -> None:
    untagged = make_trainer().provision(spec(model))
    plane.tags[untagged] = []
    plane.add_throughput("odd", model, [{"key": "onmodel:stack", "value": "onmodel"}], THEIRS)
    listed = {thing.ref for thing in make_trainer().list_ours() if thing.billing == "hour"}
    assert listed == {untagged, THEIRS}


def test_list_ours_when_thing_goes_meanwhile_then_left_out(make_trainer, plane, model) -> None:
    plane.fault("ListTagsForResource", "ResourceNotFoundException")
    assert make_trainer().list_ours() == ()


def test_list_ours_when_one_list_is_denied_then_only_its_kind_is(
    make_trainer, plane, model
) -> None:
    plane.fault("ListCustomModels", "AccessDeniedException")
    assert make_trainer().list_ours(ResourceKind.DEPLOYMENT) == ()
    with pytest.raises(AccessDenied):
        make_trainer().list_ours(ResourceKind.MODEL)


def test_list_ours_when_tags_are_denied_then_the_service_itself_is_not(
    make_trainer, plane, model
) -> None:
    """The deletion guard goes on where the service is denied: here it must not."""
    plane.fault("ListTagsForResource", "AccessDeniedException")
    with pytest.raises(ServiceError, match="tags of") as caught:
        make_trainer().list_ours(ResourceKind.MODEL)
    assert not isinstance(caught.value, AccessDenied)
