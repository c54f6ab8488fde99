"""Ends the simulated jobs and deployments that ran when a local stack ended."""

from __future__ import annotations

from onmodel_local.standins.bedrock import records as bedrock
from onmodel_local.standins.patience import utc_now
from onmodel_local.standins.sagemaker import records as sagemaker

STACK_ENDED = "The local stack was stopped while this ran. Start it again."


def end_unfinished(models: bedrock.Ledger, jobs: sagemaker.JobLedger) -> None:
    """Let them fail, where a restored record says that they run: no thread of them is left.

    `reconcile` finds them, and goes on as after any job that failed.
    """
    for customization in models.jobs.values():
        if customization.status in {bedrock.RUNNING, bedrock.STOPPING}:
            customization.status, customization.failure = bedrock.FAILED, STACK_ENDED
            customization.ended = customization.modified = utc_now()
    for throughput in models.throughputs.values():
        if throughput.status == bedrock.CREATING:
            throughput.become(bedrock.FAILED, STACK_ENDED)
        elif throughput.status == bedrock.UPDATING:
            throughput.become(bedrock.IN_SERVICE)
    for job in jobs.jobs.values():
        if job.is_live:
            job.ended = utc_now() if job.begun else None
            job.failure = STACK_ENDED
            job.at(sagemaker.FAILED, sagemaker.FAILED, STACK_ENDED)
