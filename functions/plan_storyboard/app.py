"""DrawStoryboard's first state: check the storyboard and find a model that draws it."""

from onmodel.contracts.requests_deployment import PlanStoryboardRequest, StoryboardPlanned
from onmodel.entry import entry
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.wiring import now, services


@entry(PlanStoryboardRequest)
def handler(request: PlanStoryboardRequest) -> StoryboardPlanned:
    wired = services()
    return PlanStoryboard(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        trainer=wired.trainer,
        clock=now,
    ).plan(request)
