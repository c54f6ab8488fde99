"""DrawStoryboard, before its panels: write the questions by which they will be judged."""

from onmodel.contracts.storyboards import WriteQuestionsRequest
from onmodel.environment import Buckets, CacheTable, Models, RegistryTable
from onmodel.handler import lambda_handler, seconds_left
from onmodel.money.usage import UsageMeter
from onmodel.steps.write_questions import write_questions
from onmodel.wiring import services

wired = services(Buckets, CacheTable, Models, RegistryTable)


@lambda_handler(WriteQuestionsRequest)
def handler(request: WriteQuestionsRequest) -> None:
    plan = request.storyboard
    meter = UsageMeter(f"{plan.production}/{plan.name}/{plan.take}/questions")
    write_questions(
        request,
        registry=wired.registry,
        studio=wired.studio,
        model=wired.question_model(meter, wired.retry(seconds_left())),
        meter=meter,
    )
