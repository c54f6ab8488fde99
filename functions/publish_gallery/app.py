"""DrawStoryboard: make the storyboard's page."""

from onmodel.contracts.storyboards import PublishGalleryRequest
from onmodel.environment import Buckets, Links, RegistryTable, StackName
from onmodel.handler import lambda_handler
from onmodel.steps.publish_gallery import PublishGallery
from onmodel.wiring import now, services

wired = services(Buckets, Links, RegistryTable, StackName)


@lambda_handler(PublishGalleryRequest)
def handler(request: PublishGalleryRequest) -> None:
    PublishGallery(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        rules=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        links=wired.links,
        simulated=bool(wired.notices()),
        stack_options=wired.stack_options,
    ).publish(request)
