import json

import pytest

from onmodel.contracts.characters import Character
from onmodel.contracts.framing import FigurePlace, Framing
from onmodel.contracts.settings import CaptionSettings
from onmodel.datasets.captions import caption_of
from onmodel.datasets.prompting import (
    EXAMPLES,
    CaptionSubject,
    caption_cache_parameters,
    caption_prompt,
    repair_prompt,
)
from onmodel.trainers.bedrock.limits import LIMITS as TRAINER_LIMITS

LIMITS = TRAINER_LIMITS.dataset

CAST = {
    "frank": Character(name="Frank", description="flying squirrel\nwith a grin"),
    "buck": Character(name="Buck", description="a big grey rabbit {kind}"),
}
BUCK = CaptionSubject(character="buck", characters=CAST)


def test_caption_prompt_when_made_then_tells_everyone_and_whom_the_crop_shows() -> None:
    prompt = caption_prompt(BUCK, CaptionSettings())
    assert "20 to 30 words" in prompt.system
    assert "- Buck: a big grey rabbit {kind}\n- Frank: flying squirrel with a grin\n" in prompt.task
    assert "was recognised as Buck." in prompt.task
    assert prompt.task.endswith('{"alt_text": "your text"}')


def test_caption_prompt_when_nobody_was_recognised_then_says_so() -> None:
    stranger = CaptionSubject(character=None, characters={})
    task = caption_prompt(stranger, CaptionSettings()).task
    assert "Nobody in this picture was recognised" in task
    assert "(none are known yet" in task


def test_caption_prompt_when_others_were_recognised_beside_then_tells_who() -> None:
    pair = CaptionSubject(character="buck", characters=CAST, beside=("frank",))
    told = "was recognised as Buck. Recognised beside it: Frank.\n"
    assert told in caption_prompt(pair, CaptionSettings()).task
    assert "beside it" not in caption_prompt(BUCK, CaptionSettings()).task


@pytest.mark.parametrize(
    ("place", "framing", "told"),
    [
        (FigurePlace.MIDDLE, None, "The figure in the middle of this picture was recognised as"),
        (None, None, "The figure of this picture was recognised as Buck.\n"),
        (FigurePlace.LEFT, Framing.PART, "on the left of this picture was recognised as Buck. A p"),
        (None, Framing.HEAD, "Buck. The picture shows its head and no more than its shoulders.\n"),
    ],
)
def test_caption_prompt_when_place_and_framing_are_known_then_tells_them(
    place: FigurePlace | None, framing: Framing | None, told: str
) -> None:
    subject = BUCK.model_copy(update={"place": place, "framing": framing})
    task = caption_prompt(subject, CaptionSettings()).task
    assert told in task
    assert ("in the middle" in task) == (place == FigurePlace.MIDDLE)


def test_caption_prompt_when_a_look_is_known_then_tells_its_name() -> None:
    subject = BUCK.model_copy(update={"look": "winter coat", "framing": Framing.FULL})
    task = caption_prompt(subject, CaptionSettings()).task
    told = "as Buck. Its look is called “winter coat”: use these words for it. No part of it is out"
    assert told in task


def test_caption_prompt_when_nobody_was_recognised_then_no_place_is_told() -> None:
    stranger = CaptionSubject(
        character=None, characters=CAST, place=FigurePlace.LEFT, framing=Framing.FULL
    )
    task = caption_prompt(stranger, CaptionSettings()).task
    assert "on the left" not in task and "outside of the picture" not in task


def test_caption_prompt_when_guided_then_the_wish_stands_among_the_rules() -> None:
    prompt = caption_prompt(BUCK, CaptionSettings(guidance="Name the {time} of day.\n\nPlease."))
    assert "- Name the {time} of day. Please.\n" in prompt.task


def test_caption_prompt_when_its_own_examples_are_judged_then_they_pass() -> None:
    cast = {"mina": Character(name="Mina"), "otto": Character(name="Otto")}
    for example in EXAMPLES:
        subject = CaptionSubject(character="otto", characters=cast)
        assert caption_of(json.dumps({"alt_text": example}), subject, LIMITS) == (example, ())
        assert 20 <= len(example.split()) <= 30


def test_caption_cache_parameters_when_anything_said_changes_then_another_key() -> None:
    captions = CaptionSettings()

    def key(subject: CaptionSubject, used: CaptionSettings) -> str:
        return repr(sorted(caption_cache_parameters(caption_prompt(subject, used), used).items()))

    frank = CaptionSubject(character="frank", characters=CAST)
    fewer = CaptionSubject(character="buck", characters={"buck": CAST["buck"]})
    keys = {
        key(BUCK, captions),
        key(frank, captions),
        key(fewer, captions),
        key(BUCK, CaptionSettings(temperature=0.9)),
        key(BUCK, CaptionSettings(max_words=40)),
        key(BUCK, CaptionSettings(guidance="Be brief.")),
        key(CaptionSubject(character="buck", characters=CAST, beside=("frank",)), captions),
    }
    assert len(keys) == 7
    shuffled = CaptionSubject(character="buck", characters=dict(reversed(CAST.items())))
    assert key(shuffled, captions) in keys


def test_repair_prompt_when_faults_are_given_then_each_is_named() -> None:
    prompt = repair_prompt(["the answer is not one JSON object", 'leave out "cartoon figure"'])
    assert '- the answer is not one JSON object\n- leave out "cartoon figure"\n' in prompt
    assert prompt.endswith('{"alt_text": "your text"}')
