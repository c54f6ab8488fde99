"""A CaptionModel whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onmodel.contracts.models import PictureLimits, Reply, Turn
from onmodel.errors import AnswerRefused
from onmodel.money.usage import token_usage

Answer = Callable[[Sequence[Turn]], str]


class FakeCaptionModel:
    """Answers one fixed text, or what a function of the turns returns; raises for an empty text."""

    def __init__(self, answer: str | Answer, model: str = "fake-captions") -> None:
        self.model = model
        self.picture_limits = PictureLimits(size_bytes=18_000_000, longest_side=8_000)
        self._answer = answer
        self.asked: list[tuple[Turn, ...]] = []

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply:
        self.asked.append(tuple(turns))
        text = self._answer(turns) if callable(self._answer) else self._answer
        usage = token_usage(self.model, 1500, len(text) // 4)
        if not text:
            raise AnswerRefused("the answer is empty", usage)
        return Reply(text=text, stop_reason="end_turn", usage=usage)
