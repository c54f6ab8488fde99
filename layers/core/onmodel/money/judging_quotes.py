"""What judging drawn pictures costs: each is embedded, looked at and asked about."""

from __future__ import annotations

from collections.abc import Sequence

from onmodel.contracts.base import Usage
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import Work, WorkPart
from onmodel.money.finder_usage import finding_usage
from onmodel.money.usage import token_usage

WRITING_TOKENS_IN, WRITING_TOKENS_OUT = 900, 800
"""Of the questions of one scene: the task with a long scene, and ten long questions."""

ASKING_TOKENS_IN, ASKING_TOKENS_OUT = 2700, 100
"""Of one picture: it is 1,500 to 2,000, a dozen questions about 500, and their answers."""

REPAIRS = 0.1
"""Share of answers asked for a second time."""


def pictures_of(storyboard: Storyboard) -> int:
    """How many pictures a storyboard has, of all its arms and takes."""
    of_an_arm = len(storyboard.scenes) * storyboard.takes * storyboard.images
    return of_an_arm * len(storyboard.arms)


def judging_usage(storyboard: Storyboard, settings: Settings) -> tuple[Usage, ...]:
    """At most: every picture has as many figures as are taken of one, every scene its questions."""
    pictures = pictures_of(storyboard)
    embeddings = pictures * (1 + settings.finder.max_figures)
    return (
        *finding_usage(settings.finder.of_pictures, pictures),
        Usage(item=f"bedrock.{settings.embedding.model}", paid=embeddings),
        *(questions_usage(storyboard, settings) if settings.storyboard.questions else ()),
    )


def questions_usage(storyboard: Storyboard, settings: Settings) -> tuple[Usage, ...]:
    """Questions are written once for each scene, and asked in one call for each picture."""
    written = len(storyboard.scenes) * (1 + REPAIRS)
    asked = pictures_of(storyboard) * (1 + REPAIRS)
    return token_usage(
        settings.captions.model,
        round(written * WRITING_TOKENS_IN + asked * ASKING_TOKENS_IN),
        round(written * WRITING_TOKENS_OUT + asked * ASKING_TOKENS_OUT),
    )


def judging_part(usage: Sequence[Usage]) -> tuple[WorkPart, ...]:
    """The part of a quote; none for plans that were made before pictures were judged."""
    return (WorkPart(name="judging", work=Work(usage=tuple(usage))),) if usage else ()
