"""The HTTP API: the home page of a production, or of the stack."""

from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.environment import Buckets, GenerationPace, Links, RegistryTable, StackName
from onmodel.handler import lambda_handler
from onmodel.steps.show_home import ShowHome, home_fault_page
from onmodel.wiring import now, services

wired = services(Buckets, GenerationPace, Links, RegistryTable, StackName)


# The rest of an answer is a page with links, which are keys: it is not logged.
@lambda_handler(LinkRequest, logged={"statusCode"}, answer_to=home_fault_page)
def handler(request: LinkRequest) -> LinkAnswer:
    return ShowHome(
        registry=wired.registry,
        studio=wired.studio,
        links=wired.links,
        clock=now,
        stack=wired.environment.read(StackName).stack_name,
        quiet_seconds=wired.environment.read(GenerationPace).quiet_seconds,
        stack_options=wired.stack_options,
        notices=wired.notices(),
    ).follow(request)
