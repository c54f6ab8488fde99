"""What human loops of a dataset show, and what the answers to them decide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from onmodel.contracts.captions import Caption
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.human_loops import (
    MOST_PICTURES,
    HumanAnswer,
    LoopCharacter,
    LoopOutput,
    LoopPicture,
)
from onmodel.contracts.keys import digest
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.datasets.corrected import called
from onmodel.errors import AnswerRefused
from onmodel.films.corrections import tidy_caption
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import HUMAN_LOOPS, HumanLoopRow

PREFIX = "onmodel-"
"""Of the names of loops: functions have rights on these."""

LONGEST_DESCRIPTION = 200
"""Characters: each loop repeats the cast."""

VERDICTS = {"keep": Verdict.KEPT, "reject": Verdict.REJECTED}
NOBODY = "-nobody"
"""No slug begins with a hyphen: a character may be called Nobody."""


def loop_name(production: str, approval_id: str, number: int) -> str:
    """At most 62 characters; the same for a repeat of the same review."""
    return f"{PREFIX}{production}-{digest(approval_id)}-{number}"


def production_of_loop(name: str) -> str | None:
    """The production in a loop's name; None when the name is not one of ours."""
    parts = name.removeprefix(PREFIX).rsplit("-", 2)
    return parts[0] if name.startswith(PREFIX) and len(parts) == 3 else None


def loops_of(approval_id: str, production: str, registry: Registry) -> list[HumanLoopRow]:
    """The loops of one review."""
    return [
        row for row in HUMAN_LOOPS.list(registry, production) if row.body.approval_id == approval_id
    ]


def loop_pictures(
    items: Sequence[DatasetItem],
    captions: Sequence[Caption],
    cast: Mapping[str, Character],
    bucket: str,
) -> dict[str, LoopPicture]:
    """The captioned pictures of a dataset in their order, by crop_id."""
    texts = {caption.crop_id: caption.text for caption in captions}
    return {
        item.crop_id: LoopPicture(
            id=item.crop_id,
            picture=f"s3://{bucket}/{item.key}",
            character=item.character or "",
            name=called(item.character, cast),
            caption=texts[item.crop_id],
        )
        for item in items
        if item.crop_id in texts
    }


def parts_of(crop_ids: Sequence[str]) -> list[tuple[str, ...]]:
    """The pictures of each loop."""
    return [
        tuple(crop_ids[start : start + MOST_PICTURES])
        for start in range(0, len(crop_ids), MOST_PICTURES)
    ]


def loop_characters(cast: Mapping[str, Character]) -> tuple[LoopCharacter, ...]:
    return tuple(
        LoopCharacter(slug=slug, name=role.name, description=role.description[:LONGEST_DESCRIPTION])
        for slug, role in sorted(cast.items())
    )


def human_loops_assumption(pictures: int) -> str:
    """What a quote says of them: A2I's prices are not in the price book."""
    loops = math.ceil(pictures / MOST_PICTURES)
    return (
        f"without what Amazon A2I and its work team cost for at most {pictures:,} pictures in"
        f" {loops:,} human loops: AWS's price for them is not known here"
    )


class LoopAnswers(NamedTuple):
    """What a loop decides."""

    decisions: tuple[PostedCorrection, ...]
    shown: int
    """Pictures; about some of them nobody may have answered."""


def answers_of(output: bytes, crop_ids: Iterable[str]) -> LoopAnswers:
    """The decisions in a loop's output.json, for pictures that were nobody's decision before.

    Where several people answered, most of them decide about each field; the first one on a tie.

    Args:
        output: the file.
        crop_ids: of the pictures that the loop showed; others are left out.

    Raises:
        AnswerRefused: the file is not what the worker task template of docs/review-a2i.md makes.
    """
    try:
        answers = _answers(LoopOutput.model_validate_json(output), set(crop_ids))
    except ValidationError as fault:
        raise AnswerRefused(
            f"its output.json cannot be read: {fault.errors()[0]['msg']}"
        ) from fault
    if not answers.decisions:
        raise AnswerRefused("its output.json answers about none of its pictures")
    return answers


def _answers(read: LoopOutput, crop_ids: Collection[str]) -> LoopAnswers:
    known = {character.slug for character in read.content.characters}
    shown = {one.id: one for one in read.content.pictures if one.id in crop_ids}
    found = (_decision(picture, read, known) for picture in shown.values())
    return LoopAnswers(tuple(filter(None, found)), len(shown))


def _decision(picture: LoopPicture, read: LoopOutput, known: set[str]) -> PostedCorrection | None:
    """None when nobody answered about the picture. The form takes no other length of a caption."""
    answers, content = read.answers, read.content
    verdict = VERDICTS.get(_most(f"verdict-{picture.id}", answers))
    if verdict is None:
        return None
    character = _most(f"character-{picture.id}", answers)
    chosen = "" if character == NOBODY else character if character in known else picture.character
    caption = tidy_caption(_most(f"caption-{picture.id}", answers))
    is_right_length = content.shortest_caption <= len(caption) <= content.longest_caption
    return PostedCorrection(
        crop_id=picture.id,
        version=0,  # a decision that a person made meanwhile stands
        verdict=verdict,
        character=None if chosen == picture.character else chosen,
        caption=caption if is_right_length and caption != tidy_caption(picture.caption) else None,
    )


def _most(field: str, answers: Sequence[HumanAnswer]) -> str:
    """What most people answered; '' when nobody did."""
    said = Counter(filter(None, (_text(answer.content.get(field)) for answer in answers)))
    return said.most_common(1)[0][0] if said else ""


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    """A text field is a string; a choice is {"keep": true, "reject": false}."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return next(_chosen(value), "")
    return ""


def _chosen(choice: Mapping[str, Any]) -> Iterator[str]:
    for name, is_on in choice.items():
        if is_on is True or is_on == {"on": True}:
            yield name
