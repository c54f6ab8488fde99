from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onmodel.contracts.panels import CharacterLikeness, PanelRequest, PanelScore, PlannedPanel
from onmodel.contracts.storyboards import Storyboard
from onmodel.pages.gallery import (
    Gallery,
    GalleryPanel,
    GalleryPicture,
    TrainingPicture,
    render_gallery,
)

UNKNOWN = CharacterLikeness(character="buck", similarity=None)


def score(**changes: object) -> PanelScore:
    values: dict[str, object] = {
        "on_model": (CharacterLikeness(character="buck", similarity=0.81),),
        "nearest_character": "buck",
    }
    return PanelScore.model_validate(values | changes)


def gallery(*panels: GalleryPanel) -> str:
    made = Gallery(
        production="bunny",
        name="first-day",
        take=2,
        model="onmodel-bunny-simulated",
        storyboard=Storyboard(scenes=("x",)),
        panels=panels,
        drawn_at=datetime(2026, 11, 22, tzinfo=UTC),
        names={"buck": "Buck"},
        notices=("This is a simulation",),
        training_pictures={"c7": TrainingPicture(b"copied", "bunny-1", 61.5)},
        credit="Bunny © <Studio>",
    )
    return render_gallery(made).decode()


def panel(*pictures: GalleryPicture, notice: str = "") -> GalleryPanel:
    planned = PlannedPanel(
        number=1,
        scene="Buck <smiles>",
        characters=("buck",),
        request=PanelRequest(text="Buck <smiles>. Soft light", negative_text="blurry", seed=5),
    )
    return GalleryPanel(planned, pictures, notice)


def test_gallery_when_drawn_shows_scene_prompt_seed_and_likeness() -> None:
    html = gallery(panel(GalleryPicture(b"a", seed=42, score=score(), href="../panels/01-0.png")))
    for words in ("First Day", "take 2", "seed 42", "Buck 0.81", "Not: blurry",
                  "../panels/01-0.png", "onmodel-bunny-simulated",
                  "This is a simulation"):  # fmt: skip
        assert words in html
    assert "Buck &lt;smiles&gt;. Soft light" in html
    assert "<p>Pictures: Bunny © &lt;Studio&gt;</p>" in html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nearest_character": "frank"}, "looks most like Frank"),
        ({"copy_of": "c7"}, "copies a training picture"),
        (
            {"on_model": (CharacterLikeness(character="buck", similarity=None),)},
            "nothing to compare",
        ),
    ],
)
def test_gallery_when_a_panel_is_off_model_says_how(changes, words) -> None:
    assert words in gallery(panel(GalleryPicture(b"a", seed=1, score=score(**changes))))


def test_gallery_when_a_panel_is_on_model_warns_of_nothing() -> None:
    html = gallery(panel(GalleryPicture(b"a", seed=1, score=score())))
    assert 'class="likeness warn"' not in html


def test_gallery_when_a_scene_could_not_be_drawn_says_why() -> None:
    html = gallery(panel(notice="The filter refused it three times"))
    assert "The filter refused it three times" in html
    assert "1 scene could not be drawn" in html


def test_gallery_when_one_seed_drew_several_then_each_says_which_it_is() -> None:
    html = gallery(panel(*[GalleryPicture(b"a", seed=7, key=str(n)) for n in range(3)]))
    assert [f"seed 7, picture {n} of 3" in html for n in (1, 2, 3)] == [True, True, True]
    assert "seed 9," not in gallery(panel(GalleryPicture(b"a", seed=9)))


def test_gallery_when_a_panel_copies_then_the_picture_and_where_it_is_from() -> None:
    copied = GalleryPicture(b"a", seed=1, score=score(copy_of="c7"), key="k")
    assert "bunny-1 · 01:01.500" in gallery(panel(copied))
