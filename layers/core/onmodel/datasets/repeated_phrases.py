"""Phrases that too many captions of a dataset have. Texts in, counts out.

A model learns what all captions of a character have together with its name. So a phrase of one
character's captions is a fault when it tells how the character looks, and any phrase is one when
most captions have it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.caption_checks import CaptionFaultKind, RepeatedPhrase
from onmodel.contracts.characters import Character
from onmodel.datasets.mentions import UNSPACED, longest_first, with_name_replaced

LEAST_CAPTIONS = 10
"""Of fewer captions a share says little."""

SHARED_BY = 0.8
"""Of captions, from which a phrase is one that most have."""

TRAIT_SHARED_BY = 0.3
"""Of a character's captions, from which words of its description are a fixed trait."""

OWN_SHARED_BY, OWN_TIMES = 0.4, 4
"""Of a character's captions, from which any phrase that is this many times rarer in the captions
of all others is a fixed trait: characters that have only pictures have no description."""

LONGEST = 5  # words of a phrase
LONGEST_TRAIT = 4

NAME = "\ufdd0"  # no character: no text has it
ENDS = re.compile(rf"[.,;:!?()\[\]\"“”«»…—–\n{NAME}]+")
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
PARTS = re.compile(r"['’\-]")
WITHOUT_SPACES = re.compile(f"[{UNSPACED}]")

_FUNCTION_WORDS = """
a an the this that these those it its he she they him her his hers them their there here
and or but while as if when where who whom whose which what than then so both each other
in on at of to from by with without into onto over under up down out off for about near
behind before after between through across along around against beside above below toward
towards is are was were be been being has have had do does did will would can could may
might must not no one two some any all very just only still again once
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Every English text has them together; of other languages all words count."""

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class PhraseText:
    """A caption as it is compared.

    Attributes:
        character: slug of the picture's character; None for nobody.
        phrases: of two to five words that stand together, without names; in lower case.
        openings: the phrases that the text begins with; none when it begins with a name.
    """

    character: str | None
    phrases: frozenset[Phrase]
    openings: frozenset[Phrase]


@dataclass(frozen=True)
class _Others:
    """The captions of all other characters.

    Attributes:
        captions: how many they are.
        everywhere: in how many captions a phrase is, those of the character included.
    """

    captions: int
    everywhere: Counter[Phrase]


def phrase_text(text: str, character: str | None, names: Iterable[str]) -> PhraseText:
    """Take a caption apart; parts in scripts without spaces between words are left out."""
    for name in longest_first(names):
        text = with_name_replaced(text, name, NAME)
    begins_with_name = text.lstrip(" \"“«'").startswith(NAME)
    found: set[Phrase] = set()
    openings: set[Phrase] = set()
    for place, part in enumerate(ENDS.split(text)):
        words = [] if WITHOUT_SPACES.search(part) else WORD.findall(part.casefold())
        found.update(_phrases(words))
        if place == 0 and not begins_with_name:
            openings.update(_beginnings(words))
    return PhraseText(character, frozenset(found), frozenset(openings))


def repeated_phrases(
    texts: Sequence[PhraseText], characters: Mapping[str, Character]
) -> tuple[RepeatedPhrase, ...]:
    """The phrases that too many captions have: traits first, then by how many have them."""
    everywhere = Counter(phrase for text in texts for phrase in text.phrases)
    of_all = list(_shared(texts, everywhere, ""))
    known = {phrase.text for phrase in of_all}
    of_one = []
    for slug, own in _by_character(texts).items():
        others = _Others(len(texts) - len(own), everywhere)
        found = _of_character(slug, own, others, characters)
        of_one += [phrase for phrase in found if phrase.text not in known]
    return tuple(sorted((*of_all, *of_one), key=_gravest_first))


def has_phrase(text: PhraseText, phrase: RepeatedPhrase) -> bool:
    """Whether a caption has the phrase where it counts."""
    if phrase.character and text.character != phrase.character:
        return False
    words = tuple(phrase.text.split())
    return words in (text.openings if phrase.is_opening else text.phrases)


def _phrases(words: Sequence[str]) -> Iterator[Phrase]:
    for length in range(2, LONGEST + 1):
        for start in range(len(words) - length + 1):
            yield tuple(words[start : start + length])


def _beginnings(words: Sequence[str]) -> Iterator[Phrase]:
    for length in range(2, min(LONGEST, len(words)) + 1):
        yield tuple(words[:length])


def _by_character(texts: Iterable[PhraseText]) -> dict[str, list[PhraseText]]:
    groups: defaultdict[str, list[PhraseText]] = defaultdict(list)
    for text in texts:
        if text.character is not None:
            groups[text.character].append(text)
    return dict(sorted(groups.items()))


def _shared(
    texts: Sequence[PhraseText], counted: Counter[Phrase], character: str
) -> Iterator[RepeatedPhrase]:
    """Phrases and openings of most of these captions; of one character's, phrases alone."""
    if len(texts) < LEAST_CAPTIONS:
        return
    least = SHARED_BY * len(texts)
    often = {phrase: n for phrase, n in counted.items() if n >= least and _says_something(phrase)}
    openings = Counter(opening for text in texts for opening in text.openings)
    begun = {} if character else {phrase: n for phrase, n in openings.items() if n >= least}
    for phrases, is_opening in ((begun, True), (often, False)):
        for phrase, number in _longest(phrases).items():
            if not is_opening and any(_contains(opening, phrase) for opening in begun):
                continue
            yield RepeatedPhrase(
                text=" ".join(phrase),
                kind=CaptionFaultKind.SHARED,
                character=character,
                captions=number,
                of=len(texts),
                is_opening=is_opening,
            )


def _of_character(
    slug: str,
    own: Sequence[PhraseText],
    others: _Others,
    characters: Mapping[str, Character],
) -> Iterator[RepeatedPhrase]:
    """A character's fixed traits, and what most of its captions have besides."""
    if len(own) < LEAST_CAPTIONS:
        return
    counted = Counter(phrase for text in own for phrase in text.phrases)
    known = characters.get(slug)
    looks = _content_words(known.description if known else "")
    traits = {
        phrase: number
        for phrase, number in counted.items()
        if number >= TRAIT_SHARED_BY * len(own)
        and _is_trait(phrase, number, len(own), others, looks)
    }
    found = set()
    for phrase, number in _longest(traits).items():
        text = " ".join(phrase)
        found.add(text)
        yield RepeatedPhrase(
            text=text,
            kind=CaptionFaultKind.TRAIT,
            character=slug,
            captions=number,
            of=len(own),
        )
    yield from (phrase for phrase in _shared(own, counted, slug) if phrase.text not in found)


def _is_trait(phrase: Phrase, number: int, of: int, others: _Others, looks: frozenset[str]) -> bool:
    """Whether a phrase that `number` of a character's `of` captions have says how it looks."""
    if len(phrase) > LONGEST_TRAIT or {phrase[0], phrase[-1]} & FUNCTION_WORDS:
        return False
    if not looks.isdisjoint(_parts(phrase)):
        return True
    elsewhere = others.everywhere[phrase] - number
    return (
        number >= OWN_SHARED_BY * of
        and others.captions >= LEAST_CAPTIONS
        and elsewhere * OWN_TIMES * of <= number * others.captions
    )


def _longest(phrases: Mapping[Phrase, int]) -> dict[Phrase, int]:
    """Without phrases that are a part of a longer one."""
    return {
        phrase: number
        for phrase, number in phrases.items()
        if not any(_contains(other, phrase) for other in phrases if len(other) > len(phrase))
    }


def _contains(longer: Phrase, phrase: Phrase) -> bool:
    size = len(phrase)
    return any(longer[at : at + size] == phrase for at in range(len(longer) - size + 1))


def _says_something(phrase: Phrase) -> bool:
    return not FUNCTION_WORDS.issuperset(phrase)


def _content_words(text: str) -> frozenset[str]:
    return frozenset(_parts(WORD.findall(text.casefold()))) - FUNCTION_WORDS


def _parts(words: Iterable[str]) -> frozenset[str]:
    """`grey-furred` has `grey`."""
    return frozenset(part for word in words for part in PARTS.split(word))


def _gravest_first(phrase: RepeatedPhrase) -> tuple[bool, float, str]:
    return phrase.kind is not CaptionFaultKind.TRAIT, -phrase.captions / phrase.of, phrase.text
