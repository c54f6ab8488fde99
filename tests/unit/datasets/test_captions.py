import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onmodel.contracts.characters import Character
from onmodel.contracts.hand_written import name
from onmodel.datasets.captions import caption_of, repeated_trait
from onmodel.datasets.prompting import CaptionSubject
from onmodel.trainers.bedrock.limits import LIMITS as TRAINER_LIMITS

LIMITS = TRAINER_LIMITS.dataset

CAST = {
    "buck": Character(
        name="Buck", description="a big grey rabbit with round cheeks, kind, lives under an old oak"
    ),
    "frank": Character(name="Frank Squirrel", description="flying squirrel; cruel grin"),
}
BUCK = CaptionSubject(character="buck", characters=CAST)
NOBODY = CaptionSubject(character=None, characters=CAST)
GOOD = "Buck stretches in the morning sun while a butterfly settles on his nose."


def answer(text: object) -> str:
    return json.dumps({"alt_text": text})


@pytest.mark.parametrize(
    "given_answer",
    [
        answer(GOOD),
        f"  {answer(GOOD)}\n",
        f"```json\n{answer(GOOD)}\n```",
        answer(GOOD.replace(" ", "\n ", 3)),
        f"Here you are: {answer(GOOD)} Tell me if it should be shorter.",
        f"<think>A rabbit? {answer('no')} Yes.</think>\n{answer(GOOD)}",
        f"```JSON\n{answer(GOOD)}\n```\nDone.",
        f"\ufeff{answer(GOOD)}",
        answer(GOOD) + "\n" + answer(GOOD),
        f'{{"alt_text": "{GOOD}",}}',
        '{"alt_text": "' + GOOD.replace(" while", "\nwhile") + '"}',
        answer(answer(GOOD)),
        answer(answer(answer(GOOD))),
        answer(GOOD.replace("Buck", "**Buck**")),
        answer(GOOD.replace("Buck", "\u202eBuck\u202c")),
        answer(GOOD.replace("nose", "n&#111;se")),
        answer(GOOD.replace("nose", "n&amp;#111;se")),
        answer(GOOD.replace("Buck", "_Buck_")),
        answer(GOOD.replace("Buck", "Bu\u00adck")),
        answer(f"Caption: {GOOD}"),
        answer(f"**Alt text:** {GOOD}"),
        answer(f"Image description: {GOOD}"),
        answer(f'"{GOOD}"'),
        answer(f"“{GOOD}”"),
        answer(f"«{GOOD}»"),
        answer(f"'{GOOD}'"),
        answer(f'Caption: "{GOOD}"'),
        answer(f"Sure! {GOOD}"),
        answer(f"Here is the description: {GOOD}"),
        answer(f"Certainly, here's a short description: {GOOD}"),
        answer(f"1. {GOOD}"),
        answer(f"- {GOOD}"),
        answer(f"# {GOOD}"),
        answer(f"{GOOD} (72 characters)"),
        answer(f"{GOOD} [13 words]."),
        answer(f"<p>{GOOD}</p>"),
        answer(GOOD.replace("Buck", "<b>Buck</b>")),
        answer(GOOD.replace("Buck", '<span class="x">Buck</span>').replace(" while", "<br/>while")),
        answer(GOOD.replace("Buck", "&lt;i&gt;Buck&lt;/i&gt;")),
    ],
)
def test_caption_of_when_the_answer_is_one_object_then_its_text(given_answer: str) -> None:
    assert caption_of(given_answer, BUCK, LIMITS) == (GOOD, ())


@pytest.mark.parametrize(
    ("given_answer", "fault"),
    [
        ("", "not one JSON object"),
        (GOOD, "not one JSON object"),
        (answer(GOOD) + answer("Buck sleeps."), "must stand once"),
        (answer("..."), "no description"),
        (answer("your text"), "no description"),
        (answer("Alt text here"), "no description"),
        (answer("I'm sorry, but I can't identify Buck by his face."), "no description"),
        (answer("Unable to determine what Buck is doing"), "no description"),
        (answer("Buck is not visible here"), "no description"),
        (answer("Je suis désolé, je ne peux pas identifier Buck."), "no description"),
        (answer("Es tut mir leid, Buck ist nicht zu erkennen."), "no description"),
        (answer("Lo siento, no puedo describir a Buck."), "no description"),
        (answer("申し訳ありませんが、Buckを特定できません。"), "no description"),
        (answer("抱歉,我无法识别 Buck。"), "no description"),
        (answer("I apologize, but Buck isn't recognizable."), "no description"),
        (answer("It is not clear what Buck is doing."), "no description"),
        (answer("The fog is too blurry to see Buck."), "no description"),
        (answer("Please provide the image of Buck."), "no description"),
        (answer("Przepraszam, ale nie mogę opisać Buck."), "no description"),
        (answer("Buck: [description]"), "no description"),
        (answer("Error: Buck image not found"), "no description"),
        (answer("Buck: N/A"), "no description"),
        (answer("undefined"), "no description"),
        (answer("Lorem ipsum dolor sit amet, Buck."), "no description"),
        (answer("Content filtered. Buck"), "no description"),
        (answer("Üzgünüm, Buck'ı tanımlayamıyorum."), "no description"),
        (answer("Xin lỗi, tôi không thể nhận dạng Buck."), "no description"),
        (answer("Buck [insert action here]"), "leave out brackets"),
        (answer("{name} and Buck stand in a field."), "leave out brackets"),
        (answer("[Buck](https://example.com) runs over the meadow."), "leave out brackets"),
        (answer("Buck \x9f runs"), "control characters"),
        (answer("Buck \ufffd runs over the meadow."), "could not be read"),
        (json.dumps([GOOD]), "not one JSON object"),
        ("[" * 100_000, "not one JSON object"),
        (json.dumps({"caption": GOOD}), "no other"),
        (json.dumps({"alt_text": GOOD, "confidence": 1}), "no other"),
        ('{"alt_text": "Buck a", "alt_text": "Buck b"}', "must stand once"),
        (answer(None), "must be a text"),
        (answer(["Buck"]), "must be a text"),
        (answer(""), "0 characters"),
        (answer("   \n "), "0 characters"),
        (answer("Buck " * 300), "1,499 characters"),
        (answer("Buck \x00 runs"), "control characters"),
        (answer("A rabbit stretches in the sun."), "name at least one main character (Buck, Frank"),
        (answer("A bucket stands in the sun."), "name at least one"),
        (answer("Buck, an animated character, stretches."), 'leave out "animated character"'),
        (answer("The image shows Buck asleep."), 'leave out "The image shows"'),
        (answer("A picture of Buck asleep."), 'leave out "A picture of"'),
        (answer("Buck sleeps in this picture."), 'leave out "in this picture"'),
        (answer("Buck puffs up his Round  Cheeks."), 'leave out "round cheeks"'),
        (answer("Buck beside Frank Squirrel with a cruel grin."), 'leave out "cruel grin"'),
        (
            answer("The generated text has been blocked by our content filters. Buck"),
            "content filter's notice",
        ),
    ],
)
def test_caption_of_when_the_answer_is_unfit_then_no_caption_and_the_fault(
    given_answer: str, fault: str
) -> None:
    caption, faults = caption_of(given_answer, BUCK, LIMITS)
    assert caption is None
    assert any(fault in result for result in faults), faults


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("ab", False),
        ("abc", True),
        ("a" * 1024, True),
        ("a" * 1025, False),
        ("a \x1b b", False),
        ("a \ud7ff b", True),
        ("a \ud800 b", False),
        ("a \udfff b", False),
        ("a \ue000 b", True),
    ],
)
def test_caption_of_when_length_or_letters_are_at_their_limits_then_taken_within(
    text: str, is_taken: bool
) -> None:
    caption, faults = caption_of(answer(text), NOBODY, LIMITS)
    assert (caption, bool(faults)) == ((text, False) if is_taken else (None, True))


def test_caption_of_when_a_picture_is_part_of_the_story_then_taken() -> None:
    text = "Buck holds up a picture of his mother in the frame of the door."
    assert caption_of(answer(text), BUCK, LIMITS) == (text, ())


@pytest.mark.parametrize("typed", ["1. FC", "Sure", "Ok", "# 7", "Number (9 words)"])
def test_caption_of_when_a_name_looks_like_a_models_first_words_then_kept(typed: str) -> None:
    subject = CaptionSubject(character="who", characters={"who": Character(name=typed)})
    text = f"{typed}, late as ever, runs over the meadow beside {typed}"
    assert caption_of(answer(text), subject, LIMITS) == (text, ())


def test_caption_of_when_several_things_are_wrong_then_all_are_told() -> None:
    _, faults = caption_of(
        answer("The picture shows a cartoon figure with a cruel grin"), BUCK, LIMITS
    )
    assert len(faults) == 3


def test_caption_of_when_nobody_was_recognised_then_no_name_is_needed() -> None:
    assert caption_of(answer("A bird lands on a branch."), NOBODY, LIMITS) == (
        "A bird lands on a branch.",
        (),
    )


def test_caption_of_when_another_main_character_is_named_then_taken() -> None:
    text = "Frank Squirrel's shadow falls over the clearing."
    assert caption_of(answer(text), BUCK, LIMITS) == (text, ())


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("Buck, a big grey rabbit with a flower", "big grey rabbit"),
        ("Buck lives under an old oak now", "lives under an old"),
        ("a kind look from Buck", None),
        ("Buck's cheeks are red", None),
        ("a grey morning, Buck yawns", None),
    ],
)
def test_repeated_trait_when_a_trait_stands_to_the_letter_then_found(
    text: str, trait: str | None
) -> None:
    assert repeated_trait(text, CAST["buck"]) == trait


@given(st.text(max_size=200))
def test_caption_of_when_given_any_text_then_a_caption_or_faults_never_both(text: str) -> None:
    for given_answer in (text, answer(text)):
        caption, faults = caption_of(given_answer, BUCK, LIMITS)
        assert (caption is None) == bool(faults)
        if caption is not None:
            assert 3 <= len(caption) <= 1024
            assert "buck" in caption.casefold() or "frank" in caption.casefold()
            caption.encode()


@pytest.mark.parametrize(
    "text",
    [
        'Buck holds a sign that says "no" while it rains on him, and on the "happy" butterfly.',
        '"Buck" and "Frank" are written on the two doors behind Buck, who looks at one.',
        "Buck counts: 1 < 2 and 3 > 2 are written on the board behind his shoulder today.",
        "Buck's friend is late, and so Buck waits under the oak until the butterflies' hour.",
    ],
)
def test_caption_of_when_quotes_and_signs_belong_to_the_description_then_kept(text: str) -> None:
    assert caption_of(answer(text), BUCK, LIMITS) == (text, ())


def is_allowed(text: str) -> bool:
    try:
        return name(text) == text
    except ValueError:
        return False


SIGNS = st.sampled_from("*_`<>&;'\"“”«»[](){}#:.,!?-/\\ abZé東ก🎬\u0301\u200d")
NAMES = st.one_of(
    st.text(SIGNS, min_size=1, max_size=12), st.text(min_size=1, max_size=30)
).filter(is_allowed)  # fmt: skip


@settings(max_examples=400)
@given(NAMES, st.sampled_from(["{}", "**{}**", "<b>{}</b>", '"{}"', "({})", "{}'s friend"]))
@example("*Star*", "{}")
@example("__init__", "**{}**")
@example("A&lt;B", "{}")
@example("A<b>", "{}")
@example("Sorry, I", "{}")
@example("cartoon character", "{}")
@example("[Star]", "{}")
@example("3D Animal", "{}")
def test_caption_of_when_it_has_any_allowed_name_then_the_name_is_found_as_typed(
    typed: str, written: str
) -> None:
    subject = CaptionSubject(character="who", characters={"who": Character(name=typed)})
    text = f"In the morning sun {written.format(typed)} stretches while a butterfly comes near."
    caption, faults = caption_of(answer(text), subject, LIMITS)
    assert faults == ()
    assert caption is not None and typed in caption
