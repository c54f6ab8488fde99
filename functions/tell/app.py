"""Send the mail that a state machine asks for, once."""

from onmodel.contracts.notifications import TellRequest
from onmodel.handler import entry
from onmodel.steps.tell import tell
from onmodel.wiring import now, services


@entry(TellRequest)
def handler(request: TellRequest) -> None:
    wired = services()
    tell(
        request,
        registry=wired.registry,
        studio=wired.studio,
        mailbox=wired.mailbox,
        clock=now,
        door=wired.links,
    )
