import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.errors import SettingsRefused
from onmodel.formats.user_yaml import LIMIT_BYTES, MOST_FAULTS, read_user_yaml, user_yaml_notices
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
        ("embedding: {dimensions: '256'}", {"embedding": {"dimensions": 256}}),
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
        ("- a", "the file: is a list, write keys below it, each with a value"),
        ("characters: [Buck]", "line 1, characters: is a list, write keys below it, each with"),
        ("finder: {labels: {a: }}", "line 1, finder.labels: has keys below it, write a list"),
        (
            "naming: {kind: face}",
            "line 1, naming.kind[0]: is face, write embeddings, faces or cluster",
        ),
        (
            "credit: !!set x",
            "line 1, credit: the tag tag:yaml.org,2002:set is unknown, leave it out",
        ),
        ("? [a, b]\n: c", "line 1, the file: a key must be a single word"),
        ("training: {steps: " + "9" * 5000 + "}", "is no number"),
        ("sampling: {min_sharpness: 1e400}", "min_sharpness: 1e400 is no number that can be used"),
        ("sampling: {min_sharpness: 1e300}", "min_sharpness: is 1e300, it must be at most 10000"),
        ("crop: {min_figure_pixels: 9999}", "min_figure_pixels: is 9999, it must be at most 4320"),
        ("training: {max_share: 1e9}", "training.max_share: is 1e9, it must be at most 10000"),
        ("deployment: {hours: 1e-9}", "line 1, deployment.hours: is 1e-9, it must be at least 0.1"),
        ("finder: {labels: ['']}", "line 1, finder.labels[0]: is blank, write a name"),
        ('credit: "a\\nb"', "line 1, credit: has a line break or a tab, write it on one line"),
        ('credit: "a\\0b"', "line 1, credit: has the control character U+0000"),
        ('credit: "a \\u202eb"', "line 1, credit: has the invisible character U+202E, delete it"),
        ('credit: "\\ud800"', "line 1, credit: has the character U+D800"),
        ("CREDIT: x", "line 1, CREDIT: is unknown, did you mean `credit`?"),
        ("training: {steps: 9}", "line 1, training.steps: is 9, write a number from 10 to 20,000"),
        ("training: {bedrock: {steps: 20001}}", "training.bedrock.steps: is 20,001, write a"),
        ("training: {batch_size: 1}", "training.batch_size: is 1, write a number from 8 to 192"),
        ("training: {learning_rate: 0.5}", "is 0.5, write a number from 1e-07 to 0.0001"),
        ("training: {sagemaker: {steps: 1000000}}", "steps: is 1e+06, write a number from 10 to"),
        ("training: {sagemaker: {rank: 512}}", "rank: is 512, write a number from 4 to 256"),
        ("training: {sagemaker: {learning_rate: 0.5}}", "write a number from 1e-06 to 0.001"),
        (
            "captions: {min_words: 50, max_words: 30}",
            "line 1, captions: min_words is 50, more than max_words, which is 30",
        ),
        (
            "training: {min_pictures: 50, max_pictures: 20}",
            "line 1, training: min_pictures is 50, more than max_pictures, which is 20",
        ),
        (
            "training: {min_per_character: 9, max_per_character: 8}",
            "line 1, training: min_per_character is 9, more than max_per_character, which is 8",
        ),
        (
            "sampling: {frames_per_second: 2}",
            "sampling: frames_per_second is read only with mode fps, and the mode is interval",
        ),
        (
            "sampling: {mode: fps, interval_seconds: 2}",
            "interval_seconds is read only with mode interval or keyframes or scene, and the mode",
        ),
        ("sampling: {frames_per_shot: 2}", "frames_per_shot is read only with mode scene"),
        (
            "characters:\n  a: {name: Cafe\u0301}\n  b: {name: CAFÉ}",
            "line 1, characters: a and b are both called CAFÉ, give each its own name",
        ),
        (
            "characters:\n  a: {name: B}\n  b: {name: C}",
            "a is called B, and b is the key of another character, rename one of them",
        ),
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
        ("[0, 0, 99999999999999999999, 9]", "box: has 99999999999999999999, and no film has more"),
    ],
)
def test_read_when_a_box_is_impossible_then_says_why(box: str, fault: str) -> None:
    reference = f"{{film: a.mp4, timecode_seconds: 3, box: {box}}}"
    text = f"characters:\n  buck: {{name: Buck, references: [{reference}]}}"
    assert f"line 2, characters.buck.references[0].{fault}" in refusal(text)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("film: '', timecode_seconds: 3", "film: is empty, write the film's file name"),
        ("film: ' ', timecode_seconds: 3", "film: is empty, write the film's file name"),
        ("film: a.mp4, timecode_seconds: 1e9", "timecode_seconds: is 1e9, it must be at most"),
    ],
)
def test_read_when_a_place_in_a_film_is_impossible_then_says_why(place: str, fault: str) -> None:
    reference = f"{{{place}, box: [1, 2, 3, 4]}}"
    text = f"characters:\n  buck: {{name: Buck, references: [{reference}]}}"
    assert f"line 2, characters.buck.references[0].{fault}" in refusal(text)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("'  '", "is blank, write a name"),
        ('"Bu\\u200bck"', "has the invisible character U+200B, delete it"),
        ('"\\u202eBuck"', "has the invisible character U+202E, delete it"),
        ('"Big\\nBuck"', "has a line break or a tab, write it on one line"),
        ('"Big\\tBuck"', "has a line break or a tab, write it on one line"),
        ('"Buck\\u200d"', "begins or ends with an invisible character, delete it"),
        ("'...'", "has no letter, digit or symbol, write a name"),
        ("'*'", "has no letter, digit or symbol, write a name"),
    ],
)
def test_read_when_a_name_cannot_be_seen_or_said_then_says_why(name: str, fault: str) -> None:
    text = f"characters:\n  buck: {{name: {name}}}"
    assert refusal(text) == f"s.yaml: line 2, characters.buck.name: {fault}"
    assert (
        refusal(f"characters: [{name}]\nscenes: [a]", Storyboard)
        == (f"s.yaml: line 1, characters[0]: {fault}")
        or name == "'  '"
    )


@pytest.mark.parametrize(
    "name",
    ["'*Star*'", "__init__", "A&lt;B", "👨‍👩‍👧", "می‌خواهم", "R2-D2", "O'Neil", "北京", "7"],
)
def test_read_when_a_name_is_strange_and_can_be_said_then_kept(name: str) -> None:
    read = settings(f"characters: {{buck: {{name: {name}}}}}")
    assert read["characters"]["buck"]["name"] == name.strip("'" if name.startswith("'") else "")


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ("0", "0x0"),
        ("-5", "-5x-5"),
        ("[0, 720]", "0x720"),
        ("99999x2", "99999x2"),
        ("1280.5", "1280.5"),
    ],
)
def test_read_when_no_picture_has_such_a_size_then_says_what_to_write(
    size: str, shown: str
) -> None:
    fault = f"line 1, size: is {shown}, write width and height in pixels, such as 1280x720"
    assert fault in refusal(f"size: {size}\nscenes: [a]", Storyboard)


@pytest.mark.parametrize(
    ("text", "section", "low", "high"),
    [
        ("captions: {max_words: 10}", "captions", "min_words", "max_words"),
        ("captions: {min_words: 90}", "captions", "min_words", "max_words"),
        ("training: {max_per_character: 3}", "training", "min_per_character", "max_per_character"),
    ],
)
def test_read_when_one_of_two_limits_is_written_then_the_other_ones_default_moves(
    text: str, section: str, low: str, high: str
) -> None:
    read = getattr(read_user_yaml(Settings, text.encode(), "s.yaml"), section)
    assert getattr(read, low) == getattr(read, high)
    assert len(read.model_fields_set) == 1


@pytest.mark.parametrize(
    "stored",
    [
        {"captions": {"min_words": 50, "max_words": 30}},
        {"training": {"min_pictures": 50, "max_pictures": 20, "min_per_character": 99_999}},
        {"sampling": {"frames_per_second": 2, "min_sharpness": 1e300}},
        {"training": {"steps": 1, "sagemaker": {"steps": 1, "rank": 1, "learning_rate": 0.5}}},
        {"finder": {"labels": [""]}, "credit": "a\nb", "crop": {"min_figure_pixels": 99_999}},
        {"characters": {"a": {"name": "Bu\u200bck"}, "b": {"name": "BU\u200bCK"}}},
        {
            "characters": {
                "a": {
                    "name": " ",
                    "references": [{"film": "", "timecode_seconds": 1e9, "box": [0, 0, 99_999, 1]}],
                }
            }
        },
    ],
)
def test_settings_when_stored_before_a_check_existed_then_read_unchanged(
    stored: dict[str, Any],
) -> None:
    read = Settings.model_validate_json(json.dumps(stored)).model_dump(
        mode="json", exclude_unset=True
    )
    assert read == stored


def test_read_when_an_arm_is_written_twice_then_says_what_to_write() -> None:
    fault = "line 1, arms: has tuned more than once, write it once"
    assert fault in refusal("arms: [tuned, base, tuned]\nscenes: [a]", Storyboard)
    stored = Storyboard.model_validate({"arms": ["tuned", "tuned"], "scenes": ["a"]})
    assert stored.arms == ("tuned", "tuned")


@pytest.mark.parametrize("arm", ["tunned", "step-5", "step-0005000"])
def test_read_when_an_arm_is_unknown_then_says_what_to_write(arm: str) -> None:
    fault = f"line 1, arms[1]: is {arm}, write tuned, references, base or checkpoints"
    assert fault in refusal(f"arms: [base, {arm}]\nscenes: [a]", Storyboard)


def test_read_when_the_size_is_a_shape_then_says_what_to_write() -> None:
    fault = "line 1, size: is 16:9, write width and height in pixels, such as 1280x720"
    assert fault in refusal("size: 16:9\nscenes: [a]", Storyboard)


@pytest.mark.parametrize("text", ["\\u200b", "...", " \\ufeff\\u3000"])
def test_read_when_nothing_of_a_scene_can_be_seen_then_refused(text: str) -> None:
    fault = "line 1, scenes[0].text: has no letter, digit or symbol, write a text"
    assert fault in refusal(f'scenes: ["{text}"]', Storyboard)


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
        (b"a: &x [*x]", "line 1: contains itself through an alias"),
        (b"[" * 5000, "nested more than 20 levels deep"),
        (b"x" * (LIMIT_BYTES + 1), "bytes, more than"),
        (b"\n".join(b"k%d: 1" % at for at in range(LIMIT_VALUES + 1)), "more than 20,000 values"),
    ],
)
def test_read_when_it_is_no_yaml_or_too_much_then_refused(text: bytes, answer: str) -> None:
    assert answer in refusal(text)


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("a: 1\n\nb: \x07", 3, "has the control character U+0007, which no text can have"),
        ("a: 1\nb: \ufffe", 2, "has the character U+FFFE, which no text can have, delete it"),
        ("a:\n\t- b", 2, "is indented with a tab, indent with spaces"),
        ("...", 1, "has `...`, which ends the text for YAML, delete it"),
        ("a: 1\n...\nb: 2", 3, "begins a second document, write all into one"),
        ("a: @b", 1, "has a value that begins with '@', quote it"),
        ("a: `b`", 1, "has a value that begins with '`', quote it"),
        ("a: b: c", 1, "has a colon that does not fit: quote a value that has one"),
        ("a:b\nc: d", 2, "leave a space after the colon of a key"),
        ("a: - b", 1, "has a `-` after a key, begin the list on the next line"),
        ("a: ? b", 1, "has a `?` that means a key in YAML, quote the value"),
        ("a: 1\nb: 'c\nd: e", 2, "opens a quote that is never closed"),
        ('a: "C:\\dogs"', 1, "has a backslash in double quotes, write single quotes"),
        ('a: "\\xZZ"', 1, "has a backslash in double quotes, write single quotes"),
        ("a: |x\n b", 1, "has text after `|` or `>`, begin it on the next line"),
        ("a: *Star*", 1, "has a value that begins with `*` or `&`, quote it"),
        ("a: *star", 1, "refers with `*` to something that no `&` names, or needs quotes"),
        ("a: &x 1\nb: &x 2", 2, "gives a name with `&` that another line has given"),
        ("a: 1\nb: [c,\nd", 2, "has a list in [ ] that lacks a comma or its end"),
        ("a: {b: 1", 1, "has keys in { } that lack a comma or their end"),
        ("a: 1\n'b' 2\nc: 1", 2, "has a key without a colon, write `key: value`"),
        ("a: ]", 1, "has a `]` that nothing opens, delete or quote it"),
        ("? a\n: [", 2, "opens a list or section that is never closed"),
        ("a: 'it's'", 1, "has text after the closing quote"),
        ("a:\n  b: 1\n c: 2", 3, "is not indented as what it belongs to"),
        ("a: 1\n- b", 2, "is not indented as what it belongs to"),
        ("a: 1\n---\nb: 2", 2, "begins a second document, write all into one"),
        ("a: !x!y b", 1, "has a value that begins with `!`, quote it"),
        ("%YAML x\n---\na: b", 1, "begins with `%`, which YAML takes for an instruction, quote it"),
    ],
)
def test_read_when_it_is_no_yaml_then_the_line_and_what_to_write(
    text: str, line: int, fault: str
) -> None:
    answer = refusal(text)
    assert answer.startswith(f"s.yaml, line {line}: ")
    assert fault in answer


PYYAMLS_WORDS = re.compile(
    r"found|expected|while (?:parsing|scanning)|token|scalar|<\w|block|flow|unacceptable|special"
)


@given(
    st.lists(
        st.sampled_from(
            ["a", ": ", ":", "\n", "  ", "\t", "- ", "'", '"', "[", "]", "{", "}", ",", "&x ", "*x",
             "!t ", "|", ">", "#", "%", "@", "`", "?", "---\n", "...\n", "\\", "\x07", "<<"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_read_when_signs_of_yaml_are_mixed_then_no_words_of_the_parser(parts: list[str]) -> None:
    try:
        read_user_yaml(Settings, "".join(parts).encode(), "s.yaml")
    except SettingsRefused as refused:
        said = re.sub(r"known here: .*|is unknown.*", "", refused.reason)
        assert not PYYAMLS_WORDS.search(said), said


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("credit: #1 film", "line 1, credit: #1 film is a comment and no part of the value"),
        ("\ncredit: Film #1", "line 2, credit: #1 is a comment and no part of the value"),
        (
            "characters:\n  buck:\n    name: Agent #7",
            "line 3, characters.buck.name: #7 is a comment and no part of the value",
        ),
        ("finder:\n  labels:\n  - Person #not", "line 3, finder.labels[0]: #not is a comment"),
    ],
)
def test_notices_when_a_value_may_go_on_as_a_comment_then_did_you_mean_quotes(
    text: str, notice: str
) -> None:
    read_user_yaml(Settings, text.encode(), "s.yaml")
    (only,) = user_yaml_notices(text.encode(), "s.yaml")
    assert only.startswith(notice) and only.endswith("did you mean quotes?")


@pytest.mark.parametrize(
    "text",
    ["credit: a # comment", "credit: '#1'", "credit: a#b", "crop: {side: 600} #why", "#credit: a",
     "crop:\n  side: 600 #pixels", "credit: # whose", "sampling: #!", "credit: a\n#next"],
)  # fmt: skip
def test_notices_when_comments_are_comments_then_none(text: str) -> None:
    assert user_yaml_notices(text.encode(), "s.yaml") == ()


def test_read_when_a_value_has_semicolons_then_its_fault_stays_one() -> None:
    assert ";" not in refusal("crop: {side: 'a; b; c'}")


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


def test_read_when_the_reason_ends_with_a_question_then_no_full_stop_behind_it() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_user_yaml(Settings, b"Credit: x", "s.yaml")
    assert "did you mean `credit`? Correct it" in str(refused.value)
