"""A custom resource that is deleted first: the stack is not deleted while a model bills."""

import time

from onmodel.adapters.cloudformation import answer_custom_resource
from onmodel.contracts.operations import DeletionGuardEvent
from onmodel.environment import (
    Buckets,
    HumanReview,
    Machines,
    RegistryTable,
    SageMakerVariables,
    Schedules,
    StackName,
    TrainerResources,
)
from onmodel.handler import lambda_handler
from onmodel.steps.guard_deletion import PHYSICAL_ID, GuardAnswer, GuardDeletion
from onmodel.wiring import now, services


@lambda_handler(DeletionGuardEvent)
def handler(event: DeletionGuardEvent) -> GuardAnswer:
    answer = GuardAnswer(status="FAILED", reason="The guard failed: see its log")
    try:
        # Checked here and not while loading: a function that does not start gives no answer.
        wired = services(
            Buckets,
            HumanReview,
            Machines,
            RegistryTable,
            Schedules,
            SageMakerVariables,
            StackName,
            TrainerResources,
        )
        machines = wired.environment.read(Machines)
        answer = GuardDeletion(
            registry=wired.registry,
            trainers=wired.trainers,
            scheduler=wired.scheduler,
            executions=wired.executions,
            prices=wired.prices,
            faces=wired.face_collections,
            detectors=wired.detectors,
            human_loops=wired.human_loops,
            stack=wired.environment.read(StackName).stack_name,
            machine_arns=(
                machines.prepare_film_arn,
                machines.train_model_arn,
                machines.deploy_model_arn,
                machines.retire_model_arn,
                machines.draw_storyboard_arn,
            ),
            clock=now,
            sleep=time.sleep,
        ).answer(event)
    finally:  # in every case: CloudFormation would wait for an hour
        answer_custom_resource(
            event, status=answer.status, reason=answer.reason, physical_id=PHYSICAL_ID
        )
    return answer
