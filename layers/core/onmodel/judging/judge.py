"""Judges the pictures of a take: five numbers for each arm, never one total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Interval, JudgedNumber, JudgedPicture, Judgement, Structure
from onmodel.contracts.questions import PictureAnswers
from onmodel.formats.wording import listed
from onmodel.judging.advice import ByScene, advise
from onmodel.judging.cast import Cast, agreement, bleed, find_cast
from onmodel.judging.copies import copy_threshold, is_copy
from onmodel.judging.diversity import mean_difference, vendi_score
from onmodel.judging.identity import PicturesOfCharacter, Scale, scales
from onmodel.judging.intervals import interval_over_scenes
from onmodel.judging.questions import counted
from onmodel.judging.words import false_yes_words, is_reliable


@dataclass(frozen=True, eq=False)
class Drawn:
    """One drawn picture, and what was measured of it alone.

    Attributes:
        key: of the picture.
        scene: number of its scene in the storyboard.
        arm: how it was drawn.
        expected: who should be in it, slugs.
        vector: `(d,)` of the whole picture.
        figures: vectors of the figures found in it; None when they were not looked for.
        nearest_crop: the training picture that it resembles most.
        nearest_similarity: its cosine to it.
        structure: compared with it.
        answers: to the questions about its scene; None when none was asked.
    """

    key: str
    scene: int
    arm: Arm
    expected: Sequence[str]
    vector: Vector
    figures: Sequence[Vector] | None = None
    nearest_crop: str | None = None
    nearest_similarity: float | None = None
    structure: Structure | None = None
    answers: PictureAnswers | None = None


@dataclass(frozen=True, eq=False)
class Known:
    """The dataset that pictures are compared with: `vectors[i]` is of `items[i]`."""

    items: Sequence[DatasetItem]
    vectors: Vectors
    names: Mapping[str, str]

    @cached_property
    def scales(self) -> tuple[dict[str, Scale], dict[str, str]]:
        """By slug; and why others have none."""
        named = sorted({item.character for item in self.items if item.character})
        return scales({name: self._pictures(name) for name in named})

    @cached_property
    def seen_by(self) -> dict[str, Scale]:
        """By slug, scales of all pictures, to recognise figures; nothing needs to be held out."""
        named = sorted({item.character for item in self.items if item.character})
        found, _ = scales({name: self._pictures(name, every=True) for name in named})
        return found

    @cached_property
    def copy_threshold(self) -> float | None:
        own = np.array([item.split == Split.TRAINING for item in self.items], bool)
        shots = [_shot(item) for item, trained in zip(self.items, own, strict=True) if trained]
        return copy_threshold(self.vectors[own], shots)

    def _pictures(self, character: str, *, every: bool = False) -> PicturesOfCharacter:
        """Those that show the character alone."""
        rows = [
            place
            for place, item in enumerate(self.items)
            if item.character == character and not item.is_group
        ]
        return PicturesOfCharacter(
            vectors=self.vectors[rows],
            shots=[_shot(self.items[row]) for row in rows],
            held_out=np.array(
                [every or self.items[row].split == Split.VALIDATION for row in rows], bool
            ),
        )

    def name(self, slug: str) -> str:
        return self.names.get(slug, slug)


def _shot(item: DatasetItem) -> tuple[str, int]:
    return item.film_id, item.shot


def judge_pictures(pictures: Sequence[Drawn], known: Known, why_not_asked: str = "") -> Judgement:
    """The numbers of every arm that was drawn, with intervals over scenes, and advice.

    Args:
        pictures: all pictures of the take.
        known: the dataset; its vectors and those of the pictures are of one embedding model.
        why_not_asked: why no questions were asked; '' when there were some.
    """
    _, why_not = known.scales
    seen = known.seen_by
    casts = {
        p.key: find_cast(p.figures, seen)
        for p in pictures
        if p.figures is not None and seen.keys() >= set(p.expected)  # else nobody can be missed
    }
    judged = {picture.key: _judged(picture, known, casts) for picture in pictures}
    arms = list(dict.fromkeys(picture.arm for picture in pictures))
    of_arm = {arm: [p for p in pictures if p.arm == arm] for arm in arms}
    identity = {arm: _identity(of_arm[arm], judged) for arm in arms}
    cast = {arm: _cast(of_arm[arm], judged) for arm in arms}
    controls = {arm: said for arm in arms if (said := _controls(of_arm[arm]))}
    prompt = {arm: _shares(of_arm[arm], judged) for arm in arms if is_reliable(controls.get(arm))}
    numbers = [
        number
        for arm in arms
        for number in (
            _number("identity", arm, interval_over_scenes(identity[arm]), _why(why_not, known)),
            _prompt(arm, of_arm[arm], judged, why_not_asked),
            _copy(arm, of_arm[arm], judged, known),
            _diversity(arm, of_arm),
            _number("cast", arm, interval_over_scenes(cast[arm]), _no_cast(of_arm[arm], known)),
        )
    ]
    return Judgement(
        numbers=tuple(numbers),
        pictures=tuple(judged.values()),
        advice=advise(identity, {"cast": cast, "prompt": prompt}),
        bleed={
            arm: rows
            for arm in arms
            if (rows := bleed((p.expected, casts[p.key]) for p in of_arm[arm] if p.key in casts))
        },
        vendi={arm: v for arm in arms if (v := _vendi(of_arm[arm])) is not None},
        false_yes={arm: float(np.mean(said)) for arm, said in controls.items()},
        copy_threshold=known.copy_threshold,
        notices=tuple(f"{known.name(slug)} {why}" for slug, why in why_not.items()),
    )


def _judged(picture: Drawn, known: Known, casts: Mapping[str, Cast]) -> JudgedPicture:
    found, _ = known.scales
    asked = picture.answers.questions if picture.answers else ()
    right = counted(asked)
    cast = casts.get(picture.key)
    shown = picture.figures or [picture.vector]
    copied = picture.nearest_similarity is not None and is_copy(
        picture.nearest_similarity, known.copy_threshold, picture.structure
    )
    return JudgedPicture(
        key=picture.key,
        identity={
            slug: max(found[slug].of(vector) for vector in shown)
            for slug in picture.expected
            if slug in found
        },
        copy_of=picture.nearest_crop if copied else None,
        nearest_crop=picture.nearest_crop,
        missing=tuple(sorted(set(picture.expected) - cast.present)) if cast else (),
        surplus=tuple(sorted(cast.present - set(picture.expected))) if cast else (),
        strangers=cast.strangers if cast else 0,
        cast=agreement(picture.expected, cast) if cast else None,
        prompt=float(np.mean(list(right.values()))) if right else None,
        not_shown=tuple(
            answered.question.text
            for answered in asked
            if not right.get(answered.question.number, True)
            and all(right.get(parent, True) for parent in answered.question.parents)
        ),
        not_answered=len(asked) - len(right),
    )


def _identity(pictures: Iterable[Drawn], judged: Mapping[str, JudgedPicture]) -> ByScene:
    values: dict[int, list[float]] = {}
    for picture in pictures:
        values.setdefault(picture.scene, []).extend(judged[picture.key].identity.values())
    return {scene: of_scene for scene, of_scene in values.items() if of_scene}


def _cast(pictures: Iterable[Drawn], judged: Mapping[str, JudgedPicture]) -> ByScene:
    values: dict[int, list[float]] = {}
    for picture in pictures:
        if (cast := judged[picture.key].cast) is not None:
            values.setdefault(picture.scene, []).append(cast)
    return values


def _number(number: str, arm: Arm, interval: Interval | None, why_not: str) -> JudgedNumber:
    return JudgedNumber.model_validate(
        {
            "number": number,
            "arm": arm,
            "interval": interval,
            "why_not": "" if interval else why_not,
        }
    )


def _why(why_not: Mapping[str, str], known: Known) -> str:
    if not why_not:
        return "no scene names a character of the dataset"
    return "; ".join(f"{known.name(slug)} {why}" for slug, why in why_not.items())


def _no_cast(pictures: Sequence[Drawn], known: Known) -> str:
    if all(picture.figures is None for picture in pictures):
        return "figures were not looked for in these pictures"
    unseen = {slug for picture in pictures for slug in picture.expected} - known.seen_by.keys()
    return f"{listed(sorted(map(known.name, unseen)))} cannot be told from the other characters"


def _shares(pictures: Iterable[Drawn], judged: Mapping[str, JudgedPicture]) -> ByScene:
    values: dict[int, list[float]] = {}
    for picture in pictures:
        if (share := judged[picture.key].prompt) is not None:
            values.setdefault(picture.scene, []).append(share)
    return values


def _prompt(
    arm: Arm, pictures: Sequence[Drawn], judged: Mapping[str, JudgedPicture], why_not_asked: str
) -> JudgedNumber:
    faults = [picture.answers.fault for picture in pictures if picture.answers]
    why = why_not_asked or "there is no question about these scenes"
    if faults:
        said = next(filter(None, faults), "")
        why = "no question was answered with yes or no" + (f" ({said})" if said else "")
    number = _number("prompt", arm, interval_over_scenes(_shares(pictures, judged)), why)
    left = sum(judged[picture.key].not_answered for picture in pictures)
    beside = false_yes_words(_controls(pictures), left) if number.interval else ""
    return number.model_copy(update={"beside": beside})


def _copy(
    arm: Arm, pictures: Sequence[Drawn], judged: Mapping[str, JudgedPicture], known: Known
) -> JudgedNumber:
    if known.copy_threshold is None:
        why = "the dataset has too few pictures, or pictures of one shot only"
        return JudgedNumber(number="copy", arm=arm, why_not=why)
    values: dict[int, list[float]] = {}
    for picture in pictures:
        if picture.structure is not None:
            copied = judged[picture.key].copy_of is not None
            values.setdefault(picture.scene, []).append(float(copied))
    why = "no picture was compared with the training pictures"
    return _number("copy", arm, interval_over_scenes(values), why)


def _diversity(arm: Arm, of_arm: Mapping[Arm, Sequence[Drawn]]) -> JudgedNumber:
    if "base" not in of_arm:
        why = "the untrained model drew no pictures to compare with"
        return JudgedNumber(number="diversity", arm=arm, why_not=why)
    ours, base = _differences(of_arm[arm]), _differences(of_arm["base"])
    ratios = {
        scene: [value / base[scene]] for scene, value in ours.items() if base.get(scene, 0) > 0
    }
    why = "no scene has two pictures of both models: raise `images` to 2 or more"
    return _number("diversity", arm, interval_over_scenes(ratios), why)


def _differences(pictures: Sequence[Drawn]) -> dict[int, float]:
    found = {scene: mean_difference(rows) for scene, rows in _by_scene(pictures).items()}
    return {scene: value for scene, value in found.items() if value is not None}


def _vendi(pictures: Sequence[Drawn]) -> float | None:
    found = [vendi_score(rows) for rows in _by_scene(pictures).values()]
    values = [value for value in found if value is not None]
    return float(np.mean(values)) if values else None


def _controls(pictures: Sequence[Drawn]) -> list[bool]:
    """Of each answered question whose right answer is no, whether the answer was yes."""
    said = [picture.answers.control_answer for picture in pictures if picture.answers]
    return [answer == "yes" for answer in said if answer is not None]


def _by_scene(pictures: Sequence[Drawn]) -> dict[int, Vectors]:
    grouped: dict[int, list[Vector]] = {}
    for picture in pictures:
        grouped.setdefault(picture.scene, []).append(picture.vector)
    return {scene: np.stack(rows) for scene, rows in grouped.items()}
