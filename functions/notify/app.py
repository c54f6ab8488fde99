"""Send the mail that a state machine requests, once."""

from onmodel.contracts.notifications import NotifyRequest
from onmodel.environment import Buckets, Links, RegistryTable, StackName, Topic
from onmodel.handler import lambda_handler
from onmodel.steps.notify import notify
from onmodel.wiring import services

wired = services(Buckets, Links, RegistryTable, StackName, Topic)


@lambda_handler(NotifyRequest)
def handler(request: NotifyRequest) -> None:
    notify(request, mails=wired.mails, studio=wired.studio)
