"""The HTTP API: the page behind the link of a review, and what the page asks for."""

from onmodel.contracts.links import LinkAnswer, ReviewRequest
from onmodel.environment import Buckets, Links, Models, RegistryTable, StackName
from onmodel.films.review_sheets import PresignedPictures
from onmodel.handler import lambda_handler
from onmodel.steps.decisions import Deciding
from onmodel.steps.review_api import ReviewApi
from onmodel.steps.review_crops import ReviewCrops, fault_json
from onmodel.steps.review_items import ReviewItems
from onmodel.wiring import now, services

wired = services(Buckets, Links, Models, RegistryTable, StackName)
items = ReviewItems(
    registry=wired.registry,
    uploads=wired.uploads,
    studio=wired.studio,
    pictures=PresignedPictures(wired.studio),
    clock=now,
    models=wired.environment.read(Models).allowed,
    stack_options=wired.stack_options,
)
# It keeps the list that was read last: a page of items follows the one before within seconds.
api = ReviewApi(
    items=items,
    registry=wired.registry,
    studio=wired.studio,
    clock=now,
    limits=wired.dataset_limits,
)


# The rest of an answer has presigned addresses, which are keys: none is logged.
@lambda_handler(ReviewRequest, logged={"statusCode"}, answer_to=fault_json)
def handler(request: ReviewRequest) -> LinkAnswer:
    return ReviewCrops(
        api=api,
        registry=wired.registry,
        links=wired.links,
        deciding=Deciding(wired.registry, wired.tokens, wired.executions, now),
        clock=now,
    ).follow(request)
