"""The port to finders of figures in a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FinderSettings

if TYPE_CHECKING:  # wiring imports this module also where NumPy is not installed
    from onmodel.contracts.arrays import Pixels


@dataclass(frozen=True)
class RefusedBox:
    """A box that a service answered and that holds no figure, or none that was asked for.

    `reason` has its label, and the measured value where one was measured.
    """

    box: Box
    reason: str


@dataclass(frozen=True)
class FrameDetections:
    """A finder's answer for one frame.

    Attributes:
        detections: each figure once, in any order, every box inside the picture area. When the
            finder knows that there is a figure but not where, one detection of the whole picture
            area, flagged `wide`.
        seen: the service's answer in words; shown where no figure was found.
        refused: boxes of the answer that hold no figure, or none that was asked for.
        unusable: why the service's answer could not be used; '' when it could.
    """

    detections: tuple[Detection, ...]
    seen: str
    refused: tuple[RefusedBox, ...] = ()
    unusable: str = ""


class Finder(Protocol):
    """Finds the figures of one frame. Called by several threads at once.

    A finder does not limit the size and number of figures: `vision.detections` chooses among
    them.
    """

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """The figures of a frame; the same frame gives the same answer.

        Args:
            pixels: the frame, `(height, width, 3)` uint8, BGR.
            picture: the part of the frame inside its bars, in pixels.

        Raises:
            Throttled, ServiceUnavailable, AnswerRefused: from the service that is called.
        """
        ...


FinderOf = Callable[[FinderSettings], Finder]
"""Makes a finder in the step, which has read the run's settings."""
