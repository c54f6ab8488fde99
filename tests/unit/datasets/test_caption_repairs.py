"""The check and the one repair pass on sets of 100 captions with planted faults.

docs/captions.md has the figures of these sets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.caption_checks import CaptionCheck, CaptionFaultKind
from onmodel.contracts.captions import BY_A_PERSON, Caption, CaptionAnswer
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.settings import CaptionSettings
from onmodel.datasets.caption_repairs import CaptionSet, stripped_caption
from onmodel.trainers.bedrock.limits import LIMITS as TRAINER_LIMITS

LIMITS = TRAINER_LIMITS.dataset
CAST = {
    "buck": Character(name="Buck", description="a big grey rabbit with round cheeks"),
    "frank": Character(name="Frank", description="a flying squirrel"),
}
ACTS = ("jumps over", "looks at", "sleeps near", "runs past", "sits on", "points at", "lifts")
THINGS = ("hills", "stones", "moonlight", "fences", "leaves", "logs", "mushrooms", "water")
HOW = ("slowly", "again", "smiling", "yawning", "alone", "backwards")
NAME, TRAIT = CaptionFaultKind.NAME, CaptionFaultKind.TRAIT
FIGURE, SHARED = CaptionFaultKind.FIGURE, CaptionFaultKind.SHARED


def good(number: int, who: str) -> str:
    act, thing, how = ACTS[number % 7], THINGS[number % 8], HOW[number % 6]
    return f"{who} {act} {thing}, {how}."


@dataclass(frozen=True)
class Planted:
    """100 pictures, Buck's and Frank's in turn, and what a captioner wrote of them."""

    items: list[DatasetItem]
    captions: dict[str, Caption]

    def set_of(self, captions: dict[str, Caption] | None = None) -> CaptionSet:
        return CaptionSet(self.items, captions or self.captions, CAST)


def planted(texts: dict[int, str] | None = None, *, together: int = 0) -> Planted:
    """Good captions but those of `texts`; the last `together` pictures show both characters."""
    changed = texts or {}
    items = [
        DatasetItem(
            crop_id=f"{number:03d}", film_id="film-1", character=("buck", "frank")[number % 2],
            timecode_seconds=number,
            shot=number, box=Box(left=0, top=0, width=9, height=9), width=512, height=512,
            quality=1, key="k.jpg",
            beside=("frank", "buck")[number % 2 :][:1] if number >= 100 - together else (),
        )
        for number in range(100)
    ]  # fmt: skip
    captions = {
        item.crop_id: Caption(
            crop_id=item.crop_id,
            text=changed.get(number, good(number, ("Buck", "Frank")[number % 2])),
            model="m",
        )
        for number, item in enumerate(items)
    }
    return Planted(items, captions)


def one_pass(made: Planted, percent: int = 30) -> tuple[CaptionCheck, set[str]]:
    """Strip, ask again a captioner that does as it is told, and score; with who was asked."""
    captions = {
        crop: stripped_caption(caption, CAST, LIMITS) for crop, caption in made.captions.items()
    }
    most = CaptionSettings(asked_again_percent=percent).most_asked_again(len(captions))
    answers = {
        crop: CaptionAnswer(crop_id=crop, caption=caption) for crop, caption in captions.items()
    }
    again = made.set_of(captions).to_ask_again(0, most)
    for item, _ in again:
        number, before = int(item.crop_id), captions[item.crop_id]
        text = good(number, " and ".join(("Buck", "Frank")[:: 1 - 2 * (number % 2)]))
        told = Caption(
            crop_id=item.crop_id, text=text, model="m", repaired=True,
            first=before.first or before.text,
        )  # fmt: skip
        captions[item.crop_id] = told
        answers[item.crop_id] = CaptionAnswer(crop_id=item.crop_id, caption=told, asked_again=True)
    return made.set_of(captions).result(answers), {item.crop_id for item, _ in again}


def faults_of_every_kind() -> Planted:
    """45 of 100: 8 wrong names, 4 without one, 10 introduced, 5 with an empty opening, 16 times
    grey fur, and 2 that name one of the two who are seen."""
    texts = {number: good(number, "Frank") for number in range(0, 16, 2)}
    texts |= {number: good(number, "A squirrel") for number in range(1, 9, 2)}
    texts |= {number: good(number, "A cartoon rabbit named Buck") for number in range(16, 26, 2)}
    texts |= {number: good(number, "The big-eyed Frank") for number in range(9, 19, 2)}
    texts |= {number: f"In this scene, {good(number, 'Frank')}" for number in range(19, 29, 2)}
    texts |= {number: good(number, "Buck, his grey fur wet,") for number in range(26, 58, 2)}
    return planted(texts, together=2)


def test_pass_when_45_of_100_have_faults_then_all_are_found_and_put_right() -> None:
    check, asked = one_pass(faults_of_every_kind())
    assert (check.before.captions, check.before.faulty) == (100, 45)
    assert check.before.faults == {NAME: 12, TRAIT: 26, FIGURE: 2, SHARED: 5}
    assert check.after.faulty == 0
    assert (check.stripped, check.asked_again, check.changed_by_asking) == (15, 30, 30)
    assert len(asked) == 30


def test_pass_when_nothing_may_be_asked_then_rules_alone() -> None:
    check, asked = one_pass(faults_of_every_kind(), percent=0)
    assert (check.stripped, check.asked_again, asked) == (15, 0, set())
    assert (check.before.faulty, check.after.faulty) == (45, 30)


def test_pass_when_fewer_may_be_asked_than_have_faults_then_wrong_names_first() -> None:
    made = faults_of_every_kind()
    check, asked = one_pass(made, percent=12)
    assert asked == {f"{number:03d}" for number in (*range(0, 16, 2), *range(1, 9, 2))}
    assert check.after.faults == {TRAIT: 16, FIGURE: 2}


def test_pass_when_all_captions_begin_alike_then_most_no_longer_do() -> None:
    texts = {n: f"On a bright meadow {good(n, ('Buck', 'Frank')[n % 2])}" for n in range(90)}
    check, _ = one_pass(planted(texts))
    assert (check.before.faulty, check.before.phrases[0].text) == (90, "on a bright meadow")
    assert (check.asked_again, check.after.faulty, check.after.phrases) == (30, 0, ())


def test_ask_again_when_all_have_one_fault_then_each_character_has_its_share() -> None:
    who = {number: ("Buck", "Frank")[number % 2] for number in range(100)}
    made = planted({n: f"On a bright meadow {good(n, name)}" for n, name in who.items()})
    by_time = sorted(made.items, key=lambda item: (item.character or "", item.crop_id))
    unlike = [by_time[n].model_copy(update={"crop_id": f"{n:03d}"}) for n in range(100)]
    captions = {
        item.crop_id: made.captions[f"{2 * n if n < 50 else 2 * (n - 50) + 1:03d}"]
        for n, item in enumerate(unlike)
    }
    again = CaptionSet(unlike, captions, CAST).to_ask_again(0, 30)
    assert Counter(item.character for item, _ in again) == {"buck": 15, "frank": 15}


def test_pass_when_captions_are_good_then_nothing_is_changed_or_asked() -> None:
    made = planted()
    check, asked = one_pass(made)
    assert (check.before.faulty, check.stripped, check.asked_again, asked) == (0, 0, 0, set())


def test_pass_when_a_person_wrote_a_caption_then_it_is_scored_and_stays() -> None:
    made = planted({0: "A cartoon rabbit named Buck sleeps.", 2: good(2, "Frank")})
    by_hand = made.captions | {
        crop: made.captions[crop].model_copy(update={"model": BY_A_PERSON})
        for crop in ("000", "002")
    }
    check, asked = one_pass(replace(made, captions=by_hand))
    assert (check.before.faulty, check.after.faulty, check.stripped, asked) == (2, 2, 0, set())


def test_pass_when_a_picture_was_asked_about_twice_then_not_again() -> None:
    made = planted({0: good(0, "Frank"), 2: good(2, "Frank")})
    made.captions["000"] = made.captions["000"].model_copy(update={"repaired": True})
    assert one_pass(made)[1] == {"002"}


def test_ask_again_when_some_were_asked_before_then_only_the_rest_of_the_price() -> None:
    made = planted({number: good(number, "Frank") for number in range(0, 20, 2)})
    assert len(made.set_of().to_ask_again(asked=0, most=7)) == 7
    assert len(made.set_of().to_ask_again(asked=5, most=7)) == 2
    assert made.set_of().to_ask_again(asked=9, most=7) == []


@pytest.mark.parametrize(
    ("captions", "percent", "most"), [(0, 30, 0), (1, 30, 1), (100, 30, 30), (7, 100, 7), (9, 0, 0)]
)
def test_most_asked_again_when_counted_then_a_share_of_the_new_captions(
    captions: int, percent: int, most: int
) -> None:
    assert CaptionSettings(asked_again_percent=percent).most_asked_again(captions) == most
