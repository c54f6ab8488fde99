from __future__ import annotations

import pickle

import pytest

from onmodel_local.standins.bedrock import records as bedrock
from onmodel_local.standins.human_loops import HumanLoop
from onmodel_local.standins.patience import utc_now
from onmodel_local.standins.sagemaker import records as sagemaker
from onmodel_local.standins.service import Tags
from onmodel_local.unfinished import STACK_ENDED, end_unfinished


def customization(status: str) -> bedrock.Job:
    return bedrock.Job("arn", {"jobName": "j"}, "base", Tags(), status=status)


def throughput(status: str) -> bedrock.SimulatedThroughput:
    return bedrock.SimulatedThroughput("arn", "t", "model", "base", 1, Tags(), status=status)


def training(status: str) -> sagemaker.TrainingJob:
    job = sagemaker.TrainingJob("arn", {"TrainingJobName": "j"}, Tags(), begun=utc_now())
    job.at(status, status)
    return job


@pytest.mark.parametrize(
    "record",
    [
        customization(bedrock.RUNNING),
        bedrock.CustomModel("arn", "m", customization(bedrock.COMPLETED), Tags()),
        throughput(bedrock.IN_SERVICE),
        training(sagemaker.IN_PROGRESS),
        HumanLoop("l", "flow", {}, utc_now()),
    ],
    ids=lambda record: type(record).__name__,
)
def test_record_when_a_snapshot_is_taken_then_it_can_be_kept(record: object) -> None:
    assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.parametrize(
    ("before", "after", "failure"),
    [
        (sagemaker.IN_PROGRESS, sagemaker.FAILED, STACK_ENDED),
        (sagemaker.STOPPING, sagemaker.FAILED, STACK_ENDED),
        (sagemaker.COMPLETED, sagemaker.COMPLETED, None),
        (sagemaker.STOPPED, sagemaker.STOPPED, None),
    ],
)
def test_jobs_when_the_stack_ended_then_those_that_ran_have_failed(
    before: str, after: str, failure: str | None
) -> None:
    jobs = sagemaker.JobLedger(jobs={"j": training(before)})
    models = bedrock.Ledger(jobs={"j": customization(before)})
    end_unfinished(models, jobs)
    assert (jobs.jobs["j"].status, jobs.jobs["j"].failure) == (after, failure)
    assert (models.jobs["j"].status, models.jobs["j"].failure) == (after, failure)


def test_deployments_when_the_stack_ended_then_one_that_was_begun_has_failed() -> None:
    kept = {status: throughput(status) for status in ("Creating", "Updating", "InService")}
    end_unfinished(bedrock.Ledger(throughputs=kept), sagemaker.JobLedger())
    assert [one.status for one in kept.values()] == ["Failed", "InService", "InService"]
