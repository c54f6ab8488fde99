"""The prompts of the captioning model.

They follow the article's prompt. The trained model is to learn a character by its name. So a
caption has the name, leaves out the character's constant traits, and describes what varies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.characters import Character
from onmodel.contracts.framing import FigurePlace, Framing
from onmodel.contracts.keys import digest
from onmodel.contracts.settings import CaptionSettings
from onmodel.formats.wording import listed

SYSTEM = """\
You write alternative text for the pictures of a film production. Your texts are short and \
natural, {min_words} to {max_words} words, and put the main characters first. They leave out what \
a viewer would not miss."""

TASK = """\
Describe the picture.

The production's main characters, so that you can recognise them:
{characters}

{subject}

How to write:
- Call main characters by their names, exactly as written above, and name at least one of them \
when one is to be seen.
- Never describe how a main character always looks: the traits above belong to the name. Say only \
what is special in this picture: pose, expression, action, clothing or things that are not listed \
above.
- Say what the characters do, with each other or with things around them.
- Mention the surroundings, the light and the framing only where they matter.
- Write everyday, flowing language, {min_words} to {max_words} words, one or two sentences, and \
begin differently from picture to picture.
- Do not speak of the picture itself ("the image shows"), nor of "an animated character", "a \
cartoon" or the like.
{guidance}
Examples of the tone, about characters of another film:
{examples}

Answer with one JSON object and nothing else, in exactly this form:
{{"alt_text": "your text"}}"""

EXAMPLES = (
    "Mina crouches at the edge of the pond and reaches for a paper boat, her sleeve already wet, "
    "while Otto holds on to her coat and looks away.",
    "Half asleep, Otto leans against the kitchen door with a steaming cup in both hands, the "
    "morning sun falling through the window behind him.",
)

REPAIR = """\
That answer cannot be used:
{faults}

Look at the picture again and answer with one JSON object and nothing else, in exactly this form:
{{"alt_text": "your text"}}"""

REVISION = """\
All texts of the production were compared. Yours for this picture cannot stay as it is:
{faults}

Look at the picture again, keep what was right, and answer with one JSON object and nothing else, \
in exactly this form:
{{"alt_text": "your text"}}"""

PLACES: Mapping[FigurePlace, str] = {
    FigurePlace.MIDDLE: "in the middle",
    FigurePlace.LEFT: "on the left",
    FigurePlace.RIGHT: "on the right",
    FigurePlace.TOP: "at the top",
    FigurePlace.BOTTOM: "at the bottom",
}

FRAMINGS: Mapping[Framing, str] = {
    Framing.HEAD: "The picture shows its head and no more than its shoulders.",
    Framing.HALF: "The picture shows it to the waist.",
    Framing.PART: "A part of it is outside of the picture.",
    Framing.FULL: "No part of it is outside of the picture.",
    Framing.WIDE: "The picture shows much of its surroundings.",
}

NO_CHARACTERS = "(none are known yet; describe whom you see without naming anybody)"


@dataclass(frozen=True)
class CaptionPrompt:
    """The texts sent with the picture: the system prompt, and the task."""

    system: str
    task: str


class CaptionSubject(Contract):
    """The character of a crop, and all characters of the production by slug."""

    character: str | None
    characters: dict[str, Character]
    beside: tuple[str, ...] = Field(
        default=(), description="slugs of the other characters that were recognised on it"
    )

    framing: Framing | None = Field(default=None, description="None: not known")
    place: FigurePlace | None = Field(default=None, description="None: not known")
    look: str = Field(default="", description="of the character; '' where none is known")

    @property
    def name(self) -> str | None:
        """The crop's character as captions write it; None when it is unnamed."""
        if self.character is None:
            return None
        known = self.characters.get(self.character)
        return known.name if known else None

    @property
    def names_beside(self) -> list[str]:
        """As captions write them."""
        return [self.characters[slug].name for slug in self.beside]


def caption_prompt(subject: CaptionSubject, captions: CaptionSettings) -> CaptionPrompt:
    """The prompt for one crop."""
    words = {"min_words": captions.min_words, "max_words": captions.max_words}
    guidance = f"- {' '.join(captions.guidance.split())}\n" if captions.guidance.strip() else ""
    return CaptionPrompt(
        system=SYSTEM.format(**words),
        task=TASK.format(
            characters=_character_lines(subject.characters),
            subject=_subject_lines(subject),
            guidance=guidance,
            examples="\n".join(map(answer_with, EXAMPLES)),
            **words,
        ),
    )


def answer_with(caption: str) -> str:
    """The answer that the prompts ask for."""
    return json.dumps({"alt_text": caption}, ensure_ascii=False)


def repair_prompt(faults: Sequence[str]) -> str:
    """The prompt that asks once more, after an answer with these faults."""
    return REPAIR.format(faults="\n".join(f"- {fault}" for fault in faults))


def revision_prompt(faults: Sequence[str]) -> str:
    """The prompt that asks once more, when a caption has faults among all captions of a set."""
    return REVISION.format(faults="\n".join(f"- {fault}" for fault in faults))


def caption_cache_parameters(
    prompt: CaptionPrompt, captions: CaptionSettings
) -> Mapping[str, str | float]:
    """What a caption depends on beside model and picture: part of the cache's key."""
    return {
        "system": digest(prompt.system, 16),
        "task": digest(prompt.task, 16),
        "temperature": captions.temperature,
    }


def _character_lines(characters: Mapping[str, Character]) -> str:
    lines = [
        f"- {character.name}: {' '.join(character.description.split()) or 'no description'}"
        for _, character in sorted(characters.items())
    ]
    return "\n".join(lines) or NO_CHARACTERS


def _subject_lines(subject: CaptionSubject) -> str:
    if subject.name is None:
        known = "Nobody in this picture was recognised beforehand: trust your eyes."
    else:
        place = "" if subject.place is None else f" {PLACES[subject.place]}"
        known = f"The figure{place} of this picture was recognised as {subject.name}."
        if subject.look:
            known += f" Its look is called “{subject.look}”: use these words for it."
        if subject.framing is not None:
            known += f" {FRAMINGS[subject.framing]}"
    beside = subject.names_beside
    also = f" Recognised beside it: {listed(beside)}." if beside else ""
    return known + also
