"""The storyboard that every new model draws first: the article's scenes, our characters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

from onmodel.contracts.characters import Character
from onmodel.contracts.storyboards import Scene, Storyboard

FIRST_STORYBOARD = "first-look"
"""Its name in keys."""

SCENES = (
    "{who} smiles at us, a misty forest behind",
    "{who} plays a flute beside a baby llama",
    "{who} stands proudly at the entrance of a school",
    "{who} climbs down a ladder on a cliff",
)
"""Scenes of the article's storyboard."""

TOGETHER = "{who} and {other} walk side by side through tall grass"

UNNAMED_CHARACTER = "The main character"
"""For a production without named characters."""


def first_storyboard(characters: Mapping[str, Character]) -> Storyboard:
    """Every scene once, with the characters in turn; one more scene with two of them."""
    names = [characters[slug].name for slug in sorted(characters)]
    turns = cycle(names or [UNNAMED_CHARACTER])
    scenes = [Scene(text=scene.format(who=next(turns))) for scene in SCENES]
    if len(names) > 1:
        scenes.append(Scene(text=TOGETHER.format(who=names[0], other=names[1])))
    return Storyboard(title="A first look", scenes=tuple(scenes))
