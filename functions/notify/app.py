"""Send the mail that a state machine requests, once."""

from onmodel.contracts.notifications import NotifyRequest
from onmodel.environment import Buckets, Links, RegistryTable, StackName, Topic
from onmodel.handler import lambda_handler
from onmodel.steps.notify import notify
from onmodel.wiring import now, services

wired = services(Buckets, Links, RegistryTable, StackName, Topic)


@lambda_handler(NotifyRequest)
def handler(request: NotifyRequest) -> None:
    notify(
        request,
        registry=wired.registry,
        studio=wired.studio,
        mailbox=wired.mailbox,
        clock=now,
        links=wired.links,
        stack_options=wired.stack_options,
    )
