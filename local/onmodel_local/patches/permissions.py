"""Patches of IAM enforcement: actions and resources of the simulated services."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
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


def _human_loop_resource(path: str, request: dict[str, Any], region: str, account: str) -> str:
    """A loop is started on its flow definition."""
    if arn := request.get("FlowDefinitionArn"):
        return str(arn)
    name = request.get("HumanLoopName") or path.rpartition("/")[2]
    return f"arn:aws:sagemaker:{region}:{account}:human-loop/{name}"


def bedrock_resources_by_arn() -> None:
    """Policies on Bedrock's models, jobs and throughput are matched against full ARNs.

    Upstream takes everything in the path for the id of a foundation model, ARNs too.
    """

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            if service == "bedrock-runtime" and (called := _MODEL_CALL.match(path)):
                return model_arn(called["model"], region, account)
            if service == "bedrock" and path.startswith(
                ("/tagResource", "/untagResource", "/listTags")
            ):
                return str(json.loads(body or b"{}").get("resourceARN") or "*")
            if service == "bedrock" and method == "POST" and path in _CREATING:
                named = json.loads(body or b"{}").get(_CREATING[path])
                return model_arn(str(named), region, account) if named else "*"
            if service == "bedrock":
                for pattern, kind in _CONTROLLED:
                    if found := pattern.match(path):
                        return _arn(kind, found["id"], region, account)
            return original(service, method, path, headers, body, query, region, account)

        return resource


def training_jobs_by_arn() -> None:
    """Policies on SageMaker's training jobs and human loops are matched against their ARNs.

    Upstream knows no resources of SageMaker.
    """

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            if service != "sagemaker":
                return original(service, method, path, headers, body, query, region, account)
            request = json.loads(body or b"{}")
            if path.startswith(_HUMAN_LOOPS):
                return _human_loop_resource(path, request, region, account)
            if name := request.get("TrainingJobName"):
                return f"arn:aws:sagemaker:{region}:{account}:training-job/{name}"
            return str(request.get("ResourceArn") or "*")

        return resource


def rekognition_resources_by_arn() -> None:
    """Policies on face collections and Custom Labels models are matched against their ARNs.

    Upstream knows no resources of Rekognition. Making one is allowed on `*` only, as on AWS.
    """

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            if service != "rekognition":
                return original(service, method, path, headers, body, query, region, account)
            target = str(headers.get("x-amz-target", ""))
            request = json.loads(body or b"{}")
            if model := request.get("ProjectVersionArn") or request.get("ProjectArn"):
                return str(model)
            name = request.get("CollectionId")
            if not name or target.endswith(".CreateCollection"):
                return "*"
            return f"arn:aws:rekognition:{region}:{account}:collection/{name}"

        return resource


def schedules_by_group() -> None:
    """Policies on schedules are matched against the ARN with the schedule's own group.

    Upstream takes every schedule for one of the group `default`.
    """

    @replace(iam_actions, "extract_resource_arn", "82f51700695c")
    def _(original: Callable[..., str]) -> Callable[..., str]:
        def resource(
            service: str, method: str, path: str, headers: Any, body: bytes,
            query: Any, region: str, account: str,
        ) -> str:  # fmt: skip
            if service == "scheduler" and (named := re.fullmatch(r"/schedules/([^/]+)", path)):
                asked = query.get("groupName") or json.loads(body or b"{}").get("GroupName")
                group = asked[0] if isinstance(asked, list) else asked
                place = f"{group or 'default'}/{named[1]}"
                return f"arn:aws:scheduler:{region}:{account}:schedule/{place}"
            return original(service, method, path, headers, body, query, region, account)

        return resource


def model_arn(model: str, region: str, account: str) -> str:
    """The ARN that `bedrock:InvokeModel` is checked against.

    Ids like `us.amazon.nova-pro-v1:0` are cross-region inference profiles.
    """
    if model.startswith("arn:"):
        return model
    if re.match(r"^(us|eu|apac|global)\.", model):
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


def _arn(kind: str, identity: str, region: str, account: str) -> str:
    if identity.startswith("arn:"):
        return identity
    return f"arn:aws:bedrock:{region}:{account}:{kind}/{identity}"


PATCHES = (
    stand_ins_are_guarded,
    bedrock_resources_by_arn,
    training_jobs_by_arn,
    rekognition_resources_by_arn,
    schedules_by_group,
)
