"""The HTTP API: whoever follows a link of a mail comes here."""

from onmodel.contracts.links import DoorAnswer, DoorRequest
from onmodel.environment import Buckets, Links, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.open_door import OpenDoor
from onmodel.wiring import now, services

wired = services(Buckets, Links, RegistryTable)


# The rest of an answer is a page, or a presigned address, which is a key: neither is logged.
@lambda_handler(DoorRequest, logged={"statusCode"})
def handler(request: DoorRequest) -> DoorAnswer:
    return OpenDoor(
        registry=wired.registry,
        studio=wired.studio,
        tokens=wired.tokens,
        door=wired.links,
        clock=now,
    ).open(request)
