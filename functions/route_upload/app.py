"""An object landed in the uploads bucket: EventBridge calls this for each."""

from onmodel.contracts.uploads import RouteAnswer, UploadEvent
from onmodel.environment import Buckets, Links, Machines, Models, RegistryTable, StackName, Topic
from onmodel.handler import lambda_handler
from onmodel.steps.route_upload import RouteUpload
from onmodel.steps.upload_mails import UploadMails
from onmodel.wiring import now, services

wired = services(Buckets, Links, Machines, Models, RegistryTable, StackName, Topic)


@lambda_handler(UploadEvent)
def handler(event: UploadEvent) -> RouteAnswer:
    return RouteUpload(
        uploads=wired.uploads,
        studio=wired.studio,
        registry=wired.registry,
        executions=wired.executions,
        mails=UploadMails(wired.mails, wired.uploads.bucket),
        clock=now,
        models=wired.environment.read(Models).allowed,
        prepare_film_arn=wired.environment.read(Machines).prepare_film_arn,
        train_model_arn=wired.environment.read(Machines).train_model_arn,
        draw_storyboard_arn=wired.environment.read(Machines).draw_storyboard_arn,
    ).route(event)
