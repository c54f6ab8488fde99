"""DrawStoryboard's first state: check the storyboard and find a model that draws it."""

from onmodel.contracts.storyboards import PlanStoryboardRequest, StoryboardPlanned
from onmodel.handler import entry
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.wiring import now, services


@entry(PlanStoryboardRequest)
def handler(request: PlanStoryboardRequest) -> StoryboardPlanned:
    wired = services()
    return PlanStoryboard(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        trainer=wired.trainer_rules,
        clock=now,
    ).plan(request)
