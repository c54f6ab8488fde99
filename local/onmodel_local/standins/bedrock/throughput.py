"""Provisioned throughput: costs money by the hour; its creation takes time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.bedrock.foundation import FoundationModels
from onmodel_local.standins.bedrock.records import (
    CREATING,
    FAILED,
    IN_SERVICE,
    UPDATING,
    CustomModel,
    Ledger,
    SimulatedThroughput,
    new_id,
    page,
    selected,
    to_tags,
)
from onmodel_local.standins.errors import ServiceFault


@dataclass
class ThroughputOrders:
    """What tests set for future throughput."""

    held: bool = False
    failures: list[str] = field(default_factory=list)


class Throughputs:
    def __init__(
        self,
        ledger: Ledger,
        settings: SimulationSettings,
        aws: AwsServices,
        foundation: FoundationModels,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._aws = aws
        self._foundation = foundation
        self._tokens: dict[str, str] = {}
        self.orders = ThroughputOrders()

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        token = request.get("clientRequestToken")
        place = f"arn:aws:bedrock:{self._aws.region}:{self._aws.account}:provisioned-model"
        if request.get("tags") and (
            denial := self._aws.denial("bedrock:TagResource", f"{place}/*", {})
        ):
            raise ServiceFault("AccessDeniedException", denial)
        with self._ledger.lock:
            known = self._ledger.throughputs.get(self._tokens.get(token or "", ""))
            if known is not None:
                return {"provisionedModelArn": known.arn}
            model = self._custom_model(request["modelId"])
            self._check(request, model)
            made = SimulatedThroughput(
                arn=f"{place}/{new_id()}",
                name=request["provisionedModelName"],
                model_arn=model.arn,
                desired_model_arn=model.arn,
                foundation_arn=model.job.base_model_arn,
                units=request["modelUnits"],
                commitment=request.get("commitmentDuration"),
                tags=to_tags(request.get("tags")),
            )
            made.patience.held = self.orders.held
            self._ledger.throughputs[made.arn] = made
            if token:
                self._tokens[token] = made.arn
        self._become_later(made, CREATING)
        return {"provisionedModelArn": made.arn}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self._found(request["provisionedModelId"])
        answer = _summary(found) | {"failureMessage": found.failure}
        return {name: value for name, value in answer.items() if value is not None}

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [
            (item.name, item.status, item.created, _summary(item))
            for item in list(self._ledger.throughputs.values())
            if request.get("modelArnEquals", item.model_arn) == item.model_arn
        ]
        return page(selected(found, request), request, "provisionedModelSummaries")

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            found = self._found(request["provisionedModelId"])
            if found.status != IN_SERVICE:
                raise ServiceFault("ValidationException", f"It is {found.status}, not InService")
            found.name = request.get("desiredProvisionedModelName", found.name)
            if "desiredModelId" not in request:
                return {}
            found.desired_model_arn = self._custom_model(request["desiredModelId"]).arn
            found.become(UPDATING)
        self._become_later(found, UPDATING)
        return {}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            found = self._found(request["provisionedModelId"])
            if found.commitment:
                raise ServiceFault(
                    "ConflictException", "A commitment cannot be deleted before its term"
                )
            del self._ledger.throughputs[found.arn]
        return {}

    def force(self, found: SimulatedThroughput, status: str, message: str | None) -> None:
        """Put throughput into a state, from any state."""
        with self._ledger.lock:
            found.become(status, message)

    def _check(self, request: dict[str, Any], model: CustomModel) -> None:
        self._foundation.trainable(model.job.base_model_arn)
        name = request["provisionedModelName"]
        if self._ledger.throughput(name):
            raise ServiceFault("ValidationException", f"The name {name} is already in use")
        used = sum(t.units for t in self._ledger.throughputs.values() if not t.commitment)
        if used + request["modelUnits"] > self._settings.throughput_quota:
            raise ServiceFault(
                "ServiceQuotaExceededException",
                "Your account does not currently have any no commitment model units reserved for "
                + model.job.base_model_arn.rsplit("/", 1)[-1],
            )

    def _become_later(self, found: SimulatedThroughput, status: str) -> None:
        failure = self.orders.failures.pop(0) if self.orders.failures else None

        def live() -> None:
            seconds = self._settings.throughput_seconds
            if not found.patience.wait(seconds, lambda: self._is(found, status)):
                return
            with self._ledger.lock:
                if not self._is(found, status):
                    return
                if failure is None:
                    found.model_arn = found.desired_model_arn
                found.become(FAILED if failure else IN_SERVICE, failure)

        threading.Thread(target=live, daemon=True).start()

    def _is(self, found: SimulatedThroughput, status: str) -> bool:
        return found.status == status and found.arn in self._ledger.throughputs

    def _custom_model(self, identifier: str) -> CustomModel:
        model = self._ledger.model(identifier)
        if model is None:
            raise ServiceFault("ResourceNotFoundException", f"Could not find model {identifier}")
        return model

    def _found(self, identifier: str) -> SimulatedThroughput:
        place = f":provisioned-model/{identifier}"
        found = self._ledger.throughput(identifier) or next(
            (t for t in self._ledger.throughputs.values() if t.arn.endswith(place)), None
        )
        if found is None:
            raise ServiceFault(
                "ResourceNotFoundException", f"Could not find provisioned model {identifier}"
            )
        return found


def _summary(found: SimulatedThroughput) -> dict[str, Any]:
    answer = {
        "provisionedModelName": found.name,
        "provisionedModelArn": found.arn,
        "modelArn": found.model_arn,
        "desiredModelArn": found.desired_model_arn,
        "foundationModelArn": found.foundation_arn,
        "modelUnits": found.units,
        "desiredModelUnits": found.units,
        "status": found.status,
        "commitmentDuration": found.commitment,
        "creationTime": found.created,
        "lastModifiedTime": found.modified,
    }
    return {name: value for name, value in answer.items() if value is not None}
