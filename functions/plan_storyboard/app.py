"""DrawStoryboard's first state: check the storyboard and find a model that draws it."""

from onmodel.contracts.storyboards import PlanStoryboardRequest, StoryboardPlanned
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(PlanStoryboardRequest)
def handler(request: PlanStoryboardRequest) -> StoryboardPlanned:
    return PlanStoryboard(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        rules=wired.trainer_rules,
        clock=now,
    ).plan(request)
