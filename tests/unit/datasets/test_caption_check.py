from collections.abc import Sequence

import pytest

from onmodel.contracts.caption_checks import CaptionFaultKind
from onmodel.contracts.characters import Character
from onmodel.datasets.caption_check import (
    CaptionText,
    compare_captions,
    gravity,
    own_faults,
)

CAST = {
    "buck": Character(name="Buck", description="a big grey rabbit with round cheeks, kind"),
    "frank": Character(name="Frank", description="a flying squirrel"),
}
NAME, TRAIT = CaptionFaultKind.NAME, CaptionFaultKind.TRAIT
FIGURE, SHARED = CaptionFaultKind.FIGURE, CaptionFaultKind.SHARED


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Buck yawns below a tree.", []),
        ("Buck and Frank yawn.", []),
        ("Frank yawns below a tree.", [NAME]),
        ("A rabbit yawns below a tree.", [NAME]),
        ("A bucket stands below a tree.", [NAME]),
        ("Grey-furred Buck yawns.", [TRAIT]),
        ("A cartoon rabbit named Buck yawns.", [TRAIT]),
        ("Buck puffs up his round cheeks.", [TRAIT]),
        ("In this scene, Buck yawns.", [SHARED]),
        ("In this scene, a cartoon squirrel named Frank yawns.", [NAME, TRAIT, SHARED]),
        ("Buckは木の下で眠る", []),
    ],
)
def test_caption_when_looked_at_by_itself_then_these_faults(
    text: str, kinds: Sequence[CaptionFaultKind]
) -> None:
    assert [fault.kind for fault in own_faults(CaptionText(text, "buck"), CAST)] == kinds


def test_caption_when_it_has_a_longer_name_than_its_character_then_the_wrong_name() -> None:
    cast = {"buck": Character(name="Buck"), "bunny": Character(name="Buck Bunny")}
    (fault,) = own_faults(CaptionText("Buck Bunny yawns.", "buck"), cast)
    assert fault.told == "The caption names Buck Bunny, not Buck"
    assert own_faults(CaptionText("Buck Bunny yawns.", "bunny"), cast) == ()
    (missed,) = own_faults(CaptionText("Buck Bunny yawns.", "bunny", ("buck",)), cast)
    assert missed.kind == FIGURE


def test_caption_when_nobody_was_recognised_then_any_name_will_do() -> None:
    assert own_faults(CaptionText("Frank yawns.", None), CAST) == ()
    assert own_faults(CaptionText("Somebody yawns.", "nobody-knows"), CAST) == ()


def test_caption_when_another_figure_is_seen_then_its_name_is_missed() -> None:
    (fault,) = own_faults(CaptionText("Buck yawns.", "buck", also_seen=("frank",)), CAST)
    assert (fault.kind, "say what Frank does" in fault.words) == (FIGURE, True)
    assert own_faults(CaptionText("Buck and Frank yawn.", "buck", ("frank",)), CAST) == ()
    assert own_faults(CaptionText("Buck yawns.", "buck", ("buck", "nobody-knows")), CAST) == ()


def test_gravity_when_several_faults_then_more_than_of_each() -> None:
    wrong = own_faults(CaptionText("Grey-eyed Frank yawns.", "buck"), CAST)
    assert gravity(wrong) == 7
    assert gravity(()) == 0


def test_check_when_all_are_good_then_nothing_is_found() -> None:
    texts = [CaptionText("Buck yawns.", "buck"), CaptionText("Frank runs.", "frank")]
    checked = compare_captions(texts, CAST)
    assert checked.faults == ((), ())
    assert (checked.scores.captions, checked.scores.faultless_percent) == (2, 100.0)
    assert compare_captions([], CAST).scores.faultless_percent == 100.0


def test_check_when_a_caption_has_two_faults_of_a_kind_then_it_counts_once() -> None:
    texts = [CaptionText("Grey-furred Buck and the long-armed Frank run.", "buck")]
    scores = compare_captions(texts, CAST).scores
    assert (scores.faulty, scores.faults, scores.faultless_percent) == (1, {TRAIT: 1}, 0.0)
