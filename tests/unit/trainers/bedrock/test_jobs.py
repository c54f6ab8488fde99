"""What Bedrock is asked for, exactly, and what it refuses."""

from __future__ import annotations

import pytest
from fakes.bedrock_control_plane import CANVAS

from onmodel.contracts.trainings import LossPoint, TrainingSpec, TrainingStatus
from onmodel.errors import AnswerRefused, Throttled, TrainingImpossible
from onmodel.trainers.bedrock.hyperparameters import as_texts
from onmodel.trainers.bedrock.jobs import parse_bedrock_metrics
from onmodel.trainers.bedrock.rules import BedrockRules

SPEC = TrainingSpec(
    production="main",
    dataset_id="d0001-0a1b2c3d",
    training_id="d0001-0a1b2c3d",
    manifest_uri="s3://studio/main/datasets/d0001-0a1b2c3d/manifest.jsonl",
    output_uri="s3://studio/main/trainings/d0001-0a1b2c3d/",
    hyperparameters=BedrockRules.presets["article"],
)
NAME = "onmodel-d0001-0a1b2c3d-main"


def test_start_when_asked_then_job_has_role_data_numbers_and_tags(make_trainer, plane) -> None:
    ref = make_trainer().start(SPEC)
    job = plane.jobs[ref]
    assert (job["jobName"], job["outputModelName"]) == (NAME, NAME)
    assert job["roleArn"].endswith("role/onmodel-bedrock")
    assert job["baseModelArn"].endswith(CANVAS)
    assert job["trainingDataConfig"] == {"s3Uri": SPEC.manifest_uri}
    assert job["outputDataConfig"] == {"s3Uri": SPEC.output_uri}
    assert job["hyperParameters"] == {
        "stepCount": "14000",
        "batchSize": "64",
        "learningRate": "0.000001",
    }
    assert {tag["key"]: tag["value"] for tag in plane.tags[ref]} == {
        "onmodel:stack": "onmodel",
        "onmodel:production": "main",
        "onmodel:id": "d0001-0a1b2c3d",
    }


@pytest.mark.parametrize(
    ("rate", "text"), [(1e-7, "0.0000001"), (1e-4, "0.0001"), (5e-6, "0.000005")]
)
def test_hyperparameters_when_small_then_plain_decimals(rate: float, text: str) -> None:
    wanted = {"steps": 10, "batch_size": 8, "learning_rate": rate}
    assert as_texts(wanted)["learningRate"] == text


@pytest.mark.parametrize(
    "code",
    ["ValidationException", "AccessDeniedException", "ServiceQuotaExceededException",
     "ResourceNotFoundException"],
)  # fmt: skip
def test_start_when_refused_then_impossible_with_the_reason(make_trainer, plane, code: str) -> None:
    plane.fault("CreateModelCustomizationJob", code)
    with pytest.raises(TrainingImpossible, match=code):
        make_trainer().start(SPEC)
    assert plane.jobs == {}


def test_start_when_throttled_then_to_be_retried(make_trainer, plane) -> None:
    plane.fault("CreateModelCustomizationJob", "ThrottlingException")
    with pytest.raises(Throttled):
        make_trainer().start(SPEC)


def test_start_when_another_caller_wins_the_name_then_its_job(make_trainer, plane) -> None:
    trainer = make_trainer()
    ref = trainer.start(SPEC)
    finds = iter([None, ref])
    trainer._jobs.find = lambda *_: next(finds)  # the list is older than the winner's job
    plane._tokens.clear()  # and the token was another's
    assert trainer.start(SPEC) == ref
    assert len(plane.jobs) == 1


def test_find_when_other_names_contain_ours_then_not_taken(make_trainer, plane) -> None:
    trainer = make_trainer()
    longer = trainer.start(SPEC.model_copy(update={"production": "main-two"}))
    assert plane.jobs[longer]["jobName"].startswith(NAME)
    assert trainer.find("main", "d0001-0a1b2c3d") is None


def test_describe_when_completed_then_metrics_lie_under_the_job(make_trainer, plane) -> None:
    trainer = make_trainer()
    ref = trainer.start(SPEC)
    plane.complete(ref)
    assert trainer.describe(ref).metrics_ref == (
        "s3://studio/main/trainings/d0001-0a1b2c3d/model-customization-job-000000000001/"
        "training_artifacts/step_wise_training_metrics.csv"
    )


def test_stop_when_it_ends_meanwhile_then_success_and_other_faults_are_raised(
    make_trainer, plane
) -> None:
    trainer = make_trainer()
    ref = trainer.start(SPEC)
    plane.fault("StopModelCustomizationJob", "ThrottlingException")
    with pytest.raises(Throttled):
        trainer.stop_training(ref)
    assert trainer.describe(ref).status == TrainingStatus.IN_PROGRESS


def test_metrics_when_rows_are_unsorted_or_not_finite_then_sorted_and_left_out() -> None:
    text = b"step_number,epoch_number,training_loss\n20,1,0.5\n10,0,0.75\n30,1,nan\n40,2,inf\n"
    assert parse_bedrock_metrics(text) == (
        LossPoint(step=10, loss=0.75),
        LossPoint(step=20, loss=0.5),
    )


@pytest.mark.parametrize(
    "text",
    [b"", b"a,b\n1,2\n", b"step_number,training_loss\none,0.5\n",
     b"step_number,training_loss\n1\n", b"\xff\xfe\x00", b"step_number,training_loss\ninf,1\n"],
)  # fmt: skip
def test_metrics_when_senseless_then_refused(text: bytes) -> None:
    with pytest.raises(AnswerRefused):
        parse_bedrock_metrics(text)
