"""Bedrock Runtime: passes InvokeModel and Converse to the named model."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.faults import CallControl
from onmodel_local.standins.service import Operation


class Model(Protocol):
    """A model behind InvokeModel: JSON in, JSON out; raises ServiceFault."""

    async def invoke(self, body: Any, odd: str | None) -> dict[str, Any]: ...  # noqa: ANN401


Converse = Callable[[dict[str, Any], str | None], Awaitable[dict[str, Any]]]
FindModel = Callable[[str], Model | None]
"""Model id or ARN → the model, or None when it cannot be invoked."""


class Runtime:
    """Operations of the stand-in.

    Args:
        models: invocable models by id.
        call_control: odd answers to give.
        find_provisioned: models behind provisioned throughput, by its ARN.
        conversing: what answers Converse, by model id without region prefix.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        call_control: CallControl,
        find_provisioned: FindModel = lambda _: None,
        conversing: Mapping[str, Converse] | None = None,
    ) -> None:
        self._models = models
        self._find_provisioned = find_provisioned
        self._conversing = conversing or {}
        self._steering = call_control

    def operations(self) -> dict[str, Operation]:
        return {"InvokeModel": self.invoke_model, "Converse": self.converse}

    async def invoke_model(self, request: dict[str, Any]) -> dict[str, Any]:
        identity = _without_arn(request["modelId"])
        model = self._models.get(identity) or self._find_provisioned(request["modelId"])
        if model is None:
            raise _unknown(request["modelId"])
        try:
            body = json.loads(request.get("body") or b"")
        except ValueError as fault:
            raise ServiceFault(
                "ValidationException", "The provided request is not valid JSON"
            ) from fault
        odd = self._steering.odd_answer("bedrock-runtime", "InvokeModel", json.dumps(body))
        answer = await model.invoke(body, odd)
        return {"body": json.dumps(answer).encode(), "contentType": "application/json"}

    async def converse(self, request: dict[str, Any]) -> dict[str, Any]:
        identity = _without_region(_without_arn(request["modelId"]))
        if identity not in self._conversing:
            raise _unknown(request["modelId"])
        odd = self._steering.odd_answer("bedrock-runtime", "Converse", str(request["messages"]))
        return await self._conversing[identity](request, odd)


def _without_arn(model: str) -> str:
    """foundation-model and inference-profile ARNs → the id."""
    if model.startswith("arn:") and ("foundation-model/" in model or "-profile/" in model):
        return model.rsplit("/", 1)[-1]
    return model


def _without_region(identity: str) -> str:
    """Cross-region inference profiles prefix the model's id."""
    head, _, rest = identity.partition(".")
    return rest if head in ("us", "eu", "apac", "global") else identity


def _unknown(model: str) -> ServiceFault:
    return ServiceFault(
        "ValidationException", f"The provided model identifier is invalid: {model[:200]}"
    )
