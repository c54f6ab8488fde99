"""A LabelDetector whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Callable

from onmodel.ports.models import Instance, Label

Answer = Callable[[bytes], tuple[Label, ...]]


def figure(
    left: float, top: float, width: float, height: float, *, name: str = "Person",
    confidence: float = 95.0, parents: tuple[str, ...] = (),
) -> Label:  # fmt: skip
    """One label with one box, in fractions of the picture."""
    box = Instance(left=left, top=top, width=width, height=height, confidence=confidence)
    return Label(name=name, confidence=confidence, instances=(box,), parents=parents)


class FakeLabels:
    """Answers the same labels for every picture, or what a function of the bytes returns."""

    def __init__(self, answer: tuple[Label, ...] | Answer = ()) -> None:
        self._answer = answer
        self.pictures: list[bytes] = []

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        self.pictures.append(jpeg)
        return self._answer(jpeg) if callable(self._answer) else self._answer
