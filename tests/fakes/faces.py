"""A FaceDetector whose answers a test chooses."""

from __future__ import annotations

from onmodel.ports.models import Instance


def face(
    left: float, top: float, width: float, height: float, confidence: float = 99.0
) -> Instance:
    """One face's box, in fractions of the picture."""
    return Instance(left=left, top=top, width=width, height=height, confidence=confidence)


class FakeFaces:
    """Answers the same faces for every picture."""

    def __init__(self, answer: tuple[Instance, ...] = ()) -> None:
        self._answer = answer
        self.pictures: list[bytes] = []

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        self.pictures.append(jpeg)
        return self._answer
