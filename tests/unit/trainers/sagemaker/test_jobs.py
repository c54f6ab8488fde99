from __future__ import annotations

import json

import pytest

from onmodel.contracts.drawings import DrawingSpec, WantedPicture
from onmodel.contracts.operations import ResourceKind
from onmodel.contracts.sagemaker import SageMakerTrainingSettings
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import Checkpoint, DatasetSize, TrainingSpec, TrainingStatus
from onmodel.errors import AnswerRefused, Throttled, TrainingImpossible
from onmodel.trainers.sagemaker.hyperparameters import sagemaker_values
from onmodel.trainers.sagemaker.training import parse_sagemaker_metrics

FOLDER = "main/datasets/d0001-0a1b2c3d"
OUTPUT = "s3://studio/main/trainings/d0001-0a1b2c3d/"
SPEC = TrainingSpec(
    production="main",
    dataset_id="d0001-0a1b2c3d",
    training_id="d0001-0a1b2c3d",
    manifest_uri=f"s3://studio/{FOLDER}/manifest.jsonl",
    output_uri=OUTPUT,
    hyperparameters=sagemaker_values(
        SageMakerTrainingSettings(), DatasetSize(pictures=40, characters=2)
    ),
)
MANIFEST = b'{"picture": "../pictures/a.jpeg", "caption": "Buck smiles"}\n'


@pytest.fixture
def trainer(make_trainer, store):
    store.put(f"{FOLDER}/manifest.jsonl", MANIFEST, "application/jsonl")
    return make_trainer()


def test_start_when_new_then_the_job_that_is_asked_for(trainer, plane, store) -> None:
    trainer.start(SPEC)
    ((name, job),) = plane.jobs.items()
    assert name == trainer.names("main", SPEC.training_id).job
    assert name.startswith("onmodel-train-")
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in job["InputDataConfig"]
    }
    assert channels["dataset"] == f"{OUTPUT}job/dataset/"
    assert channels["pictures"] == f"s3://studio/{FOLDER}/pictures/"
    assert set(channels) == {"code", "wheels", "model", "dataset", "pictures"}
    assert job["EnableNetworkIsolation"] is True
    assert job["OutputDataConfig"] == {
        "S3OutputPath": f"{OUTPUT}job/output/", "CompressionType": "NONE"
    }  # fmt: skip
    checkpoints = job["CheckpointConfig"]["S3Uri"]
    assert checkpoints.startswith("s3://studio/trainers/sagemaker/checkpoints/main/d0001-0a1b2c3d-")
    assert "KeepAlivePeriodInSeconds" not in job["ResourceConfig"]
    assert [each["InstanceType"] for each in job["ResourceConfig"]["InstancePreferences"]] == [
        "ml.g6e.2xlarge", "ml.g6e.xlarge", "ml.g5.2xlarge"
    ]  # fmt: skip
    stopping = job["StoppingCondition"]
    assert stopping["MaxPendingTimeInSeconds"] == 3600
    assert stopping["MaxRuntimeInSeconds"] > 1200 * 4  # steps × the slowest instance's seconds
    program = job["AlgorithmSpecification"]
    assert program["ContainerEntrypoint"] == ["bash", "/opt/ml/input/data/code/start.sh"]
    deadline = int(program["ContainerArguments"][-1])
    assert program["ContainerArguments"][:2] == ["train.py", "--deadline-seconds"]
    assert deadline < stopping["MaxRuntimeInSeconds"]
    assert {tag["Key"]: tag["Value"] for tag in plane.tags[name]} == {
        "onmodel:stack": "onmodel", "onmodel:production": "main",
        "onmodel:id": SPEC.training_id, "onmodel:kind": "training",
    }  # fmt: skip


def test_start_when_new_then_the_files_of_the_job_are_there(trainer, plane, store) -> None:
    trainer.start(SPEC)
    place = "main/trainings/d0001-0a1b2c3d/job/dataset"
    assert store.get(f"{place}/train.jsonl") == MANIFEST
    assert store.get(f"{place}/validation.jsonl") == b""
    assert b'"steps": 1200' in store.get(f"{place}/recipe.json")
    code = {info.key.rsplit("/", 1)[-1] for info in store.list("trainers/sagemaker/code/")}
    assert {"train.py", "draw.py", "start.sh", "requirements.txt", "recipe.py"} <= code


def test_start_when_a_further_attempt_then_it_goes_on_from_the_checkpoints_of_the_same_recipe(
    trainer, plane
) -> None:
    """The job before was killed; its id cannot be used again."""
    again = SPEC.model_copy(update={"training_id": f"{SPEC.training_id}-t2"})
    other = again.model_copy(
        update={
            "training_id": f"{SPEC.training_id}-t3",
            "hyperparameters": {**SPEC.hyperparameters, "steps": 1300},
        }
    )
    for spec in (SPEC, again, other):
        trainer.start(spec)
    first, second, third = (job["CheckpointConfig"]["S3Uri"] for job in plane.jobs.values())
    assert first == second != third


def test_start_when_the_name_made_something_else_then_refused(trainer, plane, store) -> None:
    ref = trainer.start(SPEC)
    other = {**SPEC.hyperparameters, "steps": 50}
    with pytest.raises(TrainingImpossible, match="was made of something else"):
        trainer.start(SPEC.model_copy(update={"hyperparameters": other}))
    assert trainer.describe(ref).status == TrainingStatus.IN_PROGRESS


def test_start_when_only_the_instances_changed_then_the_same_job(trainer) -> None:
    ref = trainer.start(SPEC)
    other = {**SPEC.hyperparameters, "instances": "ml.g5.2xlarge"}
    assert trainer.start(SPEC.model_copy(update={"hyperparameters": other})) == ref


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ResourceLimitExceeded", "Service Quotas"),
        ("ValidationException", "refuses"),
        ("AccessDeniedException", "refuses"),
    ],
)
def test_start_when_sagemaker_refuses_then_impossible_with_advice(
    trainer, plane, code: str, words: str
) -> None:
    plane.fault("CreateTrainingJob", code)
    with pytest.raises(TrainingImpossible) as caught:
        trainer.start(SPEC)
    assert words in str(caught.value) and caught.value.advice
    assert plane.jobs == {}


def test_names_when_a_stack_is_made_again_then_others(make_trainer, store, plane) -> None:
    first = make_trainer().names("main", "d1").job
    store.bucket = "studio-2"
    assert make_trainer().names("main", "d1").job != first


def test_describe_when_completed_then_what_was_billed_by_the_instance_that_was_used(
    trainer, plane, store
) -> None:
    ref = trainer.start(SPEC)
    name = ref.rsplit("/", 1)[-1]
    plane.end(name, "Completed", seconds=1800)
    folder = plane.jobs[name]["ModelArtifacts"]["S3ModelArtifacts"]
    store.put(f"{folder.removeprefix('s3://studio/')}/adapter.json", b"{}", "text/json")
    state = trainer.describe(ref)
    assert (state.status, state.model_ref) == (TrainingStatus.COMPLETED, f"{folder}/")
    (use,) = state.usage
    assert (use.item, use.paid) == ("sagemaker.ml.g6e.xlarge-training-hour", 0.5)


def completed(trainer, plane, store, adapter: bytes) -> str:
    """A training that ended with this adapter.json."""
    ref = trainer.start(SPEC)
    name = ref.rsplit("/", 1)[-1]
    plane.end(name, "Completed")
    folder = plane.jobs[name]["ModelArtifacts"]["S3ModelArtifacts"]
    store.put(f"{folder.removeprefix('s3://studio/')}/adapter.json", adapter, "text/json")
    return ref


def test_describe_when_completed_then_the_checkpoints_that_adapter_json_lists(
    trainer, plane, store
) -> None:
    listed = [
        {"step": 500, "file": "step-000500.safetensors", "sha256": "", "validation_loss": None},
        {"step": 250, "file": "step-000250.safetensors", "sha256": "", "validation_loss": 0.5},
    ]
    told = json.dumps({"checkpoints": listed}).encode()
    state = trainer.describe(completed(trainer, plane, store, told))
    assert state.checkpoints == (
        Checkpoint(step=250, validation_loss=0.5),
        Checkpoint(step=500, validation_loss=None),
    )


@pytest.mark.parametrize("told", [b"", b"[]", b'{"checkpoints": [{"step": 0}]}'])
def test_describe_when_adapter_json_is_damaged_then_refused(
    trainer, plane, store, told: bytes
) -> None:
    with pytest.raises(AnswerRefused, match=r"adapter.json is not of the known form"):
        trainer.describe(completed(trainer, plane, store, told))


def test_drawing_when_checkpoints_draw_then_each_storyboard_names_its_own(trainer, store) -> None:
    options = trainer.drawing_options(
        Storyboard.model_validate({"scenes": ["a"]}), TrainingSettings()
    )
    spec = DrawingSpec(
        production="main", drawing_id="forest-1", folder="main/storyboards/forest/1/",
        model_ref="s3://studio/model/", checkpoint=750, options=options,
        pictures=tuple(
            WantedPicture(id=f"{arm}-0", arm=arm, text="a", width=512, height=512, seed=1)
            for arm in ("tuned", "step-000250", "base")
        ),
    )  # fmt: skip
    trainer.start_drawing(spec)
    read = {
        arm: json.loads(store.get(f"{spec.folder}job/storyboard/{arm}/storyboard.json"))
        for arm in spec.arms
    }
    assert {arm: (told["arm"], told.get("checkpoint")) for arm, told in read.items()} == {
        "tuned": ("tuned", "checkpoints/step-000750.safetensors"),
        "step-000250": ("tuned", "checkpoints/step-000250.safetensors"),
        "base": ("base", None),
    }


def test_describe_when_completed_without_adapter_json_then_failed_and_says_so(
    trainer, plane
) -> None:
    ref = trainer.start(SPEC)
    plane.end(ref.rsplit("/", 1)[-1], "Completed")
    state = trainer.describe(ref)
    assert state.status == TrainingStatus.FAILED
    assert state.reason == "The job ended without adapter.json, so it made no model"


@pytest.mark.parametrize(
    ("status", "told", "secondary", "reason"),
    [
        ("Failed", "AlgorithmError: train.jsonl has no pictures, exit code: 1", None,
         "train.jsonl has no pictures"),
        ("Failed", "CapacityError: no room", None, "CapacityError: no room"),
        ("Stopped", None, "MaxRuntimeExceeded",
         "It ran for as long as it may, and SageMaker ended it"),
        ("Stopped", None, None, None),
    ],
)  # fmt: skip
def test_describe_when_it_ended_badly_then_the_reason_in_plain_words(
    trainer, plane, status: str, told: str | None, secondary: str | None, reason: str | None
) -> None:
    ref = trainer.start(SPEC)
    plane.end(ref.rsplit("/", 1)[-1], status, told, secondary=secondary)
    assert trainer.describe(ref).reason == reason


def test_describe_when_it_is_being_deleted_then_gone(trainer, plane) -> None:
    ref = trainer.start(SPEC)
    plane.end(ref.rsplit("/", 1)[-1], "Deleting", secondary="Stopped")
    assert trainer.describe(ref).status == TrainingStatus.GONE


def test_stop_when_throttled_then_raised_for_the_caller_to_try_again(trainer, plane) -> None:
    ref = trainer.start(SPEC)
    plane.fault("StopTrainingJob", "ThrottlingException")
    with pytest.raises(Throttled):
        trainer.stop_training(ref)


def test_list_ours_when_others_have_like_names_then_ours_alone(trainer, plane) -> None:
    ref = trainer.start(SPEC)
    mine = plane.jobs[ref.rsplit("/", 1)[-1]]
    for name in ("onmodel-train-x", "onmodel-prod-train-0123456789abcdef", "my-onmodel-1"):
        plane.jobs[name] = {**mine, "TrainingJobName": name}
    weights = "onmodel-prepare-0123456789abcdef"
    plane.jobs[weights] = {**mine, "TrainingJobName": weights}
    listed = trainer.list_ours(ResourceKind.TRAINING, ResourceKind.PREPARATION)
    assert {thing.name: thing.kind for thing in listed} == {
        mine["TrainingJobName"]: ResourceKind.TRAINING, weights: ResourceKind.PREPARATION,
    }  # fmt: skip
    assert trainer.list_ours(ResourceKind.DRAWING, ResourceKind.DEPLOYMENT) == ()


def test_metrics_when_held_out_pictures_were_measured_then_their_loss_is_read() -> None:
    text = (
        b"step_number,training_loss,validation_loss\n"
        b"0,,0.9\n1,0.5,\n2,0.4,0.7\n3,0.3,nan\n4,0.2,x\n"
    )
    points = parse_sagemaker_metrics(text)
    assert [point.validation_loss for point in points] == [None, 0.7, None, None]
