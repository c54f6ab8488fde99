"""Send the mail that a state machine asks for, once."""

from onmodel.contracts.notifications import NotifyRequest
from onmodel.handler import entry
from onmodel.steps.notify import notify
from onmodel.wiring import now, services


@entry(NotifyRequest)
def handler(request: NotifyRequest) -> None:
    wired = services()
    notify(
        request,
        registry=wired.registry,
        studio=wired.studio,
        mailbox=wired.mailbox,
        clock=now,
        door=wired.links,
    )
