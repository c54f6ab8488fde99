"""A custom resource that is deleted first: nothing of the stack goes while a model bills."""

import time

from onmodel.adapters.cloudformation import answer_custom_resource
from onmodel.contracts.operations import DeletionGuardEvent
from onmodel.handler import entry
from onmodel.steps.guard_deletion import PHYSICAL_ID, GuardAnswer, GuardDeletion
from onmodel.wiring import now, services


@entry(DeletionGuardEvent)
def handler(event: DeletionGuardEvent) -> GuardAnswer:
    answer = GuardAnswer(status="FAILED", reason="The guard broke off: see its log")
    try:
        wired = services()
        environment = wired.environment
        answer = GuardDeletion(
            registry=wired.registry,
            trainer=wired.trainer,
            scheduler=wired.scheduler,
            executions=wired.executions,
            machine_arns=(
                environment.prepare_film_arn,
                environment.train_model_arn,
                environment.deploy_model_arn,
                environment.retire_model_arn,
                environment.draw_storyboard_arn,
            ),
            clock=now,
            sleep=time.sleep,
        ).answer(event)
    finally:  # whatever happened: CloudFormation would wait for an hour
        answer_custom_resource(
            event, status=answer.status, reason=answer.reason, physical_id=PHYSICAL_ID
        )
    return answer
