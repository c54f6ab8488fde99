"""CaptionModel over Bedrock's Converse: the same call for every model that takes pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onmodel.adapters.faults import translated
from onmodel.contracts.base import Usage
from onmodel.contracts.models import Picture, PictureLimits, Reply, Turn, foundation_model_of
from onmodel.errors import AnswerRefused
from onmodel.money.usage import token_usage

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.client import BedrockRuntimeClient

# With these, the service answers HTTP 200 with a notice instead of a caption.
FILTERED = frozenset({"content_filtered", "guardrail_intervened"})


# Bedrock has no limit of its own; each vendor has one. Amazon's is 25 MB a request, in base64
# (Nova user guide, "Image understanding"), Anthropic's 5 MB an image in base64.
LIMITS = {"amazon.nova": PictureLimits(size_bytes=18_000_000, longest_side=8_000)}
STRICTEST_LIMITS = PictureLimits(size_bytes=3_750_000, longest_side=8_000)


class ConverseModel:
    """A model, or an inference profile, that takes pictures.

    Args:
        client: of bedrock-runtime.
        model: id or inference profile.
        temperature: 0 to 1; at 0 captions repeat phrases, at 1 they describe what is not there.
        max_tokens: of the answer.
    """

    def __init__(
        self,
        client: BedrockRuntimeClient,
        model: str,
        *,
        temperature: float = 0.3,
        max_tokens: int = 400,
    ) -> None:
        self.model = model
        foundation = foundation_model_of(model)
        self.picture_limits = next(
            (known for vendor, known in LIMITS.items() if foundation.startswith(vendor)),
            STRICTEST_LIMITS,
        )
        self._client = client
        self._temperature = temperature
        self._max_tokens = max_tokens

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply:
        request: dict[str, Any] = {
            "modelId": self.model,
            "messages": [{"role": turn.role, "content": _content(turn)} for turn in turns],
            "inferenceConfig": {"temperature": self._temperature, "maxTokens": self._max_tokens},
        }
        if system:
            request["system"] = [{"text": system}]
        with translated(refused={"ValidationException"}):
            answer = self._client.converse(**request)
        spent = answer["usage"]
        usage = token_usage(self.model, spent["inputTokens"], spent["outputTokens"])
        return _to_reply(answer, usage)


def _to_reply(answer: Any, usage: tuple[Usage, ...]) -> Reply:  # noqa: ANN401 - a TypedDict
    reason = answer["stopReason"]
    if reason in FILTERED:
        raise AnswerRefused(f"the answer was filtered ({reason})", usage)
    blocks = answer["output"].get("message", {}).get("content", [])
    text = "".join(block.get("text", "") for block in blocks).strip()
    if not text:
        raise AnswerRefused(f"the answer is empty ({reason})", usage)
    return Reply(text=text, stop_reason=reason, usage=usage)


def _content(turn: Turn) -> list[dict[str, Any]]:
    """The picture first: answers are better when the question follows it."""
    picture = [_image(turn.picture)] if turn.picture else []
    return [*picture, {"text": turn.text}]


def _image(picture: Picture) -> dict[str, Any]:
    source: dict[str, Any] = (
        {"bytes": picture.data}
        if picture.data is not None
        else {"s3Location": {"uri": picture.s3_uri}}
    )
    return {"image": {"format": picture.format, "source": source}}
