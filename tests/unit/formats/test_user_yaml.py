from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.errors import SettingsRefused
from onmodel.formats.user_yaml import LIMIT_BYTES, MOST_FAULTS, read_user_yaml
from onmodel.formats.yaml_document import LIMIT_VALUES


def settings(text: str | bytes) -> dict[str, Any]:
    """What a settings.yaml sets."""
    read = read_user_yaml(Settings, text.encode() if isinstance(text, str) else text, "s.yaml")
    return read.model_dump(exclude_unset=True)


def refusal(text: str | bytes, model: type = Settings) -> str:
    with pytest.raises(SettingsRefused) as refused:
        read_user_yaml(model, text.encode() if isinstance(text, str) else text, "s.yaml")
    return refused.value.reason


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", {}),
        ("# only a comment", {}),
        ("sampling:\n", {}),
        ("sampling:\n  interval_seconds:\n", {"sampling": {}}),
        ("credit: No", {"credit": "No"}),
        ("credit: 2026", {"credit": "2026"}),
        ("credit: 2026-01-01", {"credit": "2026-01-01"}),
        ("credit: 12:30", {"credit": "12:30"}),
        ("credit: true", {"credit": "true"}),
        ("credit: 1_000", {"credit": "1_000"}),
        ("\ufeffcredit: Café", {"credit": "Café"}),
        ("training: {automatic: no}", {"training": {"automatic": False}}),
        ("training: {automatic: yes}", {"training": {"automatic": True}}),
        ("training: {steps: 010}", {"training": {"steps": 10}}),
        ("finder: {labels: [Person, 5, yes]}", {"finder": {"labels": ("Person", "5", "yes")}}),
        (
            "sampling: &one {interval_seconds: 2}\ncrop:\n  side: 600",
            {"sampling": {"interval_seconds": 2.0}, "crop": {"side": 600}},
        ),
    ],
)
def test_read_when_written_as_people_do_then_as_meant(text: str, means: dict[str, Any]) -> None:
    assert settings(text) == means


def test_read_when_a_name_is_a_number_then_the_text_as_written() -> None:
    read = settings("characters: {agent: {name: 007}, no: {name: No}}")
    assert {key: role["name"] for key, role in read["characters"].items()} == {
        "agent": "007",
        "no": "No",
    }


def test_read_when_scenes_are_bare_words_then_texts() -> None:
    board = read_user_yaml(Storyboard, b"title: Off\nscenes: [Yes, 007, {text: 9}]", "s.yaml")
    assert (board.title, [scene.text for scene in board.scenes]) == ("Off", ["Yes", "007", "9"])


def test_read_when_sections_are_merged_then_their_own_keys_win() -> None:
    read = settings("characters:\n  a: &a {name: A, description: tall}\n  b: {<<: *a, name: B}\n")
    assert read["characters"]["b"] == {"name": "B", "description": "tall"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "sampling:\n  mode: fps\nsampling:\n  mode: scene\n",
            "line 3, sampling: is given again, first in line 1, keep one of them",
        ),
        (
            "crop: {side: 600,\n side: 700}",
            "line 2, crop.side: is given again, first in line 1, keep one of them",
        ),
        (
            "sampling:\n  interval_seconds: yes",
            "line 2, sampling.interval_seconds: is yes, write a number",
        ),
        (
            "sampling: {interval_seconds: true}",
            "line 1, sampling.interval_seconds: is true, write a number",
        ),
        ("deployment: {hours: 1:30}", "line 1, deployment.hours: is 1:30, write a number"),
        (
            "sampling: {min_sharpness: inf}",
            "line 1, sampling.min_sharpness: is inf, write a number",
        ),
        (
            "sampling: {min_sharpness: .NaN}",
            "line 1, sampling.min_sharpness: is .NaN, write a number",
        ),
        ("training: {steps: 1.5}", "line 1, training.steps: is 1.5, write a whole number"),
        (
            "training: {automatic: maybe}",
            "line 1, training.automatic: is maybe, write true or false",
        ),
        (
            "\ndeduplication:\n  treshold: 0.9",
            "line 3, deduplication.treshold: is unknown, did you mean `threshold`?",
        ),
        ("naming: {zzz: 1}", "line 1, naming.zzz: is unknown, known here: kind, threshold, margin"),
        ("crop: {side: 3}", "line 1, crop.side: is 3, it must be at least 512"),
        ("crop: {format: gif}", "line 1, crop.format: is gif, write jpeg or png"),
        ("finder: {labels: []}", "line 1, finder.labels: is empty, write at least 1"),
        (
            "finder: {labels: Person}",
            "line 1, finder.labels: is Person, write a list, such as [first, second]",
        ),
        (
            "characters: {buck: }",
            "line 1, characters.buck: is empty, write keys below it, each with a value",
        ),
        ("characters: {buck: {description: tall}}", "line 1, characters.buck.name: is missing"),
        (
            "characters: {Big Buck: {name: Buck}}",
            "line 1, characters.Big Buck: write this key in small letters, digits and hyphens",
        ),
        ("- a", "the file: does not fit, write keys below it, each with a value"),
        (
            "credit: !!set x",
            "line 1, credit: the tag tag:yaml.org,2002:set is unknown, leave it out",
        ),
        ("? [a, b]\n: c", "line 1, the file: a key must be a single word"),
        ("training: {steps: " + "9" * 5000 + "}", "is no number"),
    ],
)
def test_read_when_impossible_then_line_key_and_what_to_write(text: str, fault: str) -> None:
    assert fault in refusal(text)


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        ("[-4, 40, 300, 400]", "box: has -4, and a film's pixels are counted from 0"),
        ("[300, 40, 4, 400]", "box: [300, 40, 4, 400] encloses nothing, write left, top, right"),
        ("[4, 40, 4, 400]", "box: [4, 40, 4, 400] encloses nothing"),
        ("[4, 40, 300]", "box[3]: is missing"),
    ],
)
def test_read_when_a_box_is_impossible_then_says_why(box: str, fault: str) -> None:
    reference = f"{{film: a.mp4, timecode_seconds: 3, box: {box}}}"
    text = f"characters:\n  buck: {{name: Buck, references: [{reference}]}}"
    assert f"line 2, characters.buck.references[0].{fault}" in refusal(text)


def test_read_when_the_size_is_a_shape_then_says_what_to_write() -> None:
    fault = "line 1, size: is 16:9, write width and height in pixels, such as 1280x720"
    assert fault in refusal("size: 16:9\nscenes: [a]", Storyboard)


def test_read_when_the_only_scene_is_wrong_then_the_list_is_not_called_empty() -> None:
    faults = refusal("scenes:\n- Buck: smiles", Storyboard)
    assert "Buck: is unknown" in faults
    assert "is empty" not in faults


def test_read_when_many_faults_then_all_by_line_each_once() -> None:
    answer = refusal("review: nobody\ncrop: {side: 3}\nsampling: {mode: fast}\nsampling: {}")
    assert [part.split(",")[0] for part in answer.removeprefix("s.yaml: ").split("; line")] == [
        "line 1",
        " 2",
        " 3",
        " 4",
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"\x80\x81", "s.yaml is not UTF-8 text"),
        ("credit: Café".encode("utf-16"), "s.yaml is not UTF-8 text"),
        (b"credit: \x00", "not YAML"),
        (b"a: [", "s.yaml, line 1 is not YAML"),
        (b"a: 1\n---\nb: 2", "line 2 is not YAML"),
        (b"a: &x [*x]", "line 1 contains itself through an alias"),
        (b"[" * 5000, "nested more than 20 levels deep"),
        (b"x" * (LIMIT_BYTES + 1), "bytes, more than"),
        (b"\n".join(b"k%d: 1" % at for at in range(LIMIT_VALUES + 1)), "more than 20,000 values"),
    ],
)
def test_read_when_it_is_no_yaml_or_too_much_then_refused(text: bytes, answer: str) -> None:
    assert answer in refusal(text)


def test_read_when_aliases_stand_for_millions_then_refused_before_they_are_written_out() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    assert "more than 20,000 values, aliases written out" in refusal("\n".join(lines))


def test_read_when_thousands_of_keys_are_unknown_then_the_message_stays_short() -> None:
    answer = refusal("\n".join(f"key{at}: 1" for at in range(900)))
    assert answer.endswith(f"; and {900 - MOST_FAULTS} more faults")
    assert len(answer) < 8_000


KEYS = st.sampled_from(
    ["sampling", "crop", "side", "name", "characters", "references", "box", "<<", "", "a b"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_read_when_any_yaml_comes_then_a_model_or_one_short_refusal(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True).encode()
    for model in (Settings, Storyboard):
        try:
            read_user_yaml(model, text, "s.yaml")
        except SettingsRefused as refused:
            assert len(refused.reason) < 10_000
            assert "pydantic" not in refused.reason


@given(st.binary(max_size=200))
def test_read_when_any_bytes_come_then_a_model_or_a_refusal(text: bytes) -> None:
    try:
        read_user_yaml(Settings, text, "s.yaml")
    except SettingsRefused as refused:
        assert refused.advice
