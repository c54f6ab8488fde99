from __future__ import annotations

from itertools import product

import pytest

from onmodel.contracts.characters import Character
from onmodel.datasets.caption_check import CaptionText, compare_captions
from onmodel_local.standins.nova_captions import caption
from onmodel_local.vision.describing import Description

MEADOW = Description(
    light="bright", above="light blue", below="green", texture="softly", heavier_side="the left"
)


def said(number: int, described: Description = MEADOW, *, is_again: bool = False) -> str:
    return caption(described, "Buck B", ["Rinky"], str(number).encode(), is_again=is_again)


def test_caption_when_asked_twice_for_one_picture_then_the_same_words() -> None:
    assert said(1) == said(1)


@pytest.mark.parametrize("number", range(20))
def test_caption_when_others_are_beside_then_it_has_all_names_and_the_surroundings_colours(
    number: int,
) -> None:
    text = said(number)
    for word in ("buck b", "rinky", "light blue", "green"):
        assert word in text.casefold()
    assert text[0].isupper() and text.endswith(".")


def test_caption_when_many_pictures_measure_alike_then_no_phrase_is_in_most_of_their_captions() -> (
    None
):
    cast = {name: Character(name=name.title()) for name in ("buck", "rinky")}
    plain = MEADOW._replace(above="blue")
    texts = [
        CaptionText(caption(plain, role.name, [], f"{slug}{n}".encode(), is_again=False), slug)
        for (slug, role), n in product(cast.items(), range(60))
    ]
    checked = compare_captions(texts, cast)
    assert checked.scores.captions == 120
    assert checked.scores.faulty == 0


def test_caption_when_it_is_asked_for_again_then_in_other_words() -> None:
    for number in range(20):
        first, second = (said(number, is_again=again).split() for again in (False, True))
        pairs = [set(zip(words, words[1:], words[2:], strict=False)) for words in (first, second)]
        assert not pairs[0] & pairs[1], number
