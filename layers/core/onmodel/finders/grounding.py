"""Finds figures by asking a Nova model where they are, in the production's own words.

Nova models answer boxes in thousandths of the picture (Amazon Nova user guide). They give no
confidence that can be compared, and may answer a box of what is not there: each is looked at in the
pixels. An answer that is not what was asked for is asked for once more, with its fault named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import GroundingFinderSettings
from onmodel.contracts.keys import same_name
from onmodel.contracts.models import Picture, Turn
from onmodel.errors import AnswerRefused
from onmodel.formats.box_answer import FULL, MOST_BOXES, AnsweredBox, boxes_in, shown
from onmodel.formats.repaired_answer import ask_for
from onmodel.ports.finder import FrameDetections, RefusedBox
from onmodel.ports.models import CaptionModel, Instance
from onmodel.vision.box_check import why_no_figure
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import instance_box, intersection

LONGEST_SIDE = 1280
"""Pixels of the picture that is sent. A larger one costs more tokens."""

CONFIDENCE = 50.0
"""Percent. The model gives none: a box of a finder that measures its confidence goes first."""

SYSTEM = """\
You find figures in frames of a film, and answer where they are as JSON and nothing else."""

TASK = """\
Detect the bounding boxes of these figures in the picture:
{figures}

- One box for each figure, around all of it that is to be seen. No two boxes hold the same figure.
- Only figures that you see for certain. When none of them is in the picture, answer [].
- At most {most} boxes.

{form}"""

FORM = """\
Answer with one JSON array and nothing else, in exactly this form:
[{"label": "a figure of the list above, word by word", "bbox": [left, top, right, bottom]}]
The four numbers are thousandths of the picture's width and height, from 0 to 1000."""

REPAIR = """\
That answer cannot be used: {fault}.

Look at the picture again. {form}"""


@dataclass(frozen=True)
class GroundingFinder:
    """A Finder that asks a model once for each frame, and a second time after a faulty answer."""

    model: CaptionModel
    settings: GroundingFinderSettings

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """See `Finder.find`. It raises no AnswerRefused: such a frame has `unusable`."""
        try:
            boxes, fault = self._ask(self._picture(pixels))
        except AnswerRefused as refusal:
            boxes, fault = None, str(refusal)
        if boxes is None:
            return FrameDetections((), f"no usable answer: {fault}", unusable=fault)
        return self._checked(boxes, pixels, picture)

    def _picture(self, pixels: Pixels) -> Picture:
        limits = self.model.picture_limits
        side = min(LONGEST_SIDE, limits.longest_side)
        return Picture(format="jpeg", data=encode_for_service(pixels, side, limits.size_bytes))

    def _ask(self, picture: Picture) -> tuple[tuple[AnsweredBox, ...] | None, str]:
        """The boxes and no fault, or None and the fault of the second answer."""
        figures = "\n".join(f"- {words}" for words in self.settings.look_for)
        task = TASK.format(figures=figures, most=MOST_BOXES, form=FORM)
        return ask_for(
            self.model,
            Turn(role="user", text=task, picture=picture),
            SYSTEM,
            self._read,
            lambda fault: REPAIR.format(fault=fault, form=FORM),
        )

    def _read(self, answer: str) -> tuple[tuple[AnsweredBox, ...] | None, str]:
        """See `boxes_in`; boxes of nothing but other things are a fault too."""
        boxes, fault = boxes_in(answer)
        if boxes and not any(self._asked_for(box) for box in boxes):
            return None, f'"label" {shown(boxes[0].label)} is none of the figures asked for'
        return boxes, fault

    def _asked_for(self, box: AnsweredBox) -> str | None:
        """The settings' words for what a box is of; None for anything else."""
        label = same_name(box.label)
        return next((words for words in self.settings.look_for if same_name(words) == label), None)

    def _checked(
        self, boxes: Sequence[AnsweredBox], pixels: Pixels, picture: Box
    ) -> FrameDetections:
        """The boxes of figures that were asked for, without those that hold nothing."""
        height, width = pixels.shape[:2]
        found: list[Detection] = []
        refused: list[RefusedBox] = []
        for answered in boxes:
            box = instance_box(_fractions(answered), (width, height))
            if box is None:  # under a pixel
                continue
            label, inside = self._asked_for(answered), intersection(box, picture)
            reason = why_no_figure(pixels, box, picture) if label else "not asked for"
            if reason or label is None or inside is None:
                refused.append(RefusedBox(inside or box, f"{label or answered.label}: {reason}"))
            else:
                found.append(Detection(box=inside, label=label, confidence=CONFIDENCE))
        return FrameDetections(unique_detections(found), _in_words(boxes), tuple(refused))


def _fractions(box: AnsweredBox) -> Instance:
    return Instance(
        left=box.left / FULL,
        top=box.top / FULL,
        width=(box.right - box.left) / FULL,
        height=(box.bottom - box.top) / FULL,
        confidence=CONFIDENCE,
    )


def _in_words(boxes: Sequence[AnsweredBox]) -> str:
    return ", ".join(sorted({box.label for box in boxes})[:MOST_BOXES]) or "nothing"
