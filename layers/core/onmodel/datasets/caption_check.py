"""Checks all captions of a dataset together. Texts in, faults and scores out.

Each caption is right by itself (`captions.py` checks a model's answer). Together they may teach the
model a phrase for a character's name; and a caption may have another name than its picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.caption_checks import CaptionFaultKind, CaptionScores, RepeatedPhrase
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.datasets.captions import repeated_trait
from onmodel.datasets.mentions import mentions
from onmodel.datasets.needless_words import empty_opening, introduction
from onmodel.datasets.repeated_phrases import has_phrase, phrase_text, repeated_phrases
from onmodel.formats.wording import listed

MOST_PHRASES = 10
"""That are shown; all of them count."""

GRAVITY = {
    CaptionFaultKind.NAME: 4,
    CaptionFaultKind.TRAIT: 3,
    CaptionFaultKind.FIGURE: 2,
    CaptionFaultKind.SHARED: 1,
}


@dataclass(frozen=True)
class CaptionText:
    """One caption of a set.

    Attributes:
        text: the caption.
        character: slug of the picture's character; None for nobody.
        also_seen: slugs of other characters that the picture shows.
    """

    text: str
    character: str | None
    also_seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaptionFault:
    """A fault, in words for the model that is asked again, and for people."""

    kind: CaptionFaultKind
    words: str
    told: str


@dataclass(frozen=True)
class CheckedCaptions:
    """The faults of each caption, in the order of the texts, and the scores of the set."""

    faults: tuple[tuple[CaptionFault, ...], ...]
    scores: CaptionScores


def compare_captions(
    texts: Sequence[CaptionText], characters: Mapping[str, Character]
) -> CheckedCaptions:
    """Compare all captions of a dataset. The order of the texts does not matter."""
    names = [character.name for character in characters.values()]
    compared = [phrase_text(each.text, each.character, names) for each in texts]
    phrases = repeated_phrases(compared, characters)
    found = tuple(
        (
            *own_faults(text, characters),
            *(_of_phrase(phrase, characters) for phrase in phrases if has_phrase(known, phrase)),
        )
        for text, known in zip(texts, compared, strict=True)
    )
    kinds = Counter(kind for faults in found for kind in {fault.kind for fault in faults})
    scores = CaptionScores(
        captions=len(texts),
        faulty=sum(1 for faults in found if faults),
        faults={kind: kinds[kind] for kind in CaptionFaultKind if kinds[kind]},
        phrases=phrases[:MOST_PHRASES],
    )
    return CheckedCaptions(found, scores)


@dataclass(frozen=True)
class CheckedDataset:
    """The faults of a dataset's captions by crop_id, and the scores of all of them."""

    faults: Mapping[str, tuple[CaptionFault, ...]]
    scores: CaptionScores


def checked_dataset(
    items: Sequence[DatasetItem], texts: Mapping[str, str], characters: Mapping[str, Character]
) -> CheckedDataset:
    """Compare the captions of a dataset's pictures; pictures without one are left out."""
    captioned = [item for item in items if item.crop_id in texts]
    checked = compare_captions(
        [CaptionText(texts[item.crop_id], item.character, item.also_seen) for item in captioned],
        characters,
    )
    crops = (item.crop_id for item in captioned)
    return CheckedDataset(dict(zip(crops, checked.faults, strict=True)), checked.scores)


def own_faults(
    caption: CaptionText, characters: Mapping[str, Character]
) -> tuple[CaptionFault, ...]:
    """The faults that a caption has whatever the others say."""
    text, known = caption.text, characters.get(caption.character or "")
    found = []
    names = [each.name for each in characters.values()]
    if known is not None and not mentions(text, known.name, names):
        found.append(_wrong_name(text, known.name, characters))
    found += [
        CaptionFault(
            CaptionFaultKind.TRAIT,
            f'leave out "{phrase}": the name {name} says it',
            f"The caption has “{phrase}”: the name {name} already says it",
        )
        for slug, name in _named(text, caption.character, characters)
        if (phrase := _look(text, characters[slug]))
    ]
    if opening := empty_opening(text):
        found.append(
            CaptionFault(
                CaptionFaultKind.SHARED,
                f'leave out "{opening.phrase}": it says nothing',
                f"The caption begins with “{opening.phrase}”, which says nothing",
            )
        )
    found += [
        CaptionFault(
            CaptionFaultKind.FIGURE,
            f"{name} seems to be in the picture too: if so, say what {name} does",
            f"The caption leaves out {name}, who seems to be in the picture",
        )
        for slug in caption.also_seen
        if slug != caption.character
        and slug in characters
        and not mentions(text, name := characters[slug].name, names)
    ]
    return tuple(found)


def _wrong_name(text: str, name: str, characters: Mapping[str, Character]) -> CaptionFault:
    names = [each.name for each in characters.values()]
    others = [other for other in names if mentions(text, other, names)]
    instead = f", not only {listed(others)}" if others else ""
    return CaptionFault(
        CaptionFaultKind.NAME,
        f"the figure of the picture was recognised as {name}: name {name}{instead}, unless you are"
        " sure that it is somebody else",
        f"The caption names {listed(others)}, not {name}"
        if others
        else f"The caption does not name {name}",
    )


def gravity(faults: Sequence[CaptionFault]) -> int:
    """How bad the faults are together: 0 for none."""
    return sum(GRAVITY[fault.kind] for fault in faults)


def _named(
    text: str, character: str | None, characters: Mapping[str, Character]
) -> list[tuple[str, str]]:
    """Slug and name of the picture's character and of those that the text names."""
    names = [each.name for each in characters.values()]
    return [
        (slug, known.name)
        for slug, known in sorted(characters.items())
        if slug == character or mentions(text, known.name, names)
    ]


def _look(text: str, character: Character) -> str | None:
    """Words that say how a character always looks."""
    introduced = introduction(text, character.name)
    return introduced.phrase if introduced else repeated_trait(text, character)


def _of_phrase(phrase: RepeatedPhrase, characters: Mapping[str, Character]) -> CaptionFault:
    shared = f"{phrase.captions:,} of {phrase.of:,} captions do"
    if phrase.kind is CaptionFaultKind.TRAIT:
        known = characters.get(phrase.character)
        whose = f"the name {known.name}" if known else "the name"
        words = f'leave out "{phrase.text}", which many captions repeat: {whose} says it'
        told = f"The caption has “{phrase.text}”, as {shared}: {whose} already says it"
    elif phrase.is_opening:
        words = f'do not begin with "{phrase.text}": most captions do'
        told = f"The caption begins with “{phrase.text}”, as {shared}"
    else:
        words = f'do not write "{phrase.text}": most captions have these words'
        told = f"The caption has “{phrase.text}”, as {shared}"
    return CaptionFault(phrase.kind, words, told)
