import random

from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.caption_checks import CaptionFaultKind, RepeatedPhrase
from onmodel.contracts.characters import Character
from onmodel.datasets.repeated_phrases import (
    LEAST_CAPTIONS,
    has_phrase,
    phrase_text,
    repeated_phrases,
)

CAST = {
    "buck": Character(name="Buck", description="a big grey rabbit"),
    "frank": Character(name="Frank"),
}
PLACES = ("a hill", "some stones", "the moon", "an old fence", "wet leaves", "two logs")
WORDS = ("the", "grey", "fur", "Buck", "is", "a.", "In", "red")
ACTS = ("jumps over", "looks at", "sleeps near", "runs past", "sits on", "points at")


def plain(number: int, who: str = "Buck") -> str:
    """Captions that have hardly two words in common."""
    return f"{who} {ACTS[number % 6]} {PLACES[number // 6 % 6]}"


def found(captions: list[tuple[str, str | None]]) -> tuple[RepeatedPhrase, ...]:
    names = [character.name for character in CAST.values()]
    return repeated_phrases([phrase_text(text, who, names) for text, who in captions], CAST)


def test_phrases_when_captions_differ_then_none() -> None:
    assert found([(plain(number), "buck") for number in range(36)]) == ()


def test_phrases_when_four_of_five_begin_alike_then_that_opening() -> None:
    captions = [
        (f"There is a {PLACES[n % 6]} and {plain(n)}" if n < 8 else plain(n), "buck")
        for n in range(10)
    ]
    (opening,) = found(captions)
    assert (opening.text, opening.is_opening, opening.captions) == ("there is a", True, 8)
    assert found([*captions, (plain(20), "buck")]) == ()  # 8 of 11


def test_phrases_when_most_have_a_fragment_then_it_and_not_its_parts() -> None:
    captions = [(f"{plain(n)} in soft morning light", "buck") for n in range(12)]
    (fragment,) = found(captions)
    assert fragment == RepeatedPhrase(
        text="in soft morning light", kind=CaptionFaultKind.SHARED, captions=12, of=12
    )


def test_phrases_when_words_of_the_description_repeat_then_a_trait_of_that_character() -> None:
    captions = [(f"{plain(n)}, his grey fur wet" if n < 4 else plain(n), "buck") for n in range(12)]
    captions += [(plain(n, "Frank"), "frank") for n in range(12)]
    traits = found(captions)
    assert [(trait.text, trait.kind, trait.character) for trait in traits] == [
        ("grey fur wet", CaptionFaultKind.TRAIT, "buck")
    ]


def test_phrases_when_one_character_alone_has_them_then_a_trait_without_a_description() -> None:
    captions = [(f"{plain(n, 'Frank')}, his red tail up", "frank") for n in range(6)]
    captions += [(plain(n + 6, "Frank"), "frank") for n in range(6)]
    captions += [(plain(n), "buck") for n in range(12)]
    (trait,) = found(captions)
    assert (trait.text, trait.kind, trait.character) == (
        "red tail", CaptionFaultKind.TRAIT, "frank",
    )  # fmt: skip
    everywhere = [*captions, *((f"{plain(n)}, his red tail up", "buck") for n in range(6))]
    assert found(everywhere) == ()  # then it is no trait of one


def test_phrases_when_only_grammar_repeats_then_none() -> None:
    assert found([(f"It is {plain(n)} and it is", None) for n in range(5)]) == ()
    assert found([(f"{PLACES[n % 6]} of the {n} is on the {n}", None) for n in range(12)]) == ()


def test_phrases_when_words_have_no_spaces_then_none_are_guessed() -> None:
    assert found([("Buckは木の下で眠る", "buck")] * 12) == ()


def test_phrases_when_captions_are_few_then_none() -> None:
    assert found([("Buck sleeps in soft light", "buck")] * (LEAST_CAPTIONS - 1)) == ()


def test_text_when_a_phrase_is_of_another_character_then_it_does_not_count() -> None:
    phrase = RepeatedPhrase(
        text="grey fur", kind=CaptionFaultKind.TRAIT, character="buck", captions=9, of=10
    )
    assert has_phrase(phrase_text("Buck's grey fur", "buck", ["Buck"]), phrase)
    assert not has_phrase(phrase_text("Frank's grey fur", "frank", ["Frank"]), phrase)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(WORDS), max_size=9),
            st.sampled_from(("buck", "frank", None)),
        ),
        max_size=40,
    ),
    st.randoms(),
)
@settings(max_examples=60, deadline=1000)
def test_phrases_when_captions_are_in_another_order_then_the_same(
    made: list[tuple[list[str], str | None]], chance: random.Random
) -> None:
    captions = [(" ".join(words), who) for words, who in made]
    shuffled = list(captions)
    chance.shuffle(shuffled)
    phrases = found(captions)
    assert found(shuffled) == phrases
    names = [character.name for character in CAST.values()]
    texts = [phrase_text(text, who, names) for text, who in captions]
    for phrase in phrases:
        assert sum(has_phrase(text, phrase) for text in texts) == phrase.captions
