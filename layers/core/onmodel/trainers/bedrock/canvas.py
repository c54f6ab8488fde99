"""ImageModel over Nova Canvas's TEXT_IMAGE, on a model or on provisioned throughput."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from onmodel.adapters.faults import translated
from onmodel.contracts.bedrock import BedrockPanelOptions
from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.errors import AnswerRefused
from onmodel.ports.trainer import ImageModel

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.client import BedrockRuntimeClient

PNG = b"\x89PNG\r\n\x1a\n"


class NovaCanvas(ImageModel):
    """Pictures by prompt. A premium picture takes up to minutes."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        with translated(refused={"ValidationException"}):  # a blocked or invalid prompt
            answer = self._client.invoke_model(
                modelId=model,
                body=json.dumps(request_body(panel)),
                contentType="application/json",
                accept="application/json",
            )
            body = answer["body"].read()
        return _to_panels(body, panel.images)


def request_body(panel: PanelRequest) -> dict[str, Any]:
    options = BedrockPanelOptions.model_validate(panel.options)
    words = {"text": panel.text}
    if panel.negative_text:
        words["negativeText"] = panel.negative_text
    return {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": words,
        "imageGenerationConfig": {
            "numberOfImages": panel.images,
            "width": panel.width,
            "height": panel.height,
            "quality": options.quality,
            "cfgScale": options.cfg_scale,
            "seed": panel.seed,
        },
    }


def _to_panels(body: bytes, wanted: int) -> Panels:
    """The pictures of an answer; if some are blocked, HTTP 200 has an `error` and fewer or none."""
    try:
        answer = json.loads(body)
        error = answer.get("error")
        pictures = tuple(
            base64.b64decode(text, validate=True) for text in answer.get("images") or ()
        )
    except (AttributeError, TypeError, ValueError, binascii.Error) as fault:
        raise AnswerRefused(f"the image model answered something else: {body[:80]!r}") from fault
    if not pictures:
        raise AnswerRefused(f"the image model drew nothing: {error or 'no reason given'}")
    if not all(picture.startswith(PNG) for picture in pictures):
        raise AnswerRefused("the image model answered something but PNG pictures")
    fewer = f"{len(pictures)} of {wanted} pictures" if len(pictures) < wanted else ""
    notice = ": ".join(part for part in (fewer, error) if part)
    return Panels(pictures=pictures, notice=notice or None)
