"""What judging drawn pictures costs: each is embedded and looked at, and so are its figures."""

from __future__ import annotations

from collections.abc import Sequence

from onmodel.contracts.base import Usage
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import Work, WorkPart
from onmodel.money.finder_usage import finding_usage


def pictures_of(storyboard: Storyboard) -> int:
    """How many pictures a storyboard has, of all its arms and takes."""
    of_an_arm = len(storyboard.scenes) * storyboard.takes * storyboard.images
    return of_an_arm * len(storyboard.arms)


def judging_usage(storyboard: Storyboard, settings: Settings) -> tuple[Usage, ...]:
    """At most: every picture has as many figures as are taken of one."""
    pictures = pictures_of(storyboard)
    embeddings = pictures * (1 + settings.finder.max_figures)
    return (
        *finding_usage(settings.finder, pictures),
        Usage(item=f"bedrock.{settings.embedding.model}", paid=embeddings),
    )


def judging_part(usage: Sequence[Usage]) -> tuple[WorkPart, ...]:
    """The part of a quote; none for plans that were made before pictures were judged."""
    return (WorkPart(name="judging", work=Work(usage=tuple(usage))),) if usage else ()
