"""Asks a model the questions of a scene about a picture: one call with all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.models import Picture, Turn
from onmodel.contracts.panels import PlannedPanel
from onmodel.contracts.questions import AnsweredQuestion, PictureAnswers, SceneQuestion, YesOrNo
from onmodel.errors import AnswerRefused
from onmodel.formats.question_answer import answers_in
from onmodel.formats.repaired_answer import ask_for
from onmodel.judging.questions import control_question, place_of_control
from onmodel.ports.models import CaptionModel
from onmodel.vision.encoding import encode_for_service

LONGEST_SIDE = 1024
"""Pixels of the picture that is sent. A larger one costs more tokens."""

SYSTEM = """\
You look at one picture and answer questions about it with yes or no, as JSON and nothing else."""

TASK = """\
Answer each of these questions about the picture:
{questions}

- Yes only for what you see in this picture, not for what would fit it.
- Every question has an answer, yes or no.

{form}"""

FORM = """\
Answer with one JSON object and nothing else: the number of each question, and "yes" or "no", in \
exactly this form:
{"1": "yes", "2": "no"}"""

REPAIR = """\
That answer cannot be used: {fault}.

Look at the picture again. {form}"""


@dataclass(frozen=True)
class PictureQuestions:
    """The questions that are asked about every picture of one panel.

    Attributes:
        model: that answers; it caches its answers by content.
        questions: of the scene.
        control: a question whose right answer is no; '' for none.
        place: before which question the control stands, from 0.
    """

    model: CaptionModel
    questions: Sequence[SceneQuestion]
    control: str
    place: int

    @classmethod
    def of_panel(
        cls,
        model: CaptionModel,
        planned: PlannedPanel,
        by_scene: Mapping[int, Sequence[SceneQuestion]],
    ) -> PictureQuestions | None:
        """None for a scene without a question.

        All arms of a scene have the same seed, and so the same control.

        Args:
            model: that answers.
            planned: the panel.
            by_scene: the questions of all scenes, by number.
        """
        scene, request = planned.number, planned.request
        questions = by_scene.get(scene, ())
        if not questions:
            return None
        return cls(
            model=model,
            questions=questions,
            control=control_question(scene, request.text, by_scene, request.seed),
            place=place_of_control(scene, request.seed, len(questions)),
        )

    def ask(self, pixels: Pixels) -> PictureAnswers:
        """What the model answers about a picture; None for each answer that cannot be used.

        Args:
            pixels: `(height, width, 3)` uint8, BGR.

        Raises:
            Throttled, ServiceUnavailable, AccessDenied: from the service.
        """
        try:
            answers, fault = self._answers(self._picture(pixels))
        except AnswerRefused as refusal:
            answers, fault = {}, str(refusal)
        numbers = [number for number in range(1, len(self._texts) + 1) if number != self._control]
        return PictureAnswers(
            questions=tuple(
                AnsweredQuestion(question=question, answer=answers.get(number))
                for number, question in zip(numbers, self.questions, strict=True)
            ),
            control=self.control,
            control_answer=answers.get(self._control),
            fault=fault,
        )

    @property
    def _texts(self) -> list[str]:
        """All questions in the order in which they are asked."""
        texts = [question.text for question in self.questions]
        return [*texts[: self.place], *([self.control] if self.control else []),
                *texts[self.place :]]  # fmt: skip

    @property
    def _control(self) -> int:
        """The control's number as it is asked; 0 without one."""
        return self.place + 1 if self.control else 0

    def _picture(self, pixels: Pixels) -> Picture:
        limits = self.model.picture_limits
        side = min(LONGEST_SIDE, limits.longest_side)
        return Picture(format="jpeg", data=encode_for_service(pixels, side, limits.size_bytes))

    def _answers(self, picture: Picture) -> tuple[dict[int, YesOrNo | None], str]:
        texts = self._texts
        listed = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
        turn = Turn(role="user", text=TASK.format(questions=listed, form=FORM), picture=picture)
        answers, fault = ask_for(
            self.model,
            turn,
            SYSTEM,
            lambda text: answers_in(text, range(1, len(texts) + 1)),
            lambda fault: REPAIR.format(fault=fault, form=FORM),
        )
        return answers or {}, fault
