import pytest

from onmodel.contracts.characters import Character
from onmodel.storyboards.first import SCENES, first_storyboard


@pytest.mark.parametrize(
    ("names", "beginnings", "together"),
    [
        ([], ["The main character"] * 4, None),
        (["Buck"], ["Buck"] * 4, None),
        (["Buck", "Frank"], ["Buck", "Frank", "Buck", "Frank"], "Buck and Frank walk"),
        (["Buck", "Frank", "Rinky"], ["Buck", "Frank", "Rinky", "Buck"], "Buck and Frank walk"),
    ],
)
def test_first_storyboard_when_made_then_characters_take_turns_and_two_are_shown_together(
    names: list[str], beginnings: list[str], together: str | None
) -> None:
    characters = {name.casefold(): Character(name=name) for name in reversed(names)}
    texts = [scene.text for scene in first_storyboard(characters).scenes]
    assert texts[: len(SCENES)] == [
        scene.format(who=who) for scene, who in zip(SCENES, beginnings, strict=True)
    ]
    assert [text.startswith(str(together)) for text in texts[len(SCENES) :]] == (
        [True] if together else []
    )
