"""Nova Canvas's TEXT_IMAGE: checks requests as AWS does, draws pictures that state a simulation.

A customised model shows pictures of its own training set whose captions share the prompt's names,
on a plain background, and a text on the picture states this.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Sequence
from typing import Any

from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.standins.service import ReadUri
from onmodel_local.vision.drawing import Drawing, draw

MOST_TEXT = 1024
LEAST_SIDE, MOST_SIDE, SIDE_MULTIPLE = 320, 4096, 16
MOST_PIXELS = 4_194_304
MOST_SEED = 858_993_459
BLOCKED = "This image has been blocked by our content filters."
BLOCKED_INPUT = "This request has been blocked by our content filters."
_TASK_KEYS = {"taskType", "textToImageParams", "imageGenerationConfig"}
_TEXT_KEYS = {"text", "negativeText"}
_NAME = re.compile(r"\b[A-Z][\w'-]+")


class Canvas:
    """The model behind InvokeModel: the base model, or one that was trained.

    Args:
        processes: where pictures are drawn.
        name: written on the picture.
        records: the training set's `image-ref` and `caption`; empty for the base model.
        read: a training picture's bytes.
    """

    def __init__(
        self, processes: PictureProcesses, name: str, records: Sequence[dict[str, str]] = (),
        read: ReadUri | None = None,
    ) -> None:  # fmt: skip
        self._processes = processes
        self._name = name
        self._records = records
        self._read = read

    async def invoke(self, body: Any, odd: str | None) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The model's JSON answer.

        Args:
            body: the request's JSON.
            odd: "blocked" (no picture, an error), "partly-blocked" (one picture less),
                "blocked-input" (ValidationException).

        Raises:
            ServiceFault: ValidationException.
        """
        text, config = checked(body)
        if odd == "blocked-input":
            raise ServiceFault("ValidationException", BLOCKED_INPUT)
        count = config["numberOfImages"] - (odd == "partly-blocked")
        if odd == "blocked" or count == 0:
            return {"images": [], "error": BLOCKED}
        images = []
        for number in range(count):
            seed = config["seed"] + number
            order = Drawing(
                text, seed, self._name, config["width"], config["height"], self._crops(text, seed)
            )
            images.append(base64.b64encode(await self._processes.run(draw, order)).decode())
        return {"images": images, "error": BLOCKED if odd == "partly-blocked" else None}

    def _crops(self, text: str, seed: int) -> tuple[bytes, ...]:
        """One training picture for each name of the prompt that occurs in captions."""
        if self._read is None:
            return ()
        names = list(dict.fromkeys(_NAME.findall(text)))
        chance = random.Random(seed)
        found = []
        for name in names:
            shown = [
                r["image-ref"] for r in self._records if re.search(rf"\b{name}\b", r["caption"])
            ]
            # a word in most captions ("In", "The") is no name
            if shown and (len(shown) < len(self._records) or len(names) == 1):
                found.append(self._read(chance.choice(shown)))
        return tuple(found)


def checked(body: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    """Prompt and configuration with defaults. Raises ServiceFault with every fault."""
    if not isinstance(body, dict) or body.get("taskType") != "TEXT_IMAGE":
        raise _refused("taskType must be TEXT_IMAGE: no other task is simulated")
    faults = [f"extraneous key {key}" for key in sorted(set(body) - _TASK_KEYS)]
    params = body.get("textToImageParams") or {}
    faults += [f"extraneous key {key}" for key in sorted(set(params) - _TEXT_KEYS)]
    for key, required in (("text", True), ("negativeText", False)):
        value = params.get(key)
        if (value is None and required) or (
            value is not None and not (isinstance(value, str) and 1 <= len(value) <= MOST_TEXT)
        ):
            faults.append(f"{key} must have 1 to {MOST_TEXT} characters")
    config = {
        "numberOfImages": 1, "width": 1024, "height": 1024, "quality": "standard",
        "cfgScale": 6.5, "seed": 12,
    } | (body.get("imageGenerationConfig") or {})  # fmt: skip
    faults += _config_faults(config)
    if faults:
        raise _refused("; ".join(faults))
    return str(params["text"]), config


def _config_faults(config: dict[str, Any]) -> list[str]:
    whole = ("numberOfImages", "width", "height", "seed")
    if any(not isinstance(config[name], int) for name in whole):
        return [f"{', '.join(whole)} must be whole numbers"]
    width, height = config["width"], config["height"]
    rules = (
        (1 <= config["numberOfImages"] <= 5, "numberOfImages must be 1 to 5"),
        (0 <= config["seed"] <= MOST_SEED, f"seed must be 0 to {MOST_SEED}"),
        (config["quality"] in ("standard", "premium"), "quality must be standard or premium"),
        (1.1 <= float(config["cfgScale"]) <= 10, "cfgScale must be 1.1 to 10"),
        (
            all(LEAST_SIDE <= side <= MOST_SIDE for side in (width, height)),
            f"width and height must be {LEAST_SIDE} to {MOST_SIDE}",
        ),
        (width % SIDE_MULTIPLE == height % SIDE_MULTIPLE == 0, "sides must be multiples of 16"),
        (width * height <= MOST_PIXELS, f"at most {MOST_PIXELS} pixels"),
        (max(width, height) <= 4 * min(width, height), "aspect must be 1:4 to 4:1"),
    )
    return [result for fine, result in rules if not fine]


def _refused(message: str) -> ServiceFault:
    return ServiceFault("ValidationException", f"Malformed input request: {message}")
