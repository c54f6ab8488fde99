"""The HTTP API: whoever follows a link of a mail comes here."""

from onmodel.contracts.links import DoorAnswer, DoorRequest
from onmodel.handler import entry
from onmodel.steps.open_door import OpenDoor
from onmodel.wiring import now, services


@entry(DoorRequest, logged={"statusCode"})  # the rest is a page, or an address that is a key
def handler(request: DoorRequest) -> DoorAnswer:
    wired = services()
    return OpenDoor(
        registry=wired.registry,
        studio=wired.studio,
        tokens=wired.tokens,
        door=wired.door,
        clock=now,
    ).open(request)
