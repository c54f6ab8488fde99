"""What every Trainer keeps: whoever adds one adds a Stage for it here and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import pytest
from fakes.account import InMemoryAccount, InMemoryQuotas
from fakes.bedrock_control_plane import BedrockControlPlane
from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore
from fakes.trainer import InMemoryTrainer

from onmodel.adapters.clients import make_client
from onmodel.contracts.deployments import DeploymentSpec, DeploymentStatus
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.settings import PRESETS
from onmodel.contracts.trainings import LossPoint, TrainingPlan, TrainingSpec, TrainingStatus
from onmodel.errors import AnswerRefused, Conflict, NotFound, ServiceUnavailable, TrainingImpossible
from onmodel.ports.trainer import Trainer
from onmodel.trainers.bedrock.trainer import BedrockTrainer

ROLE = "arn:aws:iam::123456789012:role/onmodel-bedrock"
SPEC = TrainingSpec(
    production="big-buck-bunny",
    dataset_id="d0001-0a1b2c3d",
    training_id="d0001-0a1b2c3d",
    manifest_uri="s3://studio/big-buck-bunny/datasets/d0001-0a1b2c3d/manifest.jsonl",
    output_uri="s3://studio/big-buck-bunny/trainings/d0001-0a1b2c3d/",
    hyperparameters=PRESETS["default"],
)
PLAN = TrainingPlan(hyperparameters=PRESETS["default"], buckets=("studio",), records=100)


class Stage(Protocol):
    """What a test does behind the trainer's back."""

    trainer: Trainer

    def complete(self, training_ref: str) -> str: ...
    def end(self, training_ref: str, status: TrainingStatus, reason: str | None = None) -> None: ...
    def move(self, deployment_ref: str, status: DeploymentStatus) -> None: ...
    def write_metrics(self, metrics_ref: str, losses: list[float]) -> None: ...
    def lose_next_answer(self, call: str) -> None: ...
    def event(self, training_ref: str) -> dict: ...


class MemoryStage:
    def __init__(self) -> None:
        self.trainer = InMemoryTrainer()
        self.complete = self.trainer.complete
        self.end = self.trainer.end
        self.move = self.trainer.move

    def write_metrics(self, metrics_ref: str, losses: list[float]) -> None:
        self.trainer.metrics[metrics_ref] = tuple(
            LossPoint(step=step, loss=loss) for step, loss in enumerate(losses, 1)
        )

    def lose_next_answer(self, call: str) -> None:
        works = getattr(self.trainer, call)

        def once(spec: Any) -> str:
            works(spec)
            setattr(self.trainer, call, works)
            raise ServiceUnavailable("the answer was lost")

        setattr(self.trainer, call, once)

    def event(self, training_ref: str) -> dict:
        return {"training": training_ref}


@dataclass
class BedrockStage:
    trainer: BedrockTrainer
    plane: BedrockControlPlane
    store: InMemoryObjectStore

    def complete(self, training_ref: str) -> str:
        return self.plane.complete(training_ref)

    def end(self, training_ref: str, status: TrainingStatus, reason: str | None = None) -> None:
        self.plane.end(training_ref, status.value.title(), reason)

    def move(self, deployment_ref: str, status: DeploymentStatus) -> None:
        words = status.value.title().replace("_", "")
        self.plane.throughput[deployment_ref]["status"] = words

    def write_metrics(self, metrics_ref: str, losses: list[float]) -> None:
        rows = [f"{step},0,{loss}" for step, loss in enumerate(losses, 1)]
        text = "\n".join(["step_number,epoch_number,training_loss", *rows] if rows else [])
        self.store.put(metrics_ref.removeprefix("s3://studio/"), text.encode(), "text/csv")

    def lose_next_answer(self, call: str) -> None:
        operations = {
            "start": "CreateModelCustomizationJob",
            "provision": "CreateProvisionedModelThroughput",
        }
        self.plane.lost.add(operations[call])

    def event(self, training_ref: str) -> dict:
        return {
            "source": "aws.bedrock",
            "detail-type": "Model Customization Job State Change",
            "detail": {
                "jobArn": training_ref,
                "jobName": self.plane.jobs[training_ref]["jobName"],
                "jobStatus": "Completed",
            },
        }


@cache
def bedrock_client() -> Any:
    """Reading the service's model takes longer than a test."""
    return make_client("bedrock", region="us-east-1")


def bedrock_stage(monkeypatch: pytest.MonkeyPatch) -> BedrockStage:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = bedrock_client()
    clock, store = FixedClock(), InMemoryObjectStore("studio")
    trainer = BedrockTrainer(
        client,
        stack="onmodel-dev",
        region="us-east-1",
        role_arn=ROLE,
        store=store,
        account=InMemoryAccount({"studio": "us-east-1"}, {ROLE: True}),
        quotas=InMemoryQuotas({("bedrock", "L-BE77399C"): 1}),
        clock=clock,
    )
    return BedrockStage(trainer, BedrockControlPlane(client, clock), store)


@pytest.fixture(params=["memory", "bedrock"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return MemoryStage() if request.param == "memory" else bedrock_stage(monkeypatch)


def deployed(stage: Stage, deployment_id: str = "d0001-0a1b2c3d-1") -> tuple[str, str]:
    """A model and a deployment of it."""
    model = stage.complete(stage.trainer.start(SPEC))
    return model, stage.trainer.provision(deployment(model, deployment_id))


def deployment(model: str, deployment_id: str = "d0001-0a1b2c3d-1") -> DeploymentSpec:
    return DeploymentSpec(production="big-buck-bunny", deployment_id=deployment_id, model_ref=model)


# ── training ──


def test_preflight_when_all_is_well_then_nothing_blocks(stage: Stage) -> None:
    assert stage.trainer.preflight(PLAN) == ()


def test_start_when_new_then_in_progress_under_its_name(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    state = stage.trainer.describe(ref)
    assert (state.training_ref, state.status) == (ref, TrainingStatus.IN_PROGRESS)
    assert state.name == stage.trainer.names(SPEC.production, SPEC.training_id).job
    assert (state.model_ref, state.reason, state.ended_at) == (None, None, None)
    assert state.created_at is not None


def test_start_when_repeated_then_the_same_training(stage: Stage) -> None:
    assert stage.trainer.start(SPEC) == stage.trainer.start(SPEC)
    assert len(stage.trainer.list_ours()) == 1


def test_start_when_answer_was_lost_then_repeat_finds_it(stage: Stage) -> None:
    stage.lose_next_answer("start")
    with pytest.raises(ServiceUnavailable):
        stage.trainer.start(SPEC)
    ref = stage.trainer.start(SPEC)
    assert [thing.ref for thing in stage.trainer.list_ours()] == [ref]


def test_start_when_repeated_after_its_end_then_no_second_training(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    stage.end(ref, TrainingStatus.FAILED, "no data")
    assert stage.trainer.start(SPEC) == ref
    assert stage.trainer.describe(ref).status == TrainingStatus.FAILED


def test_start_when_another_production_has_the_same_id_then_two_trainings(stage: Stage) -> None:
    other = SPEC.model_copy(update={"production": "sintel"})
    assert stage.trainer.start(SPEC) != stage.trainer.start(other)


def test_find_when_started_then_reference_and_for_others_none(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    assert stage.trainer.find("big-buck-bunny", "d0001-0a1b2c3d") == ref
    assert stage.trainer.find("big-buck-bunny", "d0001-0a1b2c3") is None
    assert stage.trainer.find("big-buck", "d0001-0a1b2c3d") is None


def test_describe_when_completed_then_model_and_metrics(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    model = stage.complete(ref)
    state = stage.trainer.describe(ref)
    assert (state.status, state.model_ref) == (TrainingStatus.COMPLETED, model)
    assert state.metrics_ref
    assert state.ended_at is not None
    assert state.status.is_over


@pytest.mark.parametrize(
    ("status", "over"),
    [
        (TrainingStatus.FAILED, True),
        (TrainingStatus.STOPPING, False),
        (TrainingStatus.STOPPED, True),
    ],
)
def test_describe_when_ended_badly_then_told(
    stage: Stage, status: TrainingStatus, over: bool
) -> None:
    ref = stage.trainer.start(SPEC)
    stage.end(ref, status, "because")
    state = stage.trainer.describe(ref)
    assert (state.status, state.reason, state.model_ref) == (status, "because", None)
    assert state.status.is_over is over


def test_describe_when_unknown_then_gone(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    unknown = ref[:-1] + ("0" if ref[-1] != "0" else "9")
    assert stage.trainer.describe(unknown).status == TrainingStatus.GONE


def test_stop_training_when_running_over_or_unknown_then_success(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    stage.trainer.stop_training(ref)
    assert stage.trainer.describe(ref).status == TrainingStatus.STOPPING
    stage.trainer.stop_training(ref)
    stage.end(ref, TrainingStatus.STOPPED)
    stage.trainer.stop_training(ref)
    stage.trainer.stop_training(ref[:-1] + ("0" if ref[-1] != "0" else "9"))
    assert stage.trainer.describe(ref).status == TrainingStatus.STOPPED


def test_training_of_when_our_event_then_reference(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    assert stage.trainer.training_of(stage.event(ref)) == ref
    assert stage.trainer.training_of({}) is None
    assert stage.trainer.training_of({"source": "aws.s3", "detail-type": "Object Created"}) is None


def test_loss_curve_when_written_then_by_step(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    stage.complete(ref)
    metrics = stage.trainer.describe(ref).metrics_ref
    assert metrics is not None
    stage.write_metrics(metrics, [0.9, 0.5, 0.25])
    assert stage.trainer.loss_curve(metrics) == (
        LossPoint(step=1, loss=0.9),
        LossPoint(step=2, loss=0.5),
        LossPoint(step=3, loss=0.25),
    )


def test_loss_curve_when_missing_or_senseless_then_error(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    stage.complete(ref)
    metrics = stage.trainer.describe(ref).metrics_ref
    assert metrics is not None
    with pytest.raises(NotFound):
        stage.trainer.loss_curve(metrics + ".nothing")
    stage.write_metrics(metrics, [])
    with pytest.raises(AnswerRefused):
        stage.trainer.loss_curve(metrics)


# ── deployment ──


def test_provision_when_model_exists_then_creating_and_billing(stage: Stage) -> None:
    model, ref = deployed(stage)
    state = stage.trainer.describe_deployment(ref)
    assert (state.status, state.model_ref, state.units) == (DeploymentStatus.CREATING, model, 1)
    assert state.created_at is not None
    billing = {(thing.kind, thing.billing) for thing in stage.trainer.list_ours()}
    assert (ResourceKind.DEPLOYMENT, "hour") in billing
    assert stage.trainer.panel_model(ref)


def test_provision_when_repeated_then_the_same_deployment(stage: Stage) -> None:
    model, ref = deployed(stage)
    assert stage.trainer.provision(deployment(model)) == ref
    kinds = [thing.kind for thing in stage.trainer.list_ours()]
    assert kinds.count(ResourceKind.DEPLOYMENT) == 1


def test_provision_when_answer_was_lost_then_repeat_finds_it(stage: Stage) -> None:
    model = stage.complete(stage.trainer.start(SPEC))
    stage.lose_next_answer("provision")
    with pytest.raises(ServiceUnavailable):
        stage.trainer.provision(deployment(model))
    ref = stage.trainer.provision(deployment(model))
    kinds = {thing.ref: thing.kind for thing in stage.trainer.list_ours()}
    assert kinds == {ref: ResourceKind.DEPLOYMENT, model: ResourceKind.MODEL}


def test_provision_when_model_is_gone_then_not_found_and_nothing_bills(stage: Stage) -> None:
    model = stage.complete(stage.trainer.start(SPEC))
    stage.trainer.delete_model(model)
    with pytest.raises(NotFound):
        stage.trainer.provision(deployment(model))
    assert stage.trainer.list_ours() == ()


def test_provision_when_id_is_taken_by_another_model_then_conflict(stage: Stage) -> None:
    deployed(stage)
    other = SPEC.model_copy(update={"training_id": "d0002-0a1b2c3d"})
    model = stage.complete(stage.trainer.start(other))
    with pytest.raises(Conflict):
        stage.trainer.provision(deployment(model))


def test_provision_when_quota_is_used_up_then_impossible_with_advice(stage: Stage) -> None:
    model, _ = deployed(stage)
    with pytest.raises(TrainingImpossible) as caught:
        stage.trainer.provision(deployment(model, "another"))
    assert caught.value.advice


def test_find_deployment_when_there_then_reference_and_for_others_none(stage: Stage) -> None:
    _, ref = deployed(stage, "d0001-0a1b2c3d-1")
    assert stage.trainer.find_deployment("big-buck-bunny", "d0001-0a1b2c3d-1") == ref
    assert stage.trainer.find_deployment("big-buck-bunny", "d0001-0a1b2c3d") is None


@pytest.mark.parametrize(
    "status", [DeploymentStatus.IN_SERVICE, DeploymentStatus.UPDATING, DeploymentStatus.FAILED]
)
def test_stop_deployment_when_in_any_state_then_gone(
    stage: Stage, status: DeploymentStatus
) -> None:
    _, ref = deployed(stage)
    stage.move(ref, status)
    assert stage.trainer.describe_deployment(ref).status == status
    stage.trainer.stop_deployment(ref)
    assert stage.trainer.describe_deployment(ref).status == DeploymentStatus.GONE
    stage.trainer.stop_deployment(ref)
    assert [thing.billing for thing in stage.trainer.list_ours()] == ["month"]


def test_delete_model_when_deployed_then_conflict_until_it_is_not(stage: Stage) -> None:
    model, ref = deployed(stage)
    with pytest.raises(Conflict):
        stage.trainer.delete_model(model)
    stage.trainer.stop_deployment(ref)
    stage.trainer.delete_model(model)
    stage.trainer.delete_model(model)
    assert stage.trainer.list_ours() == ()


def test_list_ours_when_training_runs_then_listed_until_it_is_over(stage: Stage) -> None:
    ref = stage.trainer.start(SPEC)
    assert [(thing.kind, thing.ref) for thing in stage.trainer.list_ours()] == [
        (ResourceKind.TRAINING, ref)
    ]
    stage.end(ref, TrainingStatus.FAILED)
    assert stage.trainer.list_ours() == ()


# ── what a person and the dataset see ──


def test_limits_when_asked_then_consistent(stage: Stage) -> None:
    dataset, panel = stage.trainer.limits.dataset, stage.trainer.limits.panel
    assert 0 < dataset.min_records < dataset.max_records
    assert 0 < dataset.min_side < dataset.max_side
    assert panel.min_side % panel.side_multiple == panel.max_side % panel.side_multiple == 0
    line = stage.trainer.manifest_line("s3://studio/a.jpeg", "Bunny smiles – “hello”\n")
    assert "\n" not in line
    assert "s3://studio/a.jpeg" in line
