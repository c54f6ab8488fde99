import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.characters import Character
from onmodel.contracts.storyboards import NEGATIVE_TEXT, Storyboard
from onmodel.errors import SettingsRefused
from onmodel.storyboards.planning import panel_prompt, panel_seed, parse_storyboard, plan_panels
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.trainers.sagemaker.rules import SageMakerRules

LIMITS = BedrockRules.limits.panel
CAST = {
    "buck": Character(name="Buck"),
    "frank": Character(name="Frank"),
    "big-bad": Character(name="Big Bad Wolf"),
}
FULL = b"""
style: soft 3D animation, evening light
characters: [Buck, frank]
negative_text: rain
size: 1280x720
images: 2
takes: 2
quality: standard
cfg_scale: 6.5
seed: 7
scenes:
  - Buck smiles,  a misty forest
    behind him
  - text: A flute is played beside a baby llama!
    characters: [buck, Big Bad Wolf]
    seed: 1234
  - Frank and the Big Bad Wolf laugh
"""


def test_parse_storyboard_when_only_scenes_are_given_then_the_articles_defaults() -> None:
    storyboard = parse_storyboard(b"scenes: [Buck smiles]")
    (panel,) = plan_panels(storyboard, CAST, BedrockRules())
    request = panel.request
    assert (request.text, request.negative_text) == ("Buck smiles", NEGATIVE_TEXT)
    assert (request.width, request.height, request.images) == (1024, 1024, 3)
    assert request.options == {"quality": "premium", "cfg_scale": 8.0}
    assert panel.characters == ("buck",)


def test_plan_panels_when_all_is_set_then_in_each_request() -> None:
    storyboard = parse_storyboard(FULL)
    first, second, third = plan_panels(storyboard, CAST, BedrockRules())
    assert storyboard.takes == 2
    assert first.request.text == (
        "Buck smiles, a misty forest behind him. soft 3D animation, evening light"
    )
    assert second.request.text == (
        "A flute is played beside a baby llama! With Buck, Big Bad Wolf. "
        "soft 3D animation, evening light"
    )
    assert [panel.characters for panel in (first, second, third)] == [
        ("buck",),
        ("buck", "big-bad"),
        ("frank",),  # the wolf is not in this storyboard's cast
    ]
    assert second.request.seed == 1234
    request = third.request
    assert (request.width, request.height, request.images) == (1280, 720, 2)
    assert request.options == {"quality": "standard", "cfg_scale": 6.5}
    assert request.negative_text == "rain"


@pytest.mark.parametrize("size", ["1280x720", "1280 × 720", "[1280, 720]"])
def test_parse_storyboard_when_size_is_written_in_any_way_then_read(size: str) -> None:
    storyboard = parse_storyboard(f"scenes: [Buck]\nsize: {size}".encode())
    assert storyboard.size == (1280, 720)
    assert parse_storyboard(b"scenes: [Buck]\nsize: 512").size == (512, 512)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"", "scenes"),
        (b"scenes: []", "scenes"),
        (b"scenes: ['  ']", r"scenes\[0\]"),
        (b"scenes: [{text: ''}]", r"scenes\[0\]"),
        (b"scenes: Buck smiles", "scenes"),
        (b"scenes:\n" + b"  - Buck\n" * 200, "scenes"),
        (b"scenes: [Buck]\nsize: large", "size"),
        (b"scenes: [Buck]\nimages: 0", "images"),
        (b"scenes: [Buck]\ncfg_scale: 11", "cfg_scale"),
        (b"scenes: [Buck]\nseed: -1", "seed"),
        (b"scenes: [Buck]\nquality: best", "quality"),
        (b"scenes: [Buck]\nframes: 5", "frames"),
        (b"scenes: [Buck", "lacks a comma or its end"),
        (b"scenes: [\xff]", "not UTF-8"),
        (b"[" * 60_000, "nested more than 20 levels deep"),
        (b"a" * 256_001, "bytes"),
    ],
)
def test_parse_storyboard_when_impossible_then_refused_with_its_place(
    text: bytes, place: str
) -> None:
    with pytest.raises(SettingsRefused, match=rf"board\.yaml.*{place}"):
        parse_storyboard(text, "board.yaml")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"size": (304, 1024)}, "each side must have 320 to 4096"),
        ({"size": (1000, 1024)}, "divisible by 16"),
        ({"size": (320, 1296)}, "over 4 times the short"),
        ({"images": 6}, "at most 5 are drawn"),
        ({"seed": 858_993_460}, "the highest is 858993459"),
        (
            {"scenes": ["Buck " * 203 + "runs"], "style": "s" * 20},
            r"scene 1: its text with the style line has 1,041 characters, at most 1,024 are read;"
            r" shorten the scene \(1,019 characters\) or the style line \(20\)",
        ),
        ({"scenes": ["Buck", "b" * 1025]}, "scene 2: its text has 1,025 characters.*; shorten it"),
        ({"scenes": [{"text": "Buck", "seed": 858_993_460}]}, "scene 1: seed"),
        ({"scenes": [{"text": "Buck", "characters": ["Rinky"]}]}, "nobody is called Rinky"),
        ({"characters": ["Gamera"]}, "characters: nobody is called Gamera"),
    ],
)
def test_plan_panels_when_the_model_would_refuse_then_told_before(
    changes: dict[str, object], fault: str
) -> None:
    storyboard = Storyboard.model_validate({"scenes": ["Buck smiles"]} | changes)
    with pytest.raises(SettingsRefused, match=fault):
        plan_panels(storyboard, CAST, BedrockRules())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": (320, 1280)},
        {"size": (4096, 1024)},
        {"images": 5},
        {"negative_text": "n" * 1024},
        {"seed": 858_993_459},
        {"scenes": [{"text": "Buck", "seed": 858_993_459}]},
    ],
)
def test_plan_panels_when_a_value_is_at_its_limit_then_accepted(changes: dict[str, object]) -> None:
    storyboard = Storyboard.model_validate({"scenes": ["Buck smiles"]} | changes)
    assert len(plan_panels(storyboard, CAST, BedrockRules())) == 1


def test_plan_panels_when_much_is_wrong_then_all_is_told() -> None:
    storyboard = Storyboard.model_validate(
        {"scenes": ["Buck"], "size": (310, 310), "images": 9, "characters": ["Gamera"]}
    )
    with pytest.raises(SettingsRefused) as refused:
        plan_panels(storyboard, CAST, BedrockRules())
    assert refused.value.reason.count(";") == 3


def test_plan_panels_when_the_prompt_just_fits_then_uncut() -> None:
    storyboard = Storyboard.model_validate({"scenes": ["a" * 1000], "style": "s" * 22})
    assert len(plan_panels(storyboard, CAST, BedrockRules())[0].request.text) == 1024


def test_panel_prompt_when_text_and_style_are_the_same_then_both_stand() -> None:
    storyboard = Storyboard.model_validate({"scenes": ["Rain"], "style": "Rain"})
    assert panel_prompt(storyboard, storyboard.scenes[0]) == "Rain. Rain"


@given(st.integers(0, 858_993_459), st.integers(1, 3), st.integers(1, 5), st.integers(0, 5))
def test_panel_seed_when_derived_then_within_the_models_range_and_repeatable(
    seed: int, number: int, take: int, attempt: int
) -> None:
    storyboard = Storyboard.model_validate({"scenes": ["a", "b", "c"], "seed": seed})
    made = panel_seed(storyboard, number, LIMITS, take=take, attempt=attempt)
    assert 0 <= made <= 858_993_459
    assert made == panel_seed(storyboard, number, LIMITS, take=take, attempt=attempt)
    assert made != panel_seed(storyboard, number, LIMITS, take=take, attempt=attempt + 1)
    assert made != panel_seed(storyboard, number, LIMITS, take=take + 1, attempt=attempt)


def test_panel_seed_when_the_words_change_then_the_same_seed() -> None:
    first = Storyboard.model_validate({"scenes": ["Buck smiles", "Buck runs"], "seed": 3})
    second = Storyboard.model_validate({"scenes": ["Buck grins", "Buck runs"], "seed": 3})
    assert panel_seed(first, 1, LIMITS) == panel_seed(second, 1, LIMITS)
    assert panel_seed(first, 1, LIMITS) != panel_seed(first, 2, LIMITS)
    assert panel_seed(parse_storyboard(FULL), 2, LIMITS, attempt=1) != 1234


def test_plan_panels_when_a_scene_has_more_tokens_than_the_model_reads_then_told_before() -> None:
    storyboard = Storyboard.model_validate({"scenes": ["Buck smiles", "絵" * 330], "style": "絵"})
    assert len(plan_panels(storyboard, CAST, BedrockRules())) == 2
    fault = r"scene 2: its text with the style line may have 498 tokens, at most 480 are read"
    with pytest.raises(SettingsRefused, match=fault):
        plan_panels(storyboard, CAST, SageMakerRules())


def test_plan_panels_when_a_name_is_part_of_another_then_the_longest_is_in_the_scene() -> None:
    cast = {"buck": Character(name="Buck"), "bunny": Character(name="Buck Bunny")}
    storyboard = Storyboard.model_validate({"scenes": ["Buck Bunny runs", "Buck runs"]})
    planned = plan_panels(storyboard, cast, BedrockRules())
    assert [panel.characters for panel in planned] == [("bunny",), ("buck",)]
