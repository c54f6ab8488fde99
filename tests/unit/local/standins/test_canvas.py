from __future__ import annotations

from typing import Any

import pytest

from onmodel_local.standins.canvas import checked
from onmodel_local.standins.errors import ServiceFault


def _body(text: Any = "Buck waves", **config: Any) -> dict[str, Any]:
    return {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": text},
        "imageGenerationConfig": config,
    }


def test_checked_when_nothing_is_configured_then_defaults() -> None:
    text, config = checked(_body())
    assert text == "Buck waves"
    assert (config["width"], config["height"], config["numberOfImages"]) == (1024, 1024, 1)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ([], "taskType"),
        ({"taskType": "INPAINTING"}, "taskType"),
        (_body(text=""), "text must have 1 to 1024"),
        (_body(text="x" * 1025), "text must have 1 to 1024"),
        (_body(text=None), "text must have"),
        (_body(width=1000), "multiples of 16"),
        (_body(width=304, height=304), "320 to 4096"),
        (_body(width=4096, height=4096), "pixels"),
        (_body(width=1920, height=464), "aspect"),
        (_body(seed=858_993_460), "seed"),
        (_body(seed="7"), "whole numbers"),
        (_body() | {"extra": 1}, "extraneous key extra"),
    ],
)
def test_checked_when_a_limit_is_broken_then_told(body: Any, answer: str) -> None:
    with pytest.raises(ServiceFault, match=answer) as fault:
        checked(body)
    assert fault.value.code == "ValidationException"
