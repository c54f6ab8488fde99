"""An ImageModel that draws PNG pictures of one colour, and refuses the seeds that a test names."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.errors import AnswerRefused


class FakeImageModel:
    def __init__(self, blocked_seeds: frozenset[int] = frozenset()) -> None:
        self._blocked = blocked_seeds
        self.drawn: list[tuple[str, PanelRequest]] = []

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        """Picture i of a request has a colour of its seed + i; those of blocked seeds miss."""
        self.drawn.append((model, panel))
        pictures = tuple(
            _picture(panel.width, panel.height, panel.seed + index)
            for index in range(panel.images)
            if panel.seed + index not in self._blocked
        )
        if not pictures:
            raise AnswerRefused("the image model drew nothing: blocked")
        fewer = len(pictures) < panel.images
        notice = f"{len(pictures)} of {panel.images} pictures: blocked" if fewer else None
        return Panels(pictures=pictures, notice=notice)


def _picture(width: int, height: int, seed: int) -> bytes:
    colour = np.random.default_rng(seed).integers(0, 256, 3, dtype=np.uint8)
    return cv2.imencode(".png", np.full((height, width, 3), colour))[1].tobytes()
