"""The HTTP API: answers each link of a mail."""

from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.environment import Buckets, Links, RegistryTable, StackName
from onmodel.handler import lambda_handler
from onmodel.steps.follow_link import FollowLink, fault_page
from onmodel.wiring import now, services

wired = services(Buckets, Links, RegistryTable, StackName)


# The rest of an answer is a page, or a presigned address, which is a key: neither is logged.
@lambda_handler(LinkRequest, logged={"statusCode"}, answer_to=fault_page)
def handler(request: LinkRequest) -> LinkAnswer:
    return FollowLink(
        registry=wired.registry,
        studio=wired.studio,
        tokens=wired.tokens,
        executions=wired.executions,
        links=wired.links,
        clock=now,
        stack_options=wired.stack_options,
    ).follow(request)
