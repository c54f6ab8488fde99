"""Nova Pro by Converse: captions from measurements or a local vision model, boxes, questions.

Without a model the caption has only the light, the colours and the names in the prompt. The answer
has the real shape, but is not a good caption. A caption that is asked for again has other words;
what the question says of its faults is not read.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.nova_boxes import ODD, asked_labels, boxes_answer, odd_boxes
from onmodel_local.standins.nova_captions import caption
from onmodel_local.standins.nova_questions import ODD as QUESTIONS_ODD
from onmodel_local.standins.nova_questions import (
    answers,
    asked_questions,
    asked_scene,
    scene_questions,
)
from onmodel_local.standins.picture_analysis import analyse_figures, picture_description
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.standins.service import ReadUri
from onmodel_local.vision.pictures import PictureUnreadableError

logger = logging.getLogger("onmodel.local")

PICTURE_TOKENS = 1800  # a picture of 1,024 px square costs about 1,500 to 2,000
CHARACTERS_A_TOKEN = 4
MOST_PICTURE_BYTES = 25 * 1024 * 1024
_RECOGNISED = re.compile(r"recognised as (?P<name>[^\n]{1,60}?)\.(?:\s|$)")
_RECOGNISED_BESIDE = re.compile(r"Recognised beside it: (?P<names>[^\n]{1,200}?)\.(?:\s|$)")
_VISION_SECONDS = 120

NOTICE = "The generated text has been blocked by our content filters."
_ODD: dict[str, tuple[str, str]] = {
    "filtered": (NOTICE, "content_filtered"),
    "guardrail": (NOTICE, "guardrail_intervened"),
    "empty": ("", "end_turn"),
    "prose": ("Here is a lively scene full of colour.", "end_turn"),
    "fenced": ('```json\n{"alt_text": "@"}\n```', "end_turn"),
    "cut": ('{"alt_text": "@', "max_tokens"),
}


@dataclass(frozen=True)
class VisionEndpoint:
    """An OpenAI-compatible endpoint, for example http://127.0.0.1:8080/v1."""

    url: str
    model: str


class NovaPro:
    def __init__(
        self, processes: PictureProcesses, read_uri: ReadUri, vision: VisionEndpoint | None
    ) -> None:
        self._processes = processes
        self._read_uri = read_uri
        self._vision = vision

    async def converse(self, request: dict[str, Any], odd: str | None) -> dict[str, Any]:
        """The answer's members; raises ServiceFault."""
        began = time.monotonic()
        text, pictures = self._parts(request)
        labels = asked_labels(text)
        if labels:
            said = await self._boxes(labels[0], pictures, odd)
            return _answer(request, said, "end_turn", len(pictures), time.monotonic() - began)
        questions = await self._questions(text, pictures, odd)
        if questions is not None:
            return _answer(request, questions, "end_turn", len(pictures), time.monotonic() - began)
        if odd and odd not in _ODD:
            raise ServiceFault("ValidationException", f"odd answers are {sorted(_ODD)}")
        said, reason = _ODD.get(odd or "", ("", "end_turn"))
        if not odd or "@" in said:
            is_again = len(request["messages"]) > 1
            caption = await self._caption(text, pictures, is_again=is_again)
            said = said.replace("@", caption) if odd else json.dumps({"alt_text": caption})
        if odd is None and self._vision is not None:
            said = await asyncio.to_thread(self._ask_vision, self._vision, text, pictures)
        return _answer(request, said, reason, len(pictures), time.monotonic() - began)

    def _parts(self, request: dict[str, Any]) -> tuple[str, list[bytes]]:
        """All text, and the pictures of the conversation."""
        texts = [block.get("text", "") for block in request.get("system", [])]
        pictures = []
        if not request["messages"]:
            raise ServiceFault("ValidationException", "A conversation must have a message")
        for message in request["messages"]:
            for block in message["content"]:
                texts.append(block.get("text", ""))
                if "image" in block:
                    pictures.append(self._picture(block["image"]["source"]))
        return "\n".join(texts), pictures

    def _picture(self, source: dict[str, Any]) -> bytes:
        body = source.get("bytes")
        if body is None:
            body = self._read_uri(source["s3Location"]["uri"])
        if len(body) > MOST_PICTURE_BYTES:
            raise ServiceFault("ValidationException", "The image is larger than 25 MB")
        return bytes(body)

    async def _boxes(self, label: str, pictures: list[bytes], odd: str | None) -> str:
        if odd and odd not in ODD:
            raise ServiceFault("ValidationException", f"odd answers with boxes are {sorted(ODD)}")
        if not pictures:
            return "[]"
        try:
            measured = await self._processes.run(analyse_figures, pictures[-1])
        except PictureUnreadableError as fault:
            raise ServiceFault("ValidationException", "Could not process image") from fault
        found = boxes_answer(measured.figures, label)
        return odd_boxes(odd, found, label) if odd else found

    async def _questions(self, text: str, pictures: list[bytes], odd: str | None) -> str | None:
        """Questions about a scene, or answers about a picture; None when neither is asked for."""
        scene, questions = asked_scene(text), asked_questions(text)
        if scene is None and not questions:
            return None
        if odd in QUESTIONS_ODD:
            return QUESTIONS_ODD[odd]
        if odd:
            return None
        if self._vision is not None:
            return await asyncio.to_thread(self._ask_vision, self._vision, text, pictures)
        if scene is not None:
            return scene_questions(scene, text)
        if not pictures:
            raise ServiceFault("ValidationException", "No picture came with the questions")
        try:
            measured = await self._processes.run(analyse_figures, pictures[-1])
        except PictureUnreadableError as fault:
            raise ServiceFault("ValidationException", "Could not process image") from fault
        return answers(questions, len(measured.figures))

    async def _caption(self, text: str, pictures: list[bytes], *, is_again: bool) -> str:
        found = _RECOGNISED.search(text)
        name = found["name"] if found else None
        if not pictures:
            return _without_picture(name)
        try:
            described = await self._processes.run(picture_description, pictures[-1])
        except PictureUnreadableError as fault:
            raise ServiceFault("ValidationException", "Could not process image") from fault
        return caption(described, name, _beside(text), pictures[-1], is_again=is_again)

    @staticmethod
    def _ask_vision(vision: VisionEndpoint, text: str, pictures: list[bytes]) -> str:
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        for picture in pictures:
            kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
            data = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
            content.append({"type": "image_url", "image_url": {"url": data}})
        body = {"model": vision.model, "messages": [{"role": "user", "content": content}]}
        request = urllib.request.Request(  # noqa: S310 - the user's own endpoint
            f"{vision.url.rstrip('/')}/chat/completions",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_VISION_SECONDS) as answer:  # noqa: S310
                return str(json.load(answer)["choices"][0]["message"]["content"])
        except (OSError, ValueError, KeyError, IndexError) as fault:
            logger.warning("the local vision model %s failed: %s", vision.model, fault)
            raise ServiceFault("ModelErrorException", f"the local model failed: {fault}") from fault


def _beside(text: str) -> list[str]:
    """Names of the other characters that the prompt says are to be seen."""
    found = _RECOGNISED_BESIDE.search(text)
    return [] if found is None else re.split(", | and ", found["names"])


def _without_picture(name: str | None) -> str:
    return f"{name or 'Nobody'} is not shown: no picture came with the question."


def _answer(
    request: dict[str, Any], said: str, reason: str, pictures: int, seconds: float
) -> dict[str, Any]:
    words = sum(
        len(block.get("text", "")) for turn in request["messages"] for block in turn["content"]
    ) + sum(len(block.get("text", "")) for block in request.get("system", []))
    tokens_in = words // CHARACTERS_A_TOKEN + pictures * PICTURE_TOKENS
    tokens_out = len(said) // CHARACTERS_A_TOKEN
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": said}]}},
        "stopReason": reason,
        "usage": {
            "inputTokens": tokens_in,
            "outputTokens": tokens_out,
            "totalTokens": tokens_in + tokens_out,
        },
        "metrics": {"latencyMs": round(seconds * 1000)},
    }
