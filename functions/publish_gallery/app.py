"""DrawStoryboard: draw the page."""

from onmodel.contracts.storyboards import PublishGalleryRequest
from onmodel.handler import entry
from onmodel.steps.publish_gallery import PublishGallery
from onmodel.wiring import now, services


@entry(PublishGalleryRequest)
def handler(request: PublishGalleryRequest) -> None:
    wired = services()
    PublishGallery(
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        door=wired.links,
    ).publish(request)
