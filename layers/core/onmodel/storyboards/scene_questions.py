"""Yes/no questions about a scene: who should be there by rules, everything else by a model.

The model is asked once for each scene, without a picture. A faulty answer is asked for once more,
with its fault named; after a second one only the questions about characters are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.characters import Character
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.models import Turn
from onmodel.contracts.questions import (
    MOST_QUESTIONS,
    SceneQuestion,
    SceneQuestions,
    StoryboardQuestions,
)
from onmodel.errors import AnswerRefused, NotFound
from onmodel.formats.question_answer import questions_in
from onmodel.formats.repaired_answer import ask_for
from onmodel.ports.models import CaptionModel
from onmodel.ports.storage import ObjectStore

NOT_ASKED = "no questions were asked about these pictures"

SYSTEM = """\
You write yes/no questions that tell whether a picture shows a scene, as JSON and nothing else."""

TASK = """\
A picture was drawn for this scene:
{scene}
{asked}
Write the questions by which somebody who sees only the picture can tell what of the scene it shows.

- The right answer to each is yes when the picture shows the scene.
- Each asks for one fact that can be seen: a thing, a place, what somebody does, a detail.
- First ask whether something is there, then what it is like. "parents" lists the numbers of the
  questions before it that must be answered yes for this one to have a meaning, or is [].
- Nothing that the scene does not say, and no question twice.
- Whoever answers knows a character by its name only where a question above describes it.
- At most {most} questions, numbered from {first}.

{form}"""

ASKED = """
These questions are asked already. They may be parents:
{questions}
"""

FORM = """\
Answer with one JSON array and nothing else, in exactly this form:
[{"number": 1, "question": "Is there a flute in the picture?", "kind": "thing", \
"about": "a flute", "parents": []}]
"kind" is "thing" (an object, a plant or an animal), "place", "action", "detail" or "figure" (a \
character). "about" names the thing, and is "" for another kind."""

REPAIR = """\
That answer cannot be used: {fault}.

{form}"""


@dataclass(frozen=True)
class QuestionWriter:
    """Writes the questions of scenes. `model` caches its answers by content."""

    model: CaptionModel

    def write(self, number: int, text: str, characters: Sequence[Character]) -> SceneQuestions:
        """The questions of one scene.

        Args:
            number: of the scene.
            text: of the scene.
            characters: who should be in it.

        Raises:
            Throttled, ServiceUnavailable, AccessDenied: from the service.
        """
        asked = figure_questions(characters)
        first = len(asked) + 1
        listed = "\n".join(f"{question.number}. {question.text}" for question in asked)
        task = TASK.format(
            scene=" ".join(text.split()),
            asked=ASKED.format(questions=listed) if asked else "",
            most=MOST_QUESTIONS,
            first=first,
            form=FORM,
        )
        try:
            written, fault = ask_for(
                self.model,
                Turn(role="user", text=task),
                SYSTEM,
                lambda answer: questions_in(answer, first),
                lambda fault: REPAIR.format(fault=fault, form=FORM),
            )
        except AnswerRefused as refusal:
            written, fault = None, str(refusal)
        return SceneQuestions(scene=number, questions=(*asked, *(written or ())), fault=fault)


def read_questions(studio: ObjectStore, keys: StoryboardKeys) -> StoryboardQuestions:
    """The questions of a take; none for one of before, or whose questions could not be written."""
    try:
        return StoryboardQuestions.from_stored(studio.get(keys.questions))
    except NotFound:
        return StoryboardQuestions(why_none=NOT_ASKED)


def figure_questions(characters: Sequence[Character]) -> tuple[SceneQuestion, ...]:
    """One question for each character that settings describe, and one for how many there are.

    Who sees only the picture cannot know a character by its name.
    """
    texts = [
        f"Is this figure in the picture: {character.name}, {_clause(character.description)}?"
        for character in characters
        if character.description.strip()
    ]
    if len(texts) < len(characters):
        least = "a figure" if len(characters) == 1 else f"at least {len(characters)} figures"
        texts.append(f"Can you see {least} (people, animals or drawn characters)?")
    return tuple(
        SceneQuestion(number=number, text=text, kind="figure")
        for number, text in enumerate(texts, 1)
    )


def _clause(description: str) -> str:
    return " ".join(description.split()).rstrip(".!?")
