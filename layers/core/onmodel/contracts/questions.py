"""Contracts of the yes/no questions about a scene, and of a model's answers about a picture."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Contract, Usage

QuestionKind = Literal["figure", "thing", "place", "action", "detail"]
"""`figure`: a character; `thing`: an object, a plant or an animal; `place`: where it is; `action`:
what somebody does; `detail`: what somebody or something is like, how many, where in the picture."""

MOST_QUESTIONS = 10
"""That a model writes of one scene. More cost tokens for each picture, and repeat each other."""

LONGEST_QUESTION = 200  # characters


class SceneQuestion(Contract):
    """A question whose right answer is yes in a picture that shows its scene."""

    number: int = Field(ge=1, description="its place among the questions of the scene")
    text: str = Field(min_length=1)
    kind: QuestionKind
    about: str = Field(default="", description="of a thing: its name, such as `a flute`")
    parents: tuple[int, ...] = Field(
        default=(), description="questions before it, without whose yes it has no meaning"
    )


class SceneQuestions(Contract):
    """The questions of one scene; `fault` says why a model wrote none of them."""

    scene: int = Field(ge=1)
    questions: tuple[SceneQuestion, ...] = ()
    fault: str = ""


class StoryboardQuestions(Contract):
    """questions.json of a take."""

    scenes: tuple[SceneQuestions, ...] = ()
    why_none: str = Field(default="", description="why no question is asked; or empty")
    usage: tuple[Usage, ...] = ()

    @property
    def by_scene(self) -> dict[int, tuple[SceneQuestion, ...]]:
        return {scene.scene: scene.questions for scene in self.scenes}


YesOrNo = Literal["yes", "no"]


class AnsweredQuestion(Contract):
    """An answer about a picture; None when it was neither yes nor no."""

    question: SceneQuestion
    answer: YesOrNo | None


class PictureAnswers(Contract):
    """What a model answered about one picture."""

    questions: tuple[AnsweredQuestion, ...]
    control: str = Field(description="a question whose right answer is no; '': none")
    control_answer: YesOrNo | None
    fault: str = Field(default="", description="why no answer could be used; or empty")
