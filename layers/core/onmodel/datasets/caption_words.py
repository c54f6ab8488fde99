"""The check of all captions in words for people: the dataset's page, mails, `onmodel status`."""

from __future__ import annotations

from onmodel.contracts.caption_checks import (
    CaptionCheck,
    CaptionFaultKind,
    CaptionScores,
    RepeatedPhrase,
)
from onmodel.formats.wording import count, listed

FAULTS = {
    CaptionFaultKind.NAME: "without the name of the picture's character",
    CaptionFaultKind.TRAIT: "with a description of how a character always looks",
    CaptionFaultKind.FIGURE: "without the name of another character in the picture",
    CaptionFaultKind.SHARED: "with words that most captions have",
}


def check_in_words(check: CaptionCheck) -> str:
    """One or two sentences: how many captions are without a fault, and what was done."""
    before, after = check.before, check.after
    if not before.faulty and not after.faulty:
        return f"{count(after.captions, 'caption')} checked together, none with a fault."
    done = [
        words
        for number, words in (
            (check.stripped, f"{check.stripped:,} put right by a rule"),
            (check.asked_again, f"{check.asked_again:,} asked for once more"),
        )
        if number
    ]
    good = f"{before.captions - before.faulty:,} of {count(before.captions, 'caption')}"
    begun = f"{good} without a fault as they were written"
    if not done:
        return f"{begun}."
    return f"{begun}; {listed(done)}; {after.captions - after.faulty:,} without a fault now."


def faults_in_words(scores: CaptionScores) -> tuple[str, ...]:
    """Each kind of fault with how many captions have it."""
    return tuple(f"{number:,} {FAULTS[kind]}" for kind, number in scores.faults.items())


def phrase_in_words(phrase: RepeatedPhrase, name: str) -> str:
    """A repeated phrase, how many captions have it, and of whom.

    Args:
        phrase: of a check.
        name: of its character, for people; '' for a phrase of all captions.
    """
    captions = count(phrase.of, "caption")
    of = f"the {captions} of {name}" if name else captions
    has = "begin with" if phrase.is_opening else "have"
    return f"{phrase.captions:,} of {of} {has} “{phrase.text}”"
