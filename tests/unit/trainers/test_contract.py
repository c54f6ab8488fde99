"""What every Trainer keeps: whoever adds one adds a Stage for it here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Protocol

import pytest
from fakes.account import InMemoryAccount, InMemoryQuotas
from fakes.bedrock_control_plane import BedrockControlPlane
from fakes.clock import FixedClock
from fakes.jobs_trainer import JobsTrainer
from fakes.object_store import InMemoryObjectStore
from fakes.sagemaker_control_plane import SageMakerControlPlane
from fakes.seconds_trainer import SecondsTrainer
from fakes.trainer import InMemoryService, InMemoryTrainer

from onmodel.adapters.clients import make_client
from onmodel.contracts.base import Box
from onmodel.contracts.datasets import CaptionedPicture, DatasetItem, PictureFacts, Violation
from onmodel.contracts.deployments import DeploymentSpec, DeploymentStatus
from onmodel.contracts.drawings import Arm, DrawingSpec, WantedPicture
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.panels import PanelRequest
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import (
    Finding,
    LossPoint,
    TrainingPlan,
    TrainingSpec,
    TrainingStatus,
)
from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    Conflict,
    NotFound,
    ServiceUnavailable,
    TrainingImpossible,
)
from onmodel.ports.trainer import Trainer
from onmodel.trainers.bedrock.trainer import BedrockTrainer
from onmodel.trainers.sagemaker.trainer import SageMakerTrainer

ROLE = "arn:aws:iam::123456789012:role/onmodel-bedrock"


PRODUCTION, TRAINING = "big-buck-bunny", "d0001-0a1b2c3d"


def spec(trainer: Trainer) -> TrainingSpec:
    return TrainingSpec(
        production=PRODUCTION,
        dataset_id=TRAINING,
        training_id=TRAINING,
        manifest_uri="s3://studio/big-buck-bunny/datasets/d0001-0a1b2c3d/manifest.jsonl",
        output_uri="s3://studio/big-buck-bunny/trainings/d0001-0a1b2c3d/",
        hyperparameters=trainer.presets["default"],
    )


def plan(trainer: Trainer) -> TrainingPlan:
    return TrainingPlan(
        hyperparameters=trainer.presets["default"], buckets=("studio",), records=100
    )


class Stage(Protocol):
    """What a test does behind the trainer's back."""

    trainer: Trainer

    def complete(self, training_ref: str) -> str: ...
    def end(self, training_ref: str, status: TrainingStatus, reason: str | None = None) -> None: ...
    def move(self, deployment_ref: str, status: DeploymentStatus) -> None: ...
    def write_metrics(self, metrics_ref: str, losses: list[float]) -> None: ...
    def lose_next_answer(self, call: str) -> None: ...


class MemoryStage:
    def __init__(self, trainer: InMemoryService) -> None:
        self.trainer = trainer
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


@dataclass
class SageMakerStage:
    trainer: SageMakerTrainer
    plane: SageMakerControlPlane
    store: InMemoryObjectStore

    def complete(self, training_ref: str) -> str:
        name = training_ref.rsplit("/", 1)[-1]
        self.plane.end(name, "Completed")
        folder = self.plane.jobs[name]["ModelArtifacts"]["S3ModelArtifacts"]
        self.store.put(f"{folder.removeprefix('s3://studio/')}/adapter.json", b"{}", "text/json")
        return f"{folder}/"

    def end(self, training_ref: str, status: TrainingStatus, reason: str | None = None) -> None:
        self.plane.end(training_ref.rsplit("/", 1)[-1], status.value.title(), reason)

    def move(self, deployment_ref: str, status: DeploymentStatus) -> None:
        raise NotImplementedError("it deploys nothing")

    def write_metrics(self, metrics_ref: str, losses: list[float]) -> None:
        rows = [f"{step},0,{loss}" for step, loss in enumerate(losses, 1)]
        head = ["step_number,epoch_number,training_loss", "0,0,"]
        text = "\n".join([*head, *rows] if rows else [])
        self.store.put(metrics_ref.removeprefix("s3://studio/"), text.encode(), "text/csv")

    def lose_next_answer(self, call: str) -> None:
        self.plane.lost.add("CreateTrainingJob")

    def end_drawing(self, drawing_ref: str, status: TrainingStatus, reason: str | None) -> None:
        self.end(drawing_ref, status, reason)

    def draw(self, drawing_ref: str, spec: DrawingSpec) -> None:
        """All pictures but the last, which fails."""
        place = f"{spec.folder}job/checkpoints"
        for one in spec.pictures[:-1]:
            self.store.put(f"{place}/{one.arm}/{one.id}.png", b"png", "image/png")
            self.store.put(f"{place}/{one.arm}/{one.id}.json", b'{"sha256": ""}', "text/json")
        last = spec.pictures[-1]
        told = b'{"error": "out of memory"}'
        self.store.put(f"{place}/{last.arm}/{last.id}.json", told, "text/json")
        self.end_drawing(drawing_ref, TrainingStatus.COMPLETED, None)


@cache
def sagemaker_client() -> Any:
    return make_client("sagemaker", region="us-east-1")


class NothingIsWrong:
    def findings(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return ()


def sagemaker_stage(monkeypatch: pytest.MonkeyPatch) -> SageMakerStage:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = sagemaker_client()
    store = InMemoryObjectStore("studio")
    store.put(NAME, b"{}", "text/json")
    trainer = SageMakerTrainer(
        client,
        stack="onmodel-dev",
        role_arn=ROLE,
        image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2",
        store=store,
        checks=NothingIsWrong(),
    )
    return SageMakerStage(trainer, SageMakerControlPlane(client, FixedClock()), store)


class JobsStage(MemoryStage):
    """In memory, with drawing jobs."""

    def __init__(self) -> None:
        self.jobs = JobsTrainer()
        super().__init__(self.jobs)
        self.end_drawing = self.jobs.end_drawing

    def draw(self, drawing_ref: str, spec: DrawingSpec) -> None:
        self.jobs.draw(drawing_ref, InMemoryObjectStore("studio"), b"png", spec.pictures[-1].id)


IN_MEMORY = {"memory": InMemoryTrainer, "seconds": SecondsTrainer}
DEPLOYS = pytest.mark.parametrize("stage", ["memory", "seconds", "bedrock"], indirect=True)
DRAWS = pytest.mark.parametrize("stage", ["jobs", "sagemaker"], indirect=True)


@pytest.fixture(params=["memory", "seconds", "jobs", "bedrock", "sagemaker"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param in IN_MEMORY:
        return MemoryStage(IN_MEMORY[request.param]())
    if request.param == "jobs":
        return JobsStage()
    return (bedrock_stage if request.param == "bedrock" else sagemaker_stage)(monkeypatch)


def deployed(stage: Stage, deployment_id: str = "d0001-0a1b2c3d-1") -> tuple[str, str]:
    """A model and a deployment of it."""
    model = stage.complete(stage.trainer.start(spec(stage.trainer)))
    return model, stage.trainer.provision(deployment(model, deployment_id))


def deployment(model: str, deployment_id: str = "d0001-0a1b2c3d-1") -> DeploymentSpec:
    return DeploymentSpec(production="big-buck-bunny", deployment_id=deployment_id, model_ref=model)


# ── training ──


def test_preflight_when_all_is_well_then_nothing_blocks(stage: Stage) -> None:
    assert stage.trainer.preflight(plan(stage.trainer)) == ()


def test_start_when_new_then_in_progress_under_its_name(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    state = stage.trainer.describe(ref)
    assert (state.training_ref, state.status) == (ref, TrainingStatus.IN_PROGRESS)
    assert state.name == stage.trainer.names(PRODUCTION, TRAINING).job
    assert (state.model_ref, state.reason, state.ended_at) == (None, None, None)
    assert state.created_at is not None


def test_start_when_repeated_then_the_same_training(stage: Stage) -> None:
    assert stage.trainer.start(spec(stage.trainer)) == stage.trainer.start(spec(stage.trainer))
    assert len(stage.trainer.list_ours()) == 1


def test_start_when_answer_was_lost_then_repeat_finds_it(stage: Stage) -> None:
    stage.lose_next_answer("start")
    with pytest.raises(ServiceUnavailable):
        stage.trainer.start(spec(stage.trainer))
    ref = stage.trainer.start(spec(stage.trainer))
    assert [thing.ref for thing in stage.trainer.list_ours()] == [ref]


def test_start_when_repeated_after_its_end_then_no_second_training(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    stage.end(ref, TrainingStatus.FAILED, "no data")
    assert stage.trainer.start(spec(stage.trainer)) == ref
    assert stage.trainer.describe(ref).status == TrainingStatus.FAILED


def test_start_when_another_production_has_the_same_id_then_two_trainings(stage: Stage) -> None:
    other = spec(stage.trainer).model_copy(update={"production": "sintel"})
    assert stage.trainer.start(spec(stage.trainer)) != stage.trainer.start(other)


def test_find_when_started_then_reference_and_for_others_none(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    assert stage.trainer.find("big-buck-bunny", "d0001-0a1b2c3d") == ref
    assert stage.trainer.find("big-buck-bunny", "d0001-0a1b2c3") is None
    assert stage.trainer.find("big-buck", "d0001-0a1b2c3d") is None


def test_describe_when_completed_then_model_and_metrics(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
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
    ref = stage.trainer.start(spec(stage.trainer))
    stage.end(ref, status, "because")
    state = stage.trainer.describe(ref)
    assert (state.status, state.reason, state.model_ref) == (status, "because", None)
    assert state.status.is_over is over


def test_describe_when_unknown_then_gone(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    unknown = ref[:-1] + ("0" if ref[-1] != "0" else "9")
    assert stage.trainer.describe(unknown).status == TrainingStatus.GONE


def test_stop_training_when_running_over_or_unknown_then_success(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    stage.trainer.stop_training(ref)
    assert stage.trainer.describe(ref).status == TrainingStatus.STOPPING
    stage.trainer.stop_training(ref)
    stage.end(ref, TrainingStatus.STOPPED)
    stage.trainer.stop_training(ref)
    stage.trainer.stop_training(ref[:-1] + ("0" if ref[-1] != "0" else "9"))
    assert stage.trainer.describe(ref).status == TrainingStatus.STOPPED


def test_loss_curve_when_written_then_by_step(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
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
    ref = stage.trainer.start(spec(stage.trainer))
    stage.complete(ref)
    metrics = stage.trainer.describe(ref).metrics_ref
    assert metrics is not None
    with pytest.raises(NotFound):
        stage.trainer.loss_curve(metrics + ".nothing")
    stage.write_metrics(metrics, [])
    with pytest.raises(AnswerRefused):
        stage.trainer.loss_curve(metrics)


# ── deployment ──


@DEPLOYS
def test_provision_when_model_exists_then_creating_and_billing(stage: Stage) -> None:
    model, ref = deployed(stage)
    state = stage.trainer.describe_deployment(ref)
    assert (state.status, state.model_ref, state.units) == (DeploymentStatus.CREATING, model, 1)
    assert state.created_at is not None
    billing = {(thing.kind, thing.billing) for thing in stage.trainer.list_ours()}
    assert (ResourceKind.DEPLOYMENT, "hour") in billing
    assert stage.trainer.panel_model(ref)


@DEPLOYS
def test_list_ours_when_kinds_are_given_then_these_alone(stage: Stage) -> None:
    model, ref = deployed(stage)
    for kind, found in (
        (ResourceKind.DEPLOYMENT, [ref]),
        (ResourceKind.MODEL, [model]),
        (ResourceKind.TRAINING, []),
    ):
        assert [thing.ref for thing in stage.trainer.list_ours(kind)] == found
    both = stage.trainer.list_ours(ResourceKind.MODEL, ResourceKind.DEPLOYMENT)
    assert {thing.ref for thing in both} == {model, ref}


@DEPLOYS
def test_provision_when_repeated_then_the_same_deployment(stage: Stage) -> None:
    model, ref = deployed(stage)
    assert stage.trainer.provision(deployment(model)) == ref
    kinds = [thing.kind for thing in stage.trainer.list_ours()]
    assert kinds.count(ResourceKind.DEPLOYMENT) == 1


@DEPLOYS
def test_provision_when_answer_was_lost_then_repeat_finds_it(stage: Stage) -> None:
    model = stage.complete(stage.trainer.start(spec(stage.trainer)))
    stage.lose_next_answer("provision")
    with pytest.raises(ServiceUnavailable):
        stage.trainer.provision(deployment(model))
    ref = stage.trainer.provision(deployment(model))
    kinds = {thing.ref: thing.kind for thing in stage.trainer.list_ours()}
    assert kinds == {ref: ResourceKind.DEPLOYMENT, model: ResourceKind.MODEL}


@DEPLOYS
def test_provision_when_model_is_gone_then_not_found_and_nothing_bills(stage: Stage) -> None:
    model = stage.complete(stage.trainer.start(spec(stage.trainer)))
    stage.trainer.delete_model(model)
    with pytest.raises(NotFound):
        stage.trainer.provision(deployment(model))
    assert stage.trainer.list_ours() == ()


@DEPLOYS
def test_provision_when_id_is_taken_by_another_model_then_conflict(stage: Stage) -> None:
    deployed(stage)
    other = spec(stage.trainer).model_copy(update={"training_id": "d0002-0a1b2c3d"})
    model = stage.complete(stage.trainer.start(other))
    with pytest.raises(Conflict):
        stage.trainer.provision(deployment(model))


@DEPLOYS
def test_provision_when_quota_is_used_up_then_impossible_with_advice(stage: Stage) -> None:
    model, _ = deployed(stage)
    with pytest.raises(TrainingImpossible) as caught:
        stage.trainer.provision(deployment(model, "another"))
    assert caught.value.advice


@DEPLOYS
def test_find_deployment_when_there_then_reference_and_for_others_none(stage: Stage) -> None:
    _, ref = deployed(stage, "d0001-0a1b2c3d-1")
    assert stage.trainer.find_deployment("big-buck-bunny", "d0001-0a1b2c3d-1") == ref
    assert stage.trainer.find_deployment("big-buck-bunny", "d0001-0a1b2c3d") is None


@DEPLOYS
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


@DEPLOYS
def test_delete_model_when_deployed_then_conflict_until_it_is_not(stage: Stage) -> None:
    model, ref = deployed(stage)
    with pytest.raises(Conflict):
        stage.trainer.delete_model(model)
    stage.trainer.stop_deployment(ref)
    stage.trainer.delete_model(model)
    stage.trainer.delete_model(model)
    assert stage.trainer.list_ours() == ()


def test_list_ours_when_training_runs_then_listed_until_it_is_over(stage: Stage) -> None:
    ref = stage.trainer.start(spec(stage.trainer))
    assert [(thing.kind, thing.ref) for thing in stage.trainer.list_ours()] == [
        (ResourceKind.TRAINING, ref)
    ]
    stage.end(ref, TrainingStatus.FAILED)
    assert stage.trainer.list_ours() == ()


@pytest.mark.parametrize("stage", ["bedrock", "sagemaker"], indirect=True)
def test_list_ours_when_the_service_is_denied_then_each_of_its_kinds_is(stage: Any) -> None:
    """The deletion guard knows by this that a service is denied altogether."""
    for operation in (
        "ListTrainingJobs", "ListModelCustomizationJobs", "ListCustomModels",
        "ListProvisionedModelThroughputs",
    ):  # fmt: skip
        stage.plane.fault(operation, *["AccessDeniedException"] * 9)
    for kind in stage.trainer.kinds:
        with pytest.raises(AccessDenied):
            stage.trainer.list_ours(kind)


def test_list_ours_when_it_does_not_have_a_kind_then_nothing_and_no_call(stage: Any) -> None:
    stage.complete(stage.trainer.start(spec(stage.trainer)))
    before = len(stage.plane.calls) if hasattr(stage, "plane") else 0
    for kind in set(ResourceKind) - set(stage.trainer.kinds):
        assert stage.trainer.list_ours(kind) == ()
    assert before == (len(stage.plane.calls) if hasattr(stage, "plane") else 0)


# ── drawing ──


def drawing(trainer: Trainer, model: str | None, *arms: Arm, text: str = "a b") -> DrawingSpec:
    """Two pictures by each arm."""
    rules = trainer.drawing_jobs
    assert rules is not None
    board = Storyboard.model_validate({"scenes": ["Bunny smiles"]})
    return DrawingSpec(
        production=PRODUCTION,
        drawing_id="forest-1",
        folder=f"{PRODUCTION}/storyboards/forest/1/",
        model_ref=model,
        options=rules.drawing_options(board, TrainingSettings()),
        pictures=tuple(
            WantedPicture(id=f"{arm}-{n}", arm=arm, text=text, width=512, height=512, seed=n)
            for arm in arms
            for n in range(2)
        ),
    )


@DRAWS
def test_start_drawing_when_repeated_then_one_job_that_is_listed_until_it_is_over(
    stage: Any,
) -> None:
    jobs = stage.trainer.drawing_jobs
    spec = drawing(stage.trainer, None, "base")
    ref = jobs.start_drawing(spec)
    assert jobs.start_drawing(spec) == ref == jobs.find_drawing(PRODUCTION, "forest-1")
    assert jobs.describe_drawing(ref).status == TrainingStatus.IN_PROGRESS
    assert jobs.drawn_pictures(spec) == ()
    listed = stage.trainer.list_ours(ResourceKind.DRAWING)
    assert [(thing.kind, thing.ref) for thing in listed] == [(ResourceKind.DRAWING, ref)]
    assert stage.trainer.list_ours(ResourceKind.TRAINING) == ()
    stage.end_drawing(ref, TrainingStatus.FAILED, "no room")
    state = jobs.describe_drawing(ref)
    assert (state.status, state.reason) == (TrainingStatus.FAILED, "no room")
    assert stage.trainer.list_ours() == ()
    assert jobs.find_drawing(PRODUCTION, "forest-2") is None


@DRAWS
def test_start_drawing_when_its_name_drew_something_else_then_refused_with_advice(
    stage: Any,
) -> None:
    jobs = stage.trainer.drawing_jobs
    jobs.start_drawing(drawing(stage.trainer, None, "base"))
    with pytest.raises(TrainingImpossible) as caught:
        jobs.start_drawing(drawing(stage.trainer, None, "base", text="something else"))
    assert caught.value.advice


@DRAWS
def test_drawing_when_over_then_each_picture_or_why_not_and_what_was_billed(stage: Any) -> None:
    jobs = stage.trainer.drawing_jobs
    model = stage.complete(stage.trainer.start(spec(stage.trainer)))
    wanted = drawing(stage.trainer, model, "tuned", "step-000500", "base")
    ref = jobs.start_drawing(wanted)
    stage.draw(ref, wanted)
    state = jobs.describe_drawing(ref)
    assert state.status == TrainingStatus.COMPLETED
    assert [use.paid > 0 for use in state.usage] == [True]
    made = jobs.drawn_pictures(wanted)
    assert [one.id for one in made] == [picture.id for picture in wanted.pictures]
    assert all(one.key and not one.notice for one in made[:-1])
    assert (made[-1].key, made[-1].notice) == (None, "out of memory")


@DRAWS
def test_stop_drawing_when_running_over_or_unknown_then_success(stage: Any) -> None:
    jobs = stage.trainer.drawing_jobs
    ref = jobs.start_drawing(drawing(stage.trainer, None, "base"))
    jobs.stop_drawing(ref)
    assert jobs.describe_drawing(ref).status == TrainingStatus.STOPPING
    stage.end_drawing(ref, TrainingStatus.STOPPED, None)
    jobs.stop_drawing(ref)
    unknown = ref[:-1] + ("0" if ref[-1] != "0" else "9")
    jobs.stop_drawing(unknown)
    assert jobs.describe_drawing(unknown).status == TrainingStatus.GONE


@DRAWS
def test_drawing_work_when_asked_then_more_pictures_cost_more(stage: Any) -> None:
    rules = stage.trainer.drawing_jobs
    options = drawing(stage.trainer, None, "base").options
    few, many, shown = (
        rules.drawing_work(pictures, options)
        for pictures in ({"base": 1}, {"base": 50}, {"references": 50})
    )
    assert 0 < few.either[0].paid < many.either[0].paid < shown.either[0].paid


# ── what a person and the dataset see ──


def test_limits_when_asked_then_consistent(stage: Stage) -> None:
    dataset, panel = stage.trainer.limits.dataset, stage.trainer.limits.panel
    assert 0 < dataset.min_records < dataset.max_records
    assert 0 < dataset.min_side < dataset.max_side
    assert panel.min_side % panel.side_multiple == panel.max_side % panel.side_multiple == 0


def test_presets_when_asked_then_within_the_limits_and_described(stage: Stage) -> None:
    trainer = stage.trainer
    assert "default" in trainer.presets
    for values in trainer.presets.values():
        assert trainer.hyperparameter_faults(values) == ()
        assert all(line.value and line.label for line in trainer.described(values))
    assert trainer.hyperparameters(TrainingSettings()) == trainer.presets["default"]


def test_hyperparameters_when_unknown_then_blocking_and_preflight_says_so(stage: Stage) -> None:
    (fault,) = stage.trainer.hyperparameter_faults({"unheard-of": 1})
    assert fault.blocking and fault.reason and fault.advice


def test_hyperparameters_when_kept_in_a_row_then_read_back_the_same(stage: Stage) -> None:
    kept = spec(stage.trainer)
    assert TrainingSpec.model_validate_json(kept.model_dump_json()) == kept


def test_work_when_asked_then_what_is_billed_is_above_zero(stage: Stage) -> None:
    trainer = stage.trainer
    work = trainer.training_work(trainer.presets["default"])
    assert work.usage and all(use.paid > 0 for use in (*work.usage, *work.either))


@DEPLOYS
def test_deployment_work_when_asked_then_hours_are_billed(stage: Stage) -> None:
    rules = stage.trainer.deployer
    assert rules is not None
    work = rules.deployment_work(2, 90)
    assert work.usage and all(use.paid > 0 for use in work.usage)
    most = {use.item: use.paid for use in work.usage}
    assert all(use.paid <= most[use.item] for use in work.usual)
    assert rules.billed_hours(timedelta(0)) == 0
    assert rules.billed_hours(timedelta(hours=2)) == 2
    assert 1.5 <= rules.billed_hours(timedelta(hours=1.5)) <= 2


def test_panel_options_when_kept_with_a_panel_then_read_back_the_same(stage: Stage) -> None:
    options = stage.trainer.panel_options(Storyboard.model_validate({"scenes": ["Bunny smiles"]}))
    panel = PanelRequest(text="Bunny smiles", seed=1, options=options)
    assert PanelRequest.model_validate_json(panel.model_dump_json()) == panel


def test_export_when_judged_then_nothing_is_wrong(stage: Stage) -> None:
    pictures = captioned(stage.trainer, 6)
    manifest = stage.trainer.export(pictures)
    names = [picture.uri.rsplit("/", 1)[-1] for picture in pictures]
    assert all(name.encode() in manifest for name in names)
    assert judged(stage.trainer, manifest, pictures) == ()
    assert stage.trainer.export([]) == b""


def test_manifest_violations_when_something_is_wrong_then_told_with_its_line(stage: Stage) -> None:
    trainer = stage.trainer
    pictures = captioned(trainer, 6)
    manifest = trainer.export(pictures)
    limits = trainer.limits.dataset
    too_long = pictures[3].model_copy(update={"caption": "x" * (limits.max_caption_characters + 1)})
    assert [
        (violation.line, violation.rule)
        for violation in judged(
            trainer, trainer.export([*pictures[:3], too_long, *pictures[4:]]), pictures
        )
    ] == [(4, "caption")]
    (missing,) = trainer.manifest_violations(manifest, facts_of(trainer, pictures[1:]), name=NAME)
    assert (missing.line, missing.rule) == (1, "missing")
    small = facts_of(trainer, pictures, width=limits.min_side - 1)
    assert {found.rule for found in trainer.manifest_violations(manifest, small, name=NAME)} >= {
        "side"
    }
    (few,) = judged(trainer, trainer.export(pictures[: limits.min_records - 1]), pictures)
    assert (few.line, few.rule) == (None, "records")


NAME = "big-buck-bunny/datasets/d0001-0a1b2c3d/manifest.jsonl"


def captioned(trainer: Trainer, count: int) -> list[CaptionedPicture]:
    side = trainer.limits.dataset.max_side
    box = Box(left=0, top=0, width=side, height=side)
    return [
        CaptionedPicture(
            item=DatasetItem(
                crop_id=f"c{number}", film_id="f", character="bunny", timecode_seconds=number,
                shot=number, box=box, width=side, height=side, quality=0.5,
                key=f"bunny/{number}.jpeg",
            ),
            uri=f"s3://studio/bunny/{number}.jpeg",
            caption=f"Bunny smiles – “hello {number}”",
        )
        for number in range(count)
    ]  # fmt: skip


def facts_of(
    trainer: Trainer, pictures: list[CaptionedPicture], width: int | None = None
) -> dict[str, PictureFacts]:
    side = trainer.limits.dataset.min_side
    facts = PictureFacts(width=width or side, height=side, size_bytes=90_000, format="jpeg")
    return {picture.uri: facts for picture in pictures}


def judged(
    trainer: Trainer, manifest: bytes, pictures: list[CaptionedPicture]
) -> tuple[Violation, ...]:
    return trainer.manifest_violations(manifest, facts_of(trainer, pictures), name=NAME)
