"""Foundation models that the pipeline names, and the lifecycle of Nova Canvas by setting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.errors import ServiceFault

CANVAS = "amazon.nova-canvas-v1:0"
NOVA_PRO = "amazon.nova-pro-v1:0"
TITAN = "amazon.titan-embed-image-v1"
NOVA_EMBEDDINGS = "amazon.nova-2-multimodal-embeddings-v1:0"

# AWS's model lifecycle page: Legacy 2026-03-30, end of life 2026-09-30
LEGACY_TIME = datetime(2026, 3, 30, tzinfo=UTC)
END_TIME = datetime(2026, 9, 30, tzinfo=UTC)

# id: name (AWS's model allows 20 characters), inputs, outputs, customizations, inference types
_MODELS: dict[str, tuple[str, list[str], list[str], list[str], list[str]]] = {
    CANVAS: (
        "Canvas (simulated)",
        ["TEXT", "IMAGE"],
        ["IMAGE"],
        ["FINE_TUNING"],
        ["ON_DEMAND", "PROVISIONED"],
    ),
    # AWS adds VIDEO, which is not in botocore's model of the API
    NOVA_PRO: ("Pro (simulated)", ["TEXT", "IMAGE"], ["TEXT"], [], ["ON_DEMAND"]),
    TITAN: (
        "Titan (simulated)",
        ["TEXT", "IMAGE"],
        ["EMBEDDING"],
        [],
        ["ON_DEMAND"],
    ),
    # AWS adds AUDIO and VIDEO, which are not in botocore's model of the API
    NOVA_EMBEDDINGS: (
        "Vectors (simulated)",
        ["TEXT", "IMAGE"],
        ["EMBEDDING"],
        [],
        ["ON_DEMAND"],
    ),
}


class FoundationModels:
    """GetFoundationModel and ListFoundationModels."""

    def __init__(self, settings: SimulationSettings, region: str) -> None:
        self._settings = settings
        self._region = region

    def arn(self, model: str) -> str:
        return f"arn:aws:bedrock:{self._region}::foundation-model/{model}"

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"modelDetails": self._details(self.known(request["modelIdentifier"]))}

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("byCustomizationType")
        found = [
            self._details(model)
            for model, about in _MODELS.items()
            if not (model == CANVAS and self._settings.canvas_status == "GONE")
            and (wanted is None or wanted in about[3])
        ]
        return {"modelSummaries": found}

    def known(self, identifier: str) -> str:
        """The id of an id or ARN. Raises ServiceFault when AWS would not find it."""
        model = identifier.rsplit("/", 1)[-1]
        if model not in _MODELS or (model == CANVAS and self._settings.canvas_status == "GONE"):
            raise ServiceFault(
                "ResourceNotFoundException",
                f"Could not find the model {identifier}: it does not exist or reached the end of"
                " its life (simulated)",
            )
        return model

    def trainable(self, identifier: str) -> str:
        """Raises ServiceFault for a model that takes no new customization job or throughput."""
        model = self.known(identifier)
        if not _MODELS[model][3]:
            raise ServiceFault("ValidationException", f"{model} cannot be customized")
        if self._settings.canvas_status == "LEGACY":
            raise ServiceFault(
                "ValidationException",
                f"{model} is a legacy model: it takes no new customization job and no new"
                " Provisioned Throughput",
            )
        return model

    def _details(self, model: str) -> dict[str, Any]:
        name, inputs, outputs, customizations, inference = _MODELS[model]
        return {
            "modelArn": self.arn(model),
            "modelId": model,
            "modelName": name,
            "providerName": "Amazon",
            "inputModalities": inputs,
            "outputModalities": outputs,
            "responseStreamingSupported": model == NOVA_PRO,
            "customizationsSupported": customizations,
            "inferenceTypesSupported": inference,
            "modelLifecycle": self._lifecycle(model),
        }

    def _lifecycle(self, model: str) -> dict[str, Any]:
        if model != CANVAS or self._settings.canvas_status == "ACTIVE":
            return {"status": "ACTIVE"}
        return {"status": "LEGACY", "legacyTime": LEGACY_TIME, "endOfLifeTime": END_TIME}
