from __future__ import annotations

from onmodel.contracts.drawings import Arm
from onmodel.judging.advice import LEAST_SCENES, ByScene, advise

HIGH: ByScene = {n: [0.8 + 0.01 * n] for n in range(LEAST_SCENES)}
LOW: ByScene = {n: [0.3 + 0.02 * n] for n in range(LEAST_SCENES)}
MIXED: ByScene = {n: [1.4 if n % 2 else 0.2] for n in range(LEAST_SCENES + 1)}


def verdicts(
    identity: dict[Arm, ByScene],
    cast: dict[Arm, ByScene] | None = None,
    prompt: dict[Arm, ByScene] | None = None,
) -> list[str]:
    others = {"cast": cast or {}, "prompt": prompt or {}}
    return [advice.verdict for advice in advise(identity, others)]


def test_advice_when_identity_differs_clearly_then_says_so() -> None:
    assert verdicts({"tuned": HIGH, "references": LOW, "base": LOW}) == [
        "better_than_references",
        "better_than_base",
    ]
    assert verdicts({"tuned": LOW, "references": HIGH, "base": HIGH}) == [
        "no_better_than_references",
        "worse_than_base",
    ]


def test_advice_when_references_are_better_then_the_training_was_not_worth_it() -> None:
    (advice,) = advise({"tuned": LOW, "references": HIGH}, {})
    assert advice.text == (
        "The trained model is no better than reference pictures given to the untrained model, which"
        " cost no training: identity -0.48 (-0.49 to -0.47). The training was not worth it."
    )


def test_advice_when_intervals_hold_zero_then_cannot_tell() -> None:
    assert verdicts({"tuned": HIGH, "references": MIXED}) == ["cannot_tell"]


def test_advice_when_few_scenes_then_cannot_tell_however_clear() -> None:
    few = {n: HIGH[n] for n in range(LEAST_SCENES - 1)}
    (advice,) = advise({"tuned": few, "references": LOW}, {})
    assert advice.verdict == "cannot_tell"
    assert "the number of scenes compared is 4, and 5 are needed" in advice.text


def test_advice_when_identity_is_better_and_the_cast_worse_then_cannot_tell() -> None:
    identity: dict[Arm, ByScene] = {"tuned": HIGH, "references": LOW}
    assert verdicts(identity, {"tuned": LOW, "references": HIGH}) == ["cannot_tell"]
    assert verdicts(identity, {"tuned": HIGH, "references": HIGH}) == ["better_than_references"]


def test_advice_when_identity_is_alike_and_the_cast_worse_then_not_worth_it() -> None:
    found = verdicts({"tuned": HIGH, "references": MIXED}, {"tuned": LOW, "references": HIGH})
    assert found == ["no_better_than_references"]


def test_advice_when_it_is_nearer_but_draws_the_scenes_worse_then_cannot_tell_and_why() -> None:
    identity: dict[Arm, ByScene] = {"tuned": HIGH, "base": LOW}
    (advice,) = advise(identity, {"cast": {}, "prompt": {"tuned": LOW, "base": HIGH}})
    assert advice.verdict == "cannot_tell"
    assert "identity +0.48 (+0.47 to +0.49), prompt -0.48 (-0.49 to -0.47)" in advice.text
    assert verdicts(identity, None, {"tuned": HIGH, "base": HIGH}) == ["better_than_base"]


def test_advice_when_one_scene_was_asked_about_then_compared_without_an_interval() -> None:
    (advice,) = advise(
        {"tuned": HIGH, "base": LOW}, {"prompt": {"tuned": {1: [0.25]}, "base": {1: [0.75]}}}
    )
    assert advice.verdict == "better_than_base"
    assert "prompt -0.50 (one scene)" in advice.text


def test_advice_when_nothing_was_drawn_by_the_trained_model_then_none() -> None:
    assert advise({"references": HIGH, "base": LOW}, {}) == ()
