"""OfferedModels over Bedrock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated
from onmodel.errors import AnswerRefused, NotFound
from onmodel.ports.account import FoundationModel

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient


class BedrockModels:
    """Facts about the models that Bedrock offers in one region; only reads."""

    def __init__(self, client: BedrockClient) -> None:
        self._client = client

    def look(self, model: str) -> FoundationModel | None:
        try:
            with translated(refused={"ValidationException"}):
                answer = self._client.get_foundation_model(modelIdentifier=model)
        except (AnswerRefused, NotFound):  # AWS answers either after a model's end
            return None
        details = answer["modelDetails"]
        lifecycle = details.get("modelLifecycle", {})
        return FoundationModel(
            is_legacy=lifecycle.get("status") == "LEGACY",
            ends_at=lifecycle.get("endOfLifeTime"),
            inference_types=frozenset(details.get("inferenceTypesSupported", ())),
        )
