"""Checks a captioning model's answer: a caption, or the faults to name when asking again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from onmodel.contracts.characters import Character
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.answer_text import description_in
from onmodel.datasets.mentions import mentions, without_names
from onmodel.datasets.prompting import CaptionSubject
from onmodel.datasets.refusal_phrases import is_placeholder, is_refusal

REPEATED_WORDS = 4  # this many words of a description in a row are a quotation

# What is in every caption would be learnt with this phrase instead of the character's name.
FILLER = re.compile(
    r"\b(?:animated|cartoon|CGI|3D|fictional|computer[- ]generated)[- ]"
    r"(?:character|figure|scene|image|picture|film|movie|animal|person)s?\b"
    r"|\b(?:an?|the|this)\s+(?:image|picture|photo|scene|frame|screenshot|illustration)\s+"
    r"(?:shows|depicts|features|captures)\b"
    r"|^(?:an?|the|this)\s+(?:image|picture|photo|scene|screenshot|illustration)\s+of\b"
    r"|\bin\s+(?:this|the)\s+(?:image|picture)\b"
    r"|\balt[- ]text\b",
    re.IGNORECASE,
)
TRAIT_ENDS = re.compile(r"[,;.:\n()]+|\b(?:with|and|who|which|that)\b", re.IGNORECASE)
ARTICLE = re.compile(r"^\s*(?:an?|the|his|her|its|their)\b", re.IGNORECASE)
BRACKETS = re.compile(r"[\[\]{}]")
BLOCKED = re.compile(r"blocked by (?:our|the) content filter", re.IGNORECASE)


def caption_of(
    answer: str, subject: CaptionSubject, limits: DatasetLimits
) -> tuple[str | None, tuple[str, ...]]:
    """The caption in a model's answer, and its faults.

    Args:
        answer: the model's whole text.
        subject: the characters of the crop.
        limits: the trainer's.

    Returns:
        The caption and no faults, or None and at least one fault, worded for the model.
    """
    names = [character.name for character in subject.characters.values()]
    text, fault = description_in(answer, names)
    if text is None:
        return None, (fault,)
    faults = tuple(_faults(text, subject, limits))
    return (None, faults) if faults else (text, ())


def _faults(text: str, subject: CaptionSubject, limits: DatasetLimits) -> Iterator[str]:
    least, most = limits.min_caption_characters, limits.max_caption_characters
    if not least <= len(text) <= most:
        yield f"the text has {len(text):,} characters, it must have {least} to {most:,}"
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        yield "the text has control characters"
    if "\ufffd" in text:
        yield "the text has a character that could not be read"
    names = [character.name for character in subject.characters.values()]
    plain = without_names(text, names)  # a name may be a word of a refusal, such as Sorry
    if is_placeholder(plain) or is_refusal(plain):
        yield "the text is no description: describe what is to be seen"
    if BLOCKED.search(plain):
        yield "the text is a content filter's notice, not a description"
    if BRACKETS.search(plain):
        yield "leave out brackets: write the description alone, without a form or a link"
    filler = FILLER.search(plain)
    if filler:
        yield f'leave out "{filler.group(0)}": say what is to be seen'
    if subject.name is not None and not any(mentions(text, name) for name in names):
        yield f"name at least one main character ({', '.join(sorted(names))}) as written here"
    for character in subject.characters.values():
        repeated = repeated_trait(text, character)
        if repeated:
            yield f'leave out "{repeated}": the name {character.name} already says it'


def repeated_trait(text: str, character: Character) -> str | None:
    """The first of a character's standard traits that a text repeats literally, or None.

    A trait is a part of the description between punctuation and joining words, without its article.
    Single words ("kind") are too common to count; of a long part, four words in a row count.
    """
    for trait in TRAIT_ENDS.split(character.description):
        words = ARTICLE.sub("", trait).split()
        if len(words) < 2:
            continue
        for start in range(max(1, len(words) - REPEATED_WORDS + 1)):
            phrase = " ".join(words[start : start + REPEATED_WORDS])
            if mentions(text, phrase):
                return phrase
    return None
