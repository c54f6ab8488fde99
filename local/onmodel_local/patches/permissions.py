"""Patches of IAM enforcement: actions and resources of the simulated services."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions

from onmodel_local.patches.upstream import PatchOutdatedError, replace

_NAMESPACES = {
    "rekognition": "rekognition",
    "sagemaker": "sagemaker",
    "service-quotas": "servicequotas",
}

# Converse and the streaming calls are allowed by these two actions; there is no bedrock:Converse
_ACTIONS = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
}

_HUMAN_LOOPS = "/human-loops"
"""Where the paths of A2I's runtime begin, which signs as `sagemaker`."""

_MODEL_CALL = re.compile(
    r"^/model/(?P<model>.+)/(invoke|converse|invoke-with-response-stream|converse-stream)$"
)
_TAGGING = ("/tagResource", "/untagResource", "/listTagsForResource")
# the primary resource of each creating action
_CREATING = {
    "/model-customization-jobs": "baseModelIdentifier",
    "/provisioned-model-throughput": "modelId",
}
_CONTROLLED = (
    (re.compile(r"^/model-customization-jobs/(?P<id>.+?)(?:/stop)?$"), "model-customization-job"),
    (re.compile(r"^/custom-models/(?P<id>.+)$"), "custom-model"),
    (re.compile(r"^/provisioned-model-throughput/(?P<id>.+)$"), "provisioned-model"),
)


def stand_ins_are_guarded() -> None:
    """Simulated services are enforced; Converse needs bedrock:InvokeModel, as on AWS.

    Upstream allows all calls of services without a namespace, and checks the action
    `bedrock:Converse`, which AWS does not have.
    """
    for service, namespace in _NAMESPACES.items():
        if service in iam_actions.SERVICE_TO_IAM_NAMESPACE:
            raise PatchOutdatedError(f"ministack now has {service} itself")
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = namespace

    @replace(iam_actions, "extract_iam_action", "ec476b92d969")
    def _(original: Callable[..., str | None]) -> Callable[..., str | None]:
        def action(service: str, method: str, path: str, *rest: Any, **named: Any) -> str | None:
            if service == "sagemaker" and path.startswith(_HUMAN_LOOPS):
                return _human_loop_action(method, path)
            found = original(service, method, path, *rest, **named)
            return _ACTIONS.get(found, found) if found else found

        return action


def _human_loop_action(method: str, path: str) -> str:
    if method == "POST":
        return f"sagemaker:{'Stop' if path.endswith('/stop') else 'Start'}HumanLoop"
    return "sagemaker:DescribeHumanLoop"


@dataclass(frozen=True)
class SignedCall:
    """A call, as IAM sees it.

    Attributes:
        service: the name that it is signed for.
        target: of a JSON protocol: the operation; else empty.
        region: for the ARNs of what it names.
        account: likewise.
    """

    service: str
    method: str
    path: str
    target: str
    body: bytes
    query: Mapping[str, Any]
    region: str
    account: str

    @property
    def request(self) -> dict[str, Any]:
        """The body, which is JSON."""
        request: dict[str, Any] = json.loads(self.body or b"{}")
        return request

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def find_resources_by(find: Callable[[SignedCall], str | None]) -> None:
    """Let policies be matched against another resource of a call.

    Args:
        find: the ARN, or `*`; None where upstream is to find it.
    """

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            target = str(headers.get("x-amz-target", ""))
            call = SignedCall(service, method, path, target, body, query, region, account)
            found = find(call)
            if found is not None:
                return found
            return original(service, method, path, headers, body, query, region, account)

        return resource


def bedrock_resources_by_arn() -> None:
    """Policies on Bedrock's models, jobs and throughput are matched against full ARNs.

    Upstream takes everything in the path for the id of a foundation model, ARNs too.
    """

    def find(call: SignedCall) -> str | None:
        path = call.path
        if call.service == "bedrock-runtime" and (called := _MODEL_CALL.match(path)):
            return model_arn(called["model"], call.region, call.account)
        if call.service != "bedrock":
            return None
        if path.startswith(_TAGGING):
            return str(call.request.get("resourceARN") or "*")
        if call.method == "POST" and path in _CREATING:
            named = call.request.get(_CREATING[path])
            return model_arn(str(named), call.region, call.account) if named else "*"
        for pattern, kind in _CONTROLLED:
            if found := pattern.match(path):
                name = found["id"]
                return name if name.startswith("arn:") else call.arn("bedrock", f"{kind}/{name}")
        return None

    find_resources_by(find)


def sagemaker_resources_by_arn() -> None:
    """Policies on SageMaker's training jobs and human loops are matched against their ARNs.

    Upstream knows no resources of SageMaker.
    """

    def find(call: SignedCall) -> str | None:
        if call.service != "sagemaker":
            return None
        request = call.request
        if call.path.startswith(_HUMAN_LOOPS):
            if arn := request.get("FlowDefinitionArn"):  # a loop is started on it
                return str(arn)
            name = request.get("HumanLoopName") or call.path.rpartition("/")[2]
            return call.arn("sagemaker", f"human-loop/{name}")
        if name := request.get("TrainingJobName"):
            return call.arn("sagemaker", f"training-job/{name}")
        return str(request.get("ResourceArn") or "*")

    find_resources_by(find)


def rekognition_resources_by_arn() -> None:
    """Policies on face collections and Custom Labels models are matched against their ARNs.

    Upstream knows no resources of Rekognition. Making one is allowed on `*` only, as on AWS.
    """

    def find(call: SignedCall) -> str | None:
        if call.service != "rekognition":
            return None
        request = call.request
        if model := request.get("ProjectVersionArn") or request.get("ProjectArn"):
            return str(model)
        name = request.get("CollectionId")
        if not name or call.target.endswith(".CreateCollection"):
            return "*"
        return call.arn("rekognition", f"collection/{name}")

    find_resources_by(find)


def schedules_by_group() -> None:
    """Policies on schedules are matched against the ARN with the schedule's own group.

    Upstream takes every schedule for one of the group `default`.
    """

    def find(call: SignedCall) -> str | None:
        named = re.fullmatch(r"/schedules/([^/]+)", call.path)
        if call.service != "scheduler" or not named:
            return None
        asked = call.query.get("groupName") or call.request.get("GroupName")
        group = asked[0] if isinstance(asked, list) else asked
        return call.arn("scheduler", f"schedule/{group or 'default'}/{named[1]}")

    find_resources_by(find)


def model_arn(model: str, region: str, account: str) -> str:
    """The ARN that `bedrock:InvokeModel` is checked against.

    Ids like `us.amazon.nova-pro-v1:0` are cross-region inference profiles.
    """
    if model.startswith("arn:"):
        return model
    if re.match(r"^(us|eu|apac|global)\.", model):
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


PATCHES = (
    stand_ins_are_guarded,
    bedrock_resources_by_arn,
    sagemaker_resources_by_arn,
    rekognition_resources_by_arn,
    schedules_by_group,
)
