"""DeployModel's first state: decide whether there is anything to do, and take the lease."""

from onmodel.contracts.deployments import ClaimedTraining, ClaimTrainingRequest
from onmodel.handler import entry
from onmodel.steps.claim_training import ClaimTraining
from onmodel.wiring import now, services


@entry(ClaimTrainingRequest)
def handler(request: ClaimTrainingRequest) -> ClaimedTraining:
    wired = services()
    return ClaimTraining(
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer,
        executions=wired.executions,
        clock=now,
        longest_hours=wired.environment.deployment_hours,
    ).claim(request)
