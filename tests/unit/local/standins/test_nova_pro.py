from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from onmodel.finders.grounding import FORM, TASK
from onmodel.formats.box_answer import boxes_in
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.nova_pro import NovaPro, VisionEndpoint
from onmodel_local.standins.picture_analysis import MeasuredPicture, analyse_figures
from onmodel_local.vision.finder import FoundFigure
from onmodel_local.vision.pictures import Light

PICTURE = cv2.imencode(".png", np.full((64, 64, 3), (40, 160, 60), np.uint8))[1].tobytes()


class InProcess:
    """Looks in this process."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)


def _ask(
    vision: VisionEndpoint | None = None,
    odd: str | None = None,
    body: bytes = PICTURE,
    *,
    again: bool = False,
) -> Any:
    text = "The figure in the middle of this picture was recognised as Buck B.\n"
    content = [{"image": {"format": "png", "source": {"bytes": body}}}, {"text": text}]
    pro = NovaPro(InProcess(), lambda _: b"", vision)  # type: ignore[arg-type]
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if again:
        messages += [
            {"role": "assistant", "content": [{"text": "{}"}]},
            {"role": "user", "content": [{"text": "Once more, please"}]},
        ]
    return asyncio.run(pro.converse({"messages": messages}, odd))


def _text(answer: dict[str, Any]) -> str:
    return str(answer["output"]["message"]["content"][0]["text"])


def test_converse_when_picture_is_green_then_the_caption_says_so_and_names() -> None:
    caption = json.loads(_text(_ask()))["alt_text"]
    assert "Buck B" in caption
    assert "green" in caption


def test_converse_when_asked_again_then_the_caption_has_other_words_and_the_name() -> None:
    first, second = (
        json.loads(_text(_ask(again=again)))["alt_text"].split() for again in (False, True)
    )
    assert "Buck B" in " ".join(second)
    in_a_row = [set(zip(words, words[1:], words[2:], strict=False)) for words in (first, second)]
    assert not in_a_row[0] & in_a_row[1]


def test_converse_when_picture_is_broken_then_validation_exception() -> None:
    with pytest.raises(ServiceFault, match="Could not process image"):
        _ask(body=b"no picture")


def test_converse_when_fenced_answer_is_ordered_then_the_caption_inside() -> None:
    fenced = _text(_ask(odd="fenced"))
    assert fenced.startswith("```json")
    assert "Buck B" in fenced


FIGURE = (0.2, 0.1, 0.5, 0.9)
"""Left, top, width, height."""


class Finds(InProcess):
    """Finds one figure in every picture."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        assert function is analyse_figures
        return MeasuredPicture(64, 64, Light(50, 50, 50), (FoundFigure(*FIGURE, 0.6, 0.0),))


def _ask_for_boxes(odd: str | None = None) -> str:
    task = TASK.format(figures="- a fat rabbit\n- a squirrel", most=20, form=FORM)
    content = [{"image": {"format": "png", "source": {"bytes": PICTURE}}}, {"text": task}]
    pro = NovaPro(Finds(), lambda _: b"", None)  # type: ignore[arg-type]
    request = {"messages": [{"role": "user", "content": content}]}
    return _text(asyncio.run(pro.converse(request, odd)))


@pytest.mark.parametrize("odd", [None, "fenced"])
def test_converse_when_boxes_are_asked_for_then_the_found_figures_in_thousandths(
    odd: str | None,
) -> None:
    assert boxes_in(_ask_for_boxes(odd)) == ((("a fat rabbit", 200, 100, 700, 1000),), "")


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        ("prose", "is not one JSON array"),
        ("cut", "is not one JSON array"),
        ("many", "has 200 boxes"),
        ("outside", "is outside 0 to 1000"),
        ("inside-out", "with left < right"),
    ],
)
def test_converse_when_an_impossible_answer_with_boxes_is_ordered_then_its_fault(
    odd: str, fault: str
) -> None:
    boxes, said = boxes_in(_ask_for_boxes(odd))
    assert boxes is None
    assert fault in said


def test_converse_when_the_whole_picture_or_a_box_twice_is_ordered_then_those() -> None:
    whole, _ = boxes_in(_ask_for_boxes("whole"))
    assert whole == (("a fat rabbit", 0, 0, 1000, 1000),)
    twice, _ = boxes_in(_ask_for_boxes("twice"))
    assert twice is not None
    assert len(twice) == 2


def test_converse_when_an_unknown_answer_with_boxes_is_ordered_then_the_known_ones() -> None:
    with pytest.raises(ServiceFault, match="inside-out"):
        _ask_for_boxes("guardrail")


class _Local(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = f"{asked['model']} sees {len(asked['messages'][0]['content'])} parts"
        body = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[VisionEndpoint]:
    server = HTTPServer(("127.0.0.1", 0), _Local)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield VisionEndpoint(f"http://127.0.0.1:{server.server_port}/v1", "tiny-vision")
    server.shutdown()
    server.server_close()


def test_converse_when_a_local_model_is_named_then_its_answer(endpoint: VisionEndpoint) -> None:
    assert _text(_ask(endpoint)) == "tiny-vision sees 2 parts"


def test_converse_when_the_local_model_fails_then_model_error(
    endpoint: VisionEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Local, "status", 500)
    with pytest.raises(ServiceFault, match="ModelErrorException"):
        _ask(endpoint)
