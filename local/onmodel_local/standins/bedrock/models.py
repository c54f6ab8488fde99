"""Custom models, and tags of everything."""

from __future__ import annotations

from typing import Any

from onmodel_local.standins.bedrock.records import CustomModel, Ledger, page, selected
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.service import Tags

_MOST_TAGS = 200


class CustomModels:
    def __init__(self, ledger: Ledger, account: str) -> None:
        self._ledger = ledger
        self._account = account

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        model = self._found(request["modelIdentifier"])
        job = model.job
        answer: dict[str, Any] = {
            "modelArn": model.arn,
            "modelName": model.name,
            "jobName": job.name,
            "jobArn": job.arn,
            "baseModelArn": job.base_model_arn,
            "customizationType": job.request.get("customizationType", "FINE_TUNING"),
            "hyperParameters": job.request["hyperParameters"],
            "trainingDataConfig": job.request["trainingDataConfig"],
            "outputDataConfig": job.request["outputDataConfig"],
            "creationTime": model.created,
            "modelStatus": "Active",
        }
        if job.final_loss is not None:
            answer["trainingMetrics"] = {"trainingLoss": job.final_loss}
        return answer

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [
            (model.name, "Active", model.created, self._summary(model))
            for model in list(self._ledger.models.values())
        ]
        return page(selected(found, request), request, "modelSummaries")

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            model = self._found(request["modelIdentifier"])
            users = [t.name for t in self._ledger.throughputs.values() if t.model_arn == model.arn]
            if users:
                raise ServiceFault(
                    "ConflictException", f"{model.name} is used by provisioned throughput {users}"
                )
            del self._ledger.models[model.arn]
        return {}

    def _summary(self, model: CustomModel) -> dict[str, Any]:
        return {
            "modelArn": model.arn,
            "modelName": model.name,
            "creationTime": model.created,
            "baseModelArn": model.job.base_model_arn,
            # the API's pattern has no version here
            "baseModelName": model.job.base_model_arn.rsplit("/", 1)[-1].partition("-v1:")[0],
            "customizationType": model.job.request.get("customizationType", "FINE_TUNING"),
            "ownerAccountId": self._account,
            "modelStatus": "Active",
        }

    def _found(self, identifier: str) -> CustomModel:
        model = self._ledger.model(identifier)
        if model is None:
            raise ServiceFault(
                "ResourceNotFoundException", f"Could not find the custom model {identifier}"
            )
        return model


class TagsOfAll:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def tag(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._found(request["resourceARN"])
        merged = tags | {tag["key"]: tag["value"] for tag in request["tags"]}
        if len(merged) > _MOST_TAGS:
            raise ServiceFault("TooManyTagsException", f"More than {_MOST_TAGS} tags")
        tags.update(merged)
        return {}

    def untag(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._found(request["resourceARN"])
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._found(request["resourceARN"])
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _found(self, arn: str) -> Tags:
        tags = self._ledger.tagged(arn)
        if tags is None:
            raise ServiceFault("ResourceNotFoundException", f"Could not find the resource {arn}")
        return tags
