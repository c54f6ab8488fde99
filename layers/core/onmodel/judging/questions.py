"""Questions about a picture: which answers count, and the one whose right answer is no.

Questions depend on each other: whether the flute is golden has no meaning without a flute. Source:
Cho et al., "Davidsonian Scene Graph: Improving Reliability in Fine-grained Evaluation for
Text-to-Image Generation", 2024. There, too, a dependent question counts as answered no when the one
that it depends on is: to leave it out would give a picture without the flute a better share.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from onmodel.contracts.questions import AnsweredQuestion, SceneQuestion, YesOrNo

FOREIGN_THINGS = (
    "a birthday cake", "a grand piano", "a lighthouse", "a motorcycle", "a snowman",
    "a space rocket", "a submarine", "a traffic light",
)  # fmt: skip
"""Asked for where no other scene has a thing that this one does not have."""

LEAST_LETTERS = 3
"""Of a word that tells a thing: articles and prepositions tell none."""


def counted(answers: Sequence[AnsweredQuestion]) -> dict[int, bool]:
    """Whether each question is answered as it should be, by its number.

    A question whose parent is answered no counts as answered no. One that was not answered, or
    whose parent was not, is left out.
    """
    final: dict[int, YesOrNo | None] = {}
    for answered in answers:
        parents = [final.get(parent) for parent in answered.question.parents]
        if "no" in parents:
            final[answered.question.number] = "no"
        elif None in parents:
            final[answered.question.number] = None
        else:
            final[answered.question.number] = answered.answer
    return {number: answer == "yes" for number, answer in final.items() if answer is not None}


def control_question(
    scene: int, text: str, questions: Mapping[int, Sequence[SceneQuestion]], seed: int
) -> str:
    """A question whose right answer is no: about a thing of another scene, not of this one.

    Only things are asked for: a trained model may draw a character unasked, and a place may be seen
    behind any scene.

    Args:
        scene: number of the scene.
        text: of the scene and its style.
        questions: of all scenes, by number.
        seed: the same seed chooses the same question.

    Returns:
        '' for a scene that names every thing that could be asked for.
    """
    own = _words([text, *(question.text for question in questions.get(scene, ()))])
    others = {
        question.text
        for number, of_scene in questions.items()
        if number != scene
        for question in of_scene
        if question.kind == "thing" and not question.parents and is_foreign(question.about, own)
    }
    if not others:
        foreign = [thing for thing in FOREIGN_THINGS if is_foreign(thing, own)]
        others = {f"Is there {thing} in the picture?" for thing in foreign}
    choices = sorted(others)
    return choices[_drawn(seed, scene) % len(choices)] if choices else ""


def place_of_control(scene: int, seed: int, questions: int) -> int:
    """Before which question the control is asked, 0 to `questions`: not always at the same."""
    return _drawn(seed, -scene) % (questions + 1)


def is_foreign(thing: str, words: frozenset[str]) -> bool:
    """Whether none of a thing's words is one of these or a part of one; without a word it is not.

    Scripts without spaces write a whole sentence as one word.
    """
    own = _words([thing])
    return bool(own) and not any(word in other for word in own for other in words)


def _words(texts: Iterable[str]) -> frozenset[str]:
    found = re.findall(r"\w+", " ".join(texts).casefold())
    return frozenset(word.rstrip("s") for word in found if len(word) >= LEAST_LETTERS)


def _drawn(seed: int, scene: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{scene}".encode()).digest()[:8], "big")
