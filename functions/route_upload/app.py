"""An object landed in the uploads bucket: EventBridge calls this for each."""

from onmodel.contracts.uploads import RouteAnswer, UploadEvent
from onmodel.handler import entry
from onmodel.steps.route_upload import RouteUpload
from onmodel.wiring import now, services


@entry(UploadEvent)
def handler(event: UploadEvent) -> RouteAnswer:
    wired = services()
    return RouteUpload(
        uploads=wired.uploads,
        studio=wired.studio,
        registry=wired.registry,
        executions=wired.executions,
        mailbox=wired.mailbox,
        clock=now,
        models=wired.environment.models,
        prepare_film_arn=wired.environment.prepare_film_arn,
        draw_storyboard_arn=wired.environment.draw_storyboard_arn,
    ).route(event)
