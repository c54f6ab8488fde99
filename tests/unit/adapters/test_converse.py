from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from fakes.caption_model import FakeCaptionModel

from onmodel.adapters.converse import ConverseModel
from onmodel.contracts.base import Usage
from onmodel.contracts.models import Picture, Turn
from onmodel.errors import AnswerRefused, ServiceUnavailable
from onmodel.ports.models import CaptionModel

MODEL = "us.amazon.nova-pro-v1:0"
COST = (
    Usage(item=f"bedrock.{MODEL}.input-1k", paid=2.0),
    Usage(item=f"bedrock.{MODEL}.output-1k", paid=0.05),
)
ASK = (Turn(role="user", text="Describe.", picture=Picture(format="jpeg", data=b"jpeg")),)


@pytest.fixture
def converse(aws) -> Iterator[tuple[ConverseModel, Stubber]]:
    client = aws("bedrock-runtime")
    with Stubber(client) as stub:
        yield ConverseModel(client, MODEL, temperature=0.2, max_tokens=300), stub


def answer(*texts: str, stop: str = "end_turn") -> dict:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": t} for t in texts]}},
        "stopReason": stop,
        "usage": {"inputTokens": 2000, "outputTokens": 50, "totalTokens": 2050},
        "metrics": {"latencyMs": 900},
    }


def test_ask_when_picture_has_bytes_then_text_and_cost(converse) -> None:
    model, stub = converse
    stub.add_response(
        "converse",
        answer(' {"caption": "Bunny smiles"}\n'),
        {
            "modelId": MODEL,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"image": {"format": "jpeg", "source": {"bytes": b"jpeg"}}},
                        {"text": "Describe."},
                    ],
                }
            ],
            "inferenceConfig": {"temperature": 0.2, "maxTokens": 300},
            "system": [{"text": "You caption."}],
        },
    )
    reply = model.ask(ASK, "You caption.")
    assert (reply.text, reply.stop_reason) == ('{"caption": "Bunny smiles"}', "end_turn")
    assert reply.usage == COST


def test_ask_when_picture_lies_in_s3_and_turns_go_on_then_sent_in_order(converse) -> None:
    model, stub = converse
    picture = Picture(format="png", s3_uri="s3://studio/a.png")
    turns = (
        Turn(role="user", text="Describe.", picture=picture),
        Turn(role="assistant", text="no JSON"),
        Turn(role="user", text="Answer in JSON."),
    )
    source = {"s3Location": {"uri": "s3://studio/a.png"}}
    image = {"image": {"format": "png", "source": source}}
    stub.add_response(
        "converse",
        answer("{}"),
        {
            "modelId": MODEL,
            "messages": [
                {"role": "user", "content": [image, {"text": "Describe."}]},
                {"role": "assistant", "content": [{"text": "no JSON"}]},
                {"role": "user", "content": [{"text": "Answer in JSON."}]},
            ],
            "inferenceConfig": {"temperature": 0.2, "maxTokens": 300},
        },
    )
    assert model.ask(turns).text == "{}"


@pytest.mark.parametrize(
    ("texts", "stop"),
    [
        (("The generated text has been blocked by our content filters.",), "content_filtered"),
        (("Blocked.",), "guardrail_intervened"),
        (("",), "end_turn"),
        ((" \n",), "max_tokens"),
        ((), "end_turn"),
    ],
)
def test_ask_when_filtered_or_empty_then_refused_with_its_cost(
    converse, texts: tuple[str, ...], stop: str
) -> None:
    model, stub = converse
    stub.add_response("converse", answer(*texts, stop=stop))
    with pytest.raises(AnswerRefused, match=stop) as caught:
        model.ask(ASK)
    assert caught.value.usage == COST


def test_ask_when_cut_off_then_told_by_the_stop_reason(converse) -> None:
    model, stub = converse
    stub.add_response("converse", answer('{"caption": "Bun', stop="max_tokens"))
    assert model.ask(ASK).stop_reason == "max_tokens"


def test_ask_when_picture_is_impossible_then_refused_without_cost(converse) -> None:
    model, stub = converse
    stub.add_client_error("converse", "ValidationException")
    with pytest.raises(AnswerRefused) as caught:
        model.ask(ASK)
    assert caught.value.usage == ()


def test_ask_when_model_fails_then_unavailable(converse) -> None:
    model, stub = converse
    stub.add_client_error("converse", "ModelErrorException", http_status_code=424)
    with pytest.raises(ServiceUnavailable):
        model.ask(ASK)


def test_fake_when_told_then_answers_or_refuses_with_cost() -> None:
    fake: CaptionModel = FakeCaptionModel(lambda turns: turns[-1].text.upper())
    assert fake.ask(ASK).text == "DESCRIBE."
    with pytest.raises(AnswerRefused) as caught:
        FakeCaptionModel("").ask(ASK)
    assert caught.value.usage[0].paid > 0


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("amazon.nova-pro-v1:0", 18_000_000),
        ("eu.amazon.nova-lite-v1:0", 18_000_000),
        ("global.amazon.nova-2-lite-v1:0", 18_000_000),
        ("us.anthropic.claude-sonnet-4-5-v1:0", 3_750_000),
        ("mistral.pixtral-large-v1:0", 3_750_000),
    ],
)
def test_picture_limits_when_a_vendor_is_known_then_its_own_else_the_strictest(
    aws, model: str, size: int
) -> None:
    limits = ConverseModel(aws("bedrock-runtime"), model).picture_limits
    assert (limits.size_bytes, limits.longest_side) == (size, 8_000)
