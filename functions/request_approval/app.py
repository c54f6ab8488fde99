"""A state with a task token: ask a person by mail; the door answers the token."""

from onmodel.contracts.trainings import RequestApprovalRequest
from onmodel.handler import entry
from onmodel.steps.request_approval import RequestApproval
from onmodel.wiring import now, services


@entry(RequestApprovalRequest)
def handler(request: RequestApprovalRequest) -> None:
    wired = services()
    RequestApproval(
        registry=wired.registry,
        tokens=wired.tokens,
        door=wired.door,
        mailbox=wired.mailbox,
        clock=now,
        approval_days=wired.environment.approval_days,
    ).ask(request)
