"""Bedrock's control plane in memory, behind a real client of boto3.

Requests and answers are checked against botocore's own model of the service: shapes, lengths and
patterns. States move only when a test moves them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from fakes.clock import FixedClock

from onmodel.ports.machines import Clock

ACCOUNT = "123456789012"
REGION = "us-east-1"
CANVAS = "amazon.nova-canvas-v1:0"

Shape = dict[str, Any]


def foundation_model(model: str = CANVAS, **changes: Any) -> Shape:
    """GetFoundationModel's answer for a model that can be trained."""
    return {
        "modelArn": f"arn:aws:bedrock:{REGION}::foundation-model/{model}",
        "modelId": model,
        "customizationsSupported": ["FINE_TUNING"],
        "inferenceTypesSupported": ["ON_DEMAND", "PROVISIONED"],
        "modelLifecycle": {"status": "ACTIVE"},
        **changes,
    }


class BedrockControlPlane:
    """The jobs, models and throughput of one account and region."""

    def __init__(self, client: Any, clock: Clock | None = None) -> None:
        self.clock = clock or FixedClock()
        self.foundation: dict[str, Shape] = {CANVAS: foundation_model()}
        self.jobs: dict[str, Shape] = {}
        self.models: dict[str, Shape] = {}
        self.throughput: dict[str, Shape] = {}
        self.tags: dict[str, list[Shape]] = {}
        self.quota = 1
        self.faults: dict[str, list[str]] = {}  # operation → codes of the next calls
        self.lost: set[str] = set()  # operations whose next answer is lost after they worked
        self.calls: list[str] = []
        self._tokens: dict[str, str] = {}
        self._model = client.meta.service_model
        client._make_api_call = self._answer

    def fault(self, operation: str, *codes: str) -> None:
        self.faults.setdefault(operation, []).extend(codes)

    def complete(self, job_arn: str) -> str:
        """Complete the job; returns the ARN of its model."""
        job = self.jobs[job_arn]
        arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:custom-model/{CANVAS}/{job_arn[-12:]}"
        self.models[arn] = {
            "modelArn": arn,
            "modelName": job["outputModelName"],
            "creationTime": self.clock(),
            "baseModelArn": job["baseModelArn"],
            "baseModelName": "amazon.nova-canvas",
            "modelStatus": "Active",
        }
        self.tags[arn] = self.tags[job_arn]
        job.update(status="Completed", outputModelArn=arn, endTime=self.clock())
        return arn

    def end(self, job_arn: str, status: str, message: str | None = None) -> None:
        result = {"failureMessage": message} if message else {}
        self.jobs[job_arn].update(status=status, endTime=self.clock(), **result)

    def _answer(self, operation: str, params: Shape) -> Shape:
        model = self._model.operation_model(operation)
        check(params, model.input_shape)
        self.calls.append(operation)
        if self.faults.get(operation):
            raise refused(self.faults[operation].pop(0), operation)
        handler: Callable[..., Shape | None] = getattr(self, f"_{snake(operation)}")
        answer = handler(params) or {}
        if operation in self.lost:
            self.lost.remove(operation)
            raise refused("InternalServerException", operation)
        if model.output_shape:
            check(answer, model.output_shape)
        return answer

    # ── jobs and models ──

    def _create_model_customization_job(self, ask: Shape) -> Shape:
        token = ask["clientRequestToken"]
        if token in self._tokens:
            return {"jobArn": self._tokens[token]}
        if any(job["jobName"] == ask["jobName"] for job in self.jobs.values()):
            raise refused("ConflictException", "CreateModelCustomizationJob")
        arn = (
            f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-customization-job/{CANVAS}/"
            f"{len(self.jobs) + 1:012d}"
        )
        self.jobs[arn] = {
            "jobArn": arn,
            "jobName": ask["jobName"],
            "outputModelName": ask["customModelName"],
            "roleArn": ask["roleArn"],
            "status": "InProgress",
            "creationTime": self.clock(),
            "baseModelArn": foundation_model(ask["baseModelIdentifier"])["modelArn"],
            "hyperParameters": ask["hyperParameters"],
            "trainingDataConfig": ask["trainingDataConfig"],
            "validationDataConfig": {"validators": []},
            "outputDataConfig": ask["outputDataConfig"],
        }
        self.tags[arn] = ask["jobTags"]
        self._tokens[token] = arn
        return {"jobArn": arn}

    def _get_model_customization_job(self, ask: Shape) -> Shape:
        return _found(self.jobs, ask["jobIdentifier"])

    def _stop_model_customization_job(self, ask: Shape) -> None:
        job = _found(self.jobs, ask["jobIdentifier"])
        if job["status"] != "InProgress":
            raise refused("ConflictException", "StopModelCustomizationJob")
        job["status"] = "Stopping"

    def _list_model_customization_jobs(self, ask: Shape) -> Shape:
        names = ("jobArn", "jobName", "status", "creationTime", "baseModelArn")
        return {
            "modelCustomizationJobSummaries": [
                {name: job[name] for name in names}
                for job in self.jobs.values()
                if ask.get("nameContains", "") in job["jobName"]
                and ask.get("statusEquals") in {None, job["status"]}
            ]
        }

    def _list_custom_models(self, ask: Shape) -> Shape:
        found = [
            model
            for model in self.models.values()
            if ask.get("nameContains", "") in model["modelName"]
        ]
        return {"modelSummaries": found}

    def _delete_custom_model(self, ask: Shape) -> None:
        _found(self.models, ask["modelIdentifier"])
        if any(unit["modelArn"] == ask["modelIdentifier"] for unit in self.throughput.values()):
            raise refused("ConflictException", "DeleteCustomModel")
        del self.models[ask["modelIdentifier"]]

    def _get_foundation_model(self, ask: Shape) -> Shape:
        return {"modelDetails": _found(self.foundation, ask["modelIdentifier"])}

    # ── throughput ──

    def _create_provisioned_model_throughput(self, ask: Shape) -> Shape:
        assert "commitmentDuration" not in ask, "a commitment cannot be deleted"
        token = ask["clientRequestToken"]
        if token in self._tokens:
            return {"provisionedModelArn": self._tokens[token]}
        _found(self.models, ask["modelId"])
        if sum(unit["modelUnits"] for unit in self.throughput.values()) >= self.quota:
            raise refused("ServiceQuotaExceededException", "CreateProvisionedModelThroughput")
        number = len(self._tokens) + 1
        arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:provisioned-model/{number:012d}"
        self.add_throughput(ask["provisionedModelName"], ask["modelId"], ask["tags"], arn)
        self._tokens[token] = arn
        return {"provisionedModelArn": arn}

    def add_throughput(self, name: str, model: str, tags: list[Shape], arn: str) -> None:
        self.throughput[arn] = {
            "provisionedModelName": name,
            "provisionedModelArn": arn,
            "modelArn": model,
            "desiredModelArn": model,
            "foundationModelArn": foundation_model()["modelArn"],
            "modelUnits": 1,
            "desiredModelUnits": 1,
            "status": "Creating",
            "creationTime": self.clock(),
            "lastModifiedTime": self.clock(),
        }
        self.tags[arn] = tags

    def _get_provisioned_model_throughput(self, ask: Shape) -> Shape:
        return _found(self.throughput, ask["provisionedModelId"])

    def _list_provisioned_model_throughputs(self, ask: Shape) -> Shape:
        return {
            "provisionedModelSummaries": [
                unit
                for unit in self.throughput.values()
                if ask.get("nameContains", "") in unit["provisionedModelName"]
            ]
        }

    def _delete_provisioned_model_throughput(self, ask: Shape) -> None:
        _found(self.throughput, ask["provisionedModelId"])
        del self.throughput[ask["provisionedModelId"]]

    def _list_tags_for_resource(self, ask: Shape) -> Shape:
        return {"tags": _found(self.tags, ask["resourceARN"])}


def check(value: Shape, shape: Any) -> None:
    """Shapes as botocore checks them, and the lengths and patterns that only AWS does."""
    validate_parameters(value, shape)
    _check_texts(value, shape)


def _check_texts(value: Any, shape: Any) -> None:
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{shape.name} has no {unknown}"
        for name, member in value.items():
            _check_texts(member, shape.members[name])
    elif shape.type_name == "list":
        for item in value:
            _check_texts(item, shape.member)
    elif shape.type_name == "string":
        pattern = shape.metadata.get("pattern")
        if pattern:  # Java's classes of letters, digits and spaces
            pattern = re.sub(r"\\p\{[LZN]\}", r"\\w\\s", pattern)
        assert pattern is None or re.fullmatch(pattern, value), f"{value!r} is no {shape.name}"
        assert len(value) <= shape.metadata.get("max", len(value)), f"{value!r} is too long"
        assert not shape.enum or value in shape.enum, f"{value!r} is no {shape.name}"


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as told by the test"}}, operation)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _found(things: dict[str, Any], key: str) -> Any:
    if key not in things:
        raise refused("ResourceNotFoundException", "Get")
    return things[key]
