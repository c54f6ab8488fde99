from __future__ import annotations

import pytest

from onmodel.contracts.trainings import Checkpoint
from onmodel.judging.advice import LEAST_SCENES
from onmodel.judging.checkpoints import DrawnByCheckpoint, choose_checkpoint

KEPT = tuple(
    Checkpoint(step=step, validation_loss=loss)
    for step, loss in ((250, 0.6), (500, 0.4), (750, 0.3))
)


def drawn(mean: float, *, scenes: int = LEAST_SCENES + 1, copies: int = 0) -> DrawnByCheckpoint:
    """Identity around the mean, the same way in each scene; `copies` of ten pictures are copies."""
    identity = {scene: [mean + 0.02 * (-1) ** scene] for scene in range(1, scenes + 1)}
    return DrawnByCheckpoint(identity, [place < copies for place in range(10)])


def mixed(mean: float) -> DrawnByCheckpoint:
    """As high on the mean, and higher or lower from scene to scene."""
    return DrawnByCheckpoint(
        {scene: [mean + 0.3 * (-1) ** scene] for scene in range(1, LEAST_SCENES + 2)}, [False] * 10
    )


def chosen(*drawings: DrawnByCheckpoint) -> tuple[int | None, str]:
    found = choose_checkpoint(dict(zip((250, 500, 750), drawings, strict=True)), KEPT)
    assert found is not None
    step, advice = found
    assert advice.verdict == ("cannot_tell" if step is None else "checkpoint_chosen")
    return step, advice.text


def test_choose_when_identity_differs_then_the_highest_whatever_the_losses() -> None:
    assert chosen(drawn(0.8), drawn(0.5), drawn(0.6)) == (
        250,
        "The checkpoint of step 250 draws from now on: identity 0.80; step 500 and step 750 reached"
        " less.",
    )


def test_choose_when_the_best_copies_then_the_best_of_the_others() -> None:
    step, text = chosen(drawn(0.6), drawn(0.5), drawn(0.9, copies=1))
    assert step == 250
    assert text.endswith("step 500 reached less; step 750 copied training pictures.")


def test_choose_when_identity_cannot_be_told_apart_then_the_least_validation_loss() -> None:
    step, text = chosen(drawn(0.2), mixed(0.71), drawn(0.7))
    assert step == 750
    assert text == (
        "The checkpoint of step 750 draws from now on: identity 0.70; by identity it cannot be told"
        " from step 500, and its validation loss, 0.3000, is the least of them; step 250 reached"
        " less."
    )


def test_choose_when_a_job_was_cut_off_then_by_the_scenes_that_all_of_them_drew() -> None:
    """Step 250 drew the difficult scenes too."""
    whole, easy = drawn(0.8).identity, drawn(0.7)
    difficult = {scene: [0.1] for scene in range(20, 30)}
    step, text = chosen(DrawnByCheckpoint({**whole, **difficult}, [False]), drawn(0.6), easy)
    assert step == 250
    assert text == (
        "The checkpoint of step 250 draws from now on: identity 0.80; step 500 and step 750 reached"
        " less."
    )


def test_choose_when_nothing_was_held_out_then_ties_end_with_the_highest_identity() -> None:
    kept = [Checkpoint(step=step) for step in (250, 500)]
    found = choose_checkpoint({250: drawn(0.7), 500: mixed(0.71)}, kept)
    assert found is not None
    assert (found[0], "validation loss" in found[1].text) == (500, False)


def test_choose_when_every_one_copies_then_none() -> None:
    step, text = chosen(*[drawn(0.7, copies=5)] * 3)
    assert step is None
    assert text == (
        "Cannot choose between the checkpoints: the pictures of every one copy training pictures."
        " The checkpoint that draws stays as it was."
    )


def test_choose_when_scenes_are_few_then_none_however_clear() -> None:
    few = LEAST_SCENES - 1
    step, text = chosen(drawn(0.9, scenes=few), drawn(0.2, scenes=few), drawn(0.1, scenes=few))
    assert step is None
    assert f"the number of scenes compared is {few}, and {LEAST_SCENES} are needed" in text


def test_choose_when_no_identity_was_measured_then_none() -> None:
    nothing = DrawnByCheckpoint({}, [])
    assert chosen(nothing, nothing, nothing)[0] is None
    copying = drawn(0.7, copies=5)
    assert chosen(nothing, copying, copying)[0] is None


@pytest.mark.parametrize("steps", [(), (250,), (250, 500)])
def test_choose_when_not_every_kept_one_was_drawn_then_nothing_is_said(
    steps: tuple[int, ...],
) -> None:
    assert choose_checkpoint({step: drawn(0.9) for step in steps}, KEPT) is None
