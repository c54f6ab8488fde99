from __future__ import annotations

import base64
import io
import json

import cv2
import numpy as np
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from fakes.image_model import FakeImageModel
from hypothesis import given
from hypothesis import strategies as st

from onmodel.adapters.clients import make_client
from onmodel.contracts.panels import PanelRequest
from onmodel.errors import AnswerRefused
from onmodel.ports.trainer import ImageModel
from onmodel.trainers.bedrock.canvas import NovaCanvas, request_body

THROUGHPUT = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
PANEL = PanelRequest(
    text="Bunny under a tree",
    negative_text="text, watermark",
    seed=42,
    options={"quality": "premium", "cfg_scale": 8.0},
)
PNG = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = make_client("bedrock-runtime", region="us-east-1")
    with Stubber(client) as stub:
        yield NovaCanvas(client), stub


def answer(body: bytes) -> dict:
    return {"body": StreamingBody(io.BytesIO(body), len(body)), "contentType": "application/json"}


def pictures(count: int, error: str | None = None) -> dict:
    images = [base64.b64encode(PNG).decode()] * count
    return answer(json.dumps({"images": images, "error": error}).encode())


def test_draw_when_answered_then_pictures_of_the_articles_request(canvas) -> None:
    model, stub = canvas
    body = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "Bunny under a tree", "negativeText": "text, watermark"},
        "imageGenerationConfig": {
            "numberOfImages": 3,
            "width": 1024,
            "height": 1024,
            "quality": "premium",
            "cfgScale": 8.0,
            "seed": 42,
        },
    }
    stub.add_response(
        "invoke_model",
        pictures(3),
        {
            "modelId": THROUGHPUT,
            "body": json.dumps(body),
            "contentType": "application/json",
            "accept": "application/json",
        },
    )
    panels = model.draw(THROUGHPUT, PANEL)
    assert (panels.pictures, panels.notice) == ((PNG,) * 3, None)


def test_request_when_no_negative_text_then_left_out() -> None:
    body = request_body(PanelRequest(text="a", seed=0))
    assert body["textToImageParams"] == {"text": "a"}


def test_draw_when_some_are_blocked_then_fewer_and_told(canvas) -> None:
    model, stub = canvas
    stub.add_response("invoke_model", pictures(2, "Some images were blocked"))
    panels = model.draw(THROUGHPUT, PANEL)
    assert len(panels.pictures) == 2
    assert panels.notice == "2 of 3 pictures: Some images were blocked"


def test_draw_when_all_are_blocked_then_refused_with_the_reason(canvas) -> None:
    model, stub = canvas
    stub.add_response("invoke_model", pictures(0, "All images were blocked"))
    with pytest.raises(AnswerRefused, match="All images were blocked"):
        model.draw(THROUGHPUT, PANEL)


def test_draw_when_prompt_is_blocked_then_refused(canvas) -> None:
    model, stub = canvas
    stub.add_client_error("invoke_model", "ValidationException", "blocked by content filters")
    with pytest.raises(AnswerRefused):
        model.draw(THROUGHPUT, PANEL)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"images": 5}', b'{"images": ["&&&"]}', b'{"images": ["aGVsbG8="]}',
     b'{"images": [null]}', b"{}"],
)  # fmt: skip
def test_draw_when_answer_is_no_picture_then_refused(canvas, body: bytes) -> None:
    model, stub = canvas
    stub.add_response("invoke_model", answer(body))
    with pytest.raises(AnswerRefused):
        model.draw(THROUGHPUT, PANEL)


@given(st.sets(st.integers(40, 46)))
def test_fake_when_seeds_are_blocked_then_as_canvas_would(blocked: set[int]) -> None:
    fake: ImageModel = FakeImageModel(frozenset(blocked))
    left = 3 - len(blocked & {42, 43, 44})
    small = PANEL.model_copy(update={"width": 320, "height": 320})
    if not left:
        with pytest.raises(AnswerRefused):
            fake.draw("m", small)
        return
    panels = fake.draw("m", small)
    assert len(panels.pictures) == left
    assert (panels.notice is None) is (left == 3)
