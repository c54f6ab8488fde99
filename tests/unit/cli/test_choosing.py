from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.registry import InMemoryRegistry
from typed_commands import parse

from onmodel.contracts.rows import (
    DeploymentBody,
    DeploymentStage,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.trainings import TrainingSpec
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.wiring import now
from onmodel_cli.choosing import (
    NoSuchModel,
    SeveralModels,
    completed_training,
    live_deployment,
    newest_model,
)

TYPED = re.compile(r"`onmodel ([^`]+)`")


@pytest.fixture
def registry() -> InMemoryRegistry:
    made = InMemoryRegistry()
    for number in (1, 2):
        spec = TrainingSpec(
            production="bunny", dataset_id=f"d{number}", training_id=f"d{number}",
            manifest_uri="s3://studio/m", output_uri="s3://studio/t/",
            hyperparameters=BedrockRules.presets["default"],
        )  # fmt: skip
        body = TrainingBody(dataset_id=f"d{number}", correlation_id="c", spec=spec)
        at = now() + timedelta(hours=number)
        TRAININGS.create(
            made, "bunny", f"d{number}", status=TrainingStage.COMPLETED, body=body, now=at
        )
        deployed = DeploymentBody(
            training_id=f"d{number}", name=f"d{number}-1", correlation_id="c", requested_at=at,
            retires_at=at, schedule_name="s", hours=2, unit_usd_hour=60.5,
        )  # fmt: skip
        DEPLOYMENTS.create(
            made, "bunny", f"d{number}-1", status=DeploymentStage.IN_SERVICE, body=deployed, now=at
        )
    return made


@pytest.mark.parametrize(
    ("choose", "command", "said", "option"),
    [
        (completed_training, "deploy", "bunny has 2 trained models", "--training d{}"),
        (completed_training, "delete-model", "bunny has 2 trained models", "--training d{}"),
        (live_deployment, "retire", "2 models of bunny are deployed", "--deployment d{}-1"),
        (live_deployment, "extend --hours 2", "2 models of bunny are", "--deployment d{}-1"),
    ],
)
def test_choice_when_there_are_several_then_each_is_listed_with_a_command_that_parses(
    registry: InMemoryRegistry,
    choose: Callable[[Registry, str, str | None, str], object],
    command: str,
    said: str,
    option: str,
) -> None:
    with pytest.raises(SeveralModels, match=said) as refused:
        choose(registry, "bunny", None, command)
    lines = TYPED.findall(refused.value.advice)
    assert lines == [f"{command} -p bunny {option.format(number)}" for number in (1, 2)]
    for line in lines:
        parse(shlex.split(line))


def test_model_when_one_is_named_then_it_and_no_other(registry: InMemoryRegistry) -> None:
    assert completed_training(registry, "bunny", "d1", "deploy").id == "d1"
    assert live_deployment(registry, "bunny", "d2-1", "retire").id == "d2-1"
    assert newest_model(registry, "bunny", None).id == "d2"


def test_model_when_the_named_one_does_not_exist_then_says_which_do(
    registry: InMemoryRegistry,
) -> None:
    with pytest.raises(NoSuchModel) as model:
        completed_training(registry, "bunny", "d9", "deploy")
    assert (model.value.reason, model.value.advice) == (
        "bunny has no trained model d9", "There is: d1, d2"
    )  # fmt: skip
    with pytest.raises(NoSuchModel) as deployment:
        live_deployment(registry, "bunny", "d9-1", "retire")
    assert deployment.value.advice == "There is: d1-1, d2-1"
