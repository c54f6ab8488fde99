"""What follows an approval, in the order in which it happens, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence

from onmodel.contracts.trainings import CostPart, Purpose

AFTER: dict[Purpose, tuple[str, ...]] = {
    "training": (
        "Its training is started within minutes and takes hours; a mail says that it has begun, and"
        " another one how it ended.",
    ),
    "captions": (
        "The pictures are captioned within minutes; then a mail has the dataset. Nothing is"
        " trained.",
    ),
    "review": (
        "The dataset is finished with your corrections, within minutes. Then its training is"
        " started, and a mail says so.",
    ),
    "deployment": (
        "The model is deployed, which takes about half an hour, and then draws.",
        "A mail has the pictures, and the time at which the model is switched off by itself.",
    ),
    "drawing": ("A job draws the pictures and ends by itself; a mail has them.",),
}

OF_A_TRAINING = {
    "captions": "First the pictures are captioned, within minutes.",
    "drawing": "A job draws its first storyboard and ends by itself; a mail has the pictures.",
    "deployment": (
        "The model is deployed and draws its first storyboard. The mail has the pictures, and the"
        " time at which it is switched off by itself."
    ),
}
"""Further steps of a training, by the parts of its quote."""


def what_follows(purpose: Purpose, parts: Sequence[CostPart]) -> tuple[str, ...]:
    """Sentences for a person, before and after the approval."""
    if purpose != "training":
        return AFTER[purpose]
    names = {part.name for part in parts}
    before = [OF_A_TRAINING["captions"]] if "captions" in names else []
    after = [OF_A_TRAINING[name] for name in ("drawing", "deployment") if name in names]
    return (*before, *AFTER["training"], *after)
