"""A state with a task token: ask a person by mail; follow_link answers the token."""

from onmodel.contracts.trainings import RequestApprovalRequest
from onmodel.environment import Approvals, Links, RegistryTable, StackName, Topic
from onmodel.handler import lambda_handler
from onmodel.steps.request_approval import RequestApproval
from onmodel.wiring import now, services

wired = services(Approvals, Links, RegistryTable, StackName, Topic)


@lambda_handler(RequestApprovalRequest)
def handler(request: RequestApprovalRequest) -> None:
    RequestApproval(
        registry=wired.registry,
        tokens=wired.tokens,
        mails=wired.mails,
        clock=now,
        approval_days=wired.environment.read(Approvals).approval_days,
    ).ask(request)
