from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from onmodel.contracts.judging import Interval, JudgedNumber, Judgement
from onmodel.contracts.panels import CharacterLikeness, PanelRequest, PanelScore, PlannedPanel
from onmodel.contracts.storyboards import Storyboard
from onmodel.pages.gallery import (
    Gallery,
    GalleryPanel,
    GalleryPicture,
    TrainingPicture,
    render_gallery,
)
from onmodel.pages.templating import data_uri

UNKNOWN = CharacterLikeness(character="buck", similarity=None)


def score(**changes: object) -> PanelScore:
    values: dict[str, object] = {
        "on_model": (CharacterLikeness(character="buck", similarity=0.81),),
        "nearest_character": "buck",
    }
    return PanelScore.model_validate(values | changes)


def gallery(*panels: GalleryPanel, **changes: Any) -> str:
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
    return render_gallery(replace(made, **changes)).decode()


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


def test_gallery_when_a_panel_copies_nothing_then_the_nearest_training_picture_is_beside_it() -> (
    None
):
    near = score(nearest_crop="c7", nearest_similarity=0.834)
    html = gallery(panel(GalleryPicture(b"a", seed=1, score=near)))
    assert "nearest training picture, similarity 0.83: bunny-1 · 01:01.500" in html
    assert html.count(data_uri(b"copied")) == 1
    assert "copies a training picture" not in html


def test_gallery_when_a_character_has_a_reference_then_its_scene_shows_it() -> None:
    pictures = panel(GalleryPicture(b"a", seed=1))
    html = gallery(pictures, references={"buck": b"reference", "frank": b"not in the scene"})
    assert html.count(data_uri(b"reference")) == 1
    assert 'alt="reference of Buck"' in html
    assert data_uri(b"not in the scene") not in html


def test_gallery_when_the_file_asks_for_several_takes_then_each_says_which_it_is() -> None:
    board = Storyboard(scenes=("x",), takes=2)
    made = [replace(panel(GalleryPicture(b"a", seed=n)), take=n) for n in (1, 2)]
    html = gallery(*made, storyboard=board)
    assert [f"<h4>the trained model, {n} of 2</h4>" in html for n in (1, 2)] == [True, True]


def identity(mean: float) -> JudgedNumber:
    interval = Interval(mean=mean, low=None, high=None, scenes=1)
    return JudgedNumber(number="identity", arm="tuned", interval=interval)


def test_gallery_when_takes_were_judged_before_then_their_numbers_are_beside_these() -> None:
    judgement = Judgement(numbers=(identity(0.7),), pictures=())
    html = gallery(judgement=judgement, earlier={1: (identity(0.4),)})
    line = html.partition("Identity, the trained model</th>")[2].partition("</tr>")[0]
    assert line == '<td data-arm="take 1">0.40</td><td data-arm="take 2">0.70</td>'
    assert "Takes of this storyboard" not in gallery(judgement=judgement)
