"""Asks a model for an answer of a form, and once more where the first answer does not have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from onmodel.contracts.models import Turn
from onmodel.ports.models import CaptionModel

SaidT = TypeVar("SaidT")

Read = Callable[[str], tuple[SaidT | None, str]]
"""An answer's text → what it says and no fault, or None and the fault."""


def ask_for(
    model: CaptionModel, turn: Turn, system: str, read: Read[SaidT], repair: Callable[[str], str]
) -> tuple[SaidT | None, str]:
    """What the model says and no fault, or None and the fault of its second answer.

    Args:
        model: that is asked.
        turn: the question.
        system: what the model is told first.
        read: reads an answer.
        repair: the second question, of the first answer's fault.

    Raises:
        AnswerRefused: an answer was filtered or empty.
        Throttled, ServiceUnavailable: from the service.
    """
    reply = model.ask((turn,), system=system)
    said, fault = read(reply.text)
    if said is not None:
        return said, ""
    again = Turn(role="user", text=repair(fault))
    turns = (turn, Turn(role="assistant", text=reply.text), again)
    said, second = read(model.ask(turns, system=system).text)
    return said, f"{second}, also after it was asked for again" if said is None else ""
