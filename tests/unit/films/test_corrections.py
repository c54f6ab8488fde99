"""Corrections: versions, two people at once, and what is refused by itself."""

from __future__ import annotations

import pytest
from fakes.clock import FixedClock
from fakes.registry import InMemoryRegistry

from onmodel.contracts.review import (
    Correction,
    CorrectionResult,
    Decision,
    PostedCorrection,
    Verdict,
)
from onmodel.errors import Conflict
from onmodel.films.corrections import (
    NO_CORRECTIONS,
    Corrections,
    read_corrections,
    save_corrections,
)
from onmodel.ports.registry import Record
from onmodel.trainers.catalogue import common_limits

LIMITS = common_limits()


def saved(
    registry: InMemoryRegistry, *posted: PostedCorrection, production: str = "buck"
) -> tuple[CorrectionResult, ...]:
    return save_corrections(
        production, posted, registry=registry, clock=FixedClock(), limits=LIMITS
    )


def rejected(version: int = 0, crop_id: str = "c1") -> PostedCorrection:
    return PostedCorrection(crop_id=crop_id, version=version, verdict=Verdict.REJECTED)


def test_correction_when_first_then_has_version_one() -> None:
    registry = InMemoryRegistry()
    (result,) = saved(registry, rejected())
    assert (result.saved, result.version) == (True, 1)
    assert read_corrections("buck", registry).is_rejected("c1")
    assert not read_corrections("other", registry).is_rejected("c1")


def test_hash_when_a_decision_is_taken_back_then_as_before_it() -> None:
    registry = InMemoryRegistry()
    untouched = read_corrections("buck", registry).hash()
    saved(registry, rejected())
    changed = read_corrections("buck", registry).hash()
    saved(registry, PostedCorrection(crop_id="c1", version=1))
    assert changed != untouched == read_corrections("buck", registry).hash()


@pytest.mark.parametrize(
    ("decision", "is_chosen_anew"),
    [
        (Decision(verdict=Verdict.REJECTED), {"inside": False, "outside": True}),
        (Decision(character="bunny", caption="Bunny runs."), {"inside": False, "outside": True}),
        (Decision(not_a_match=("c9",)), {"inside": True, "outside": True}),
    ],
)
def test_selection_hash_when_decided_then_differs_where_the_dataset_cannot_follow(
    decision: Decision, is_chosen_anew: dict[str, bool]
) -> None:
    for crop_id, is_anew in is_chosen_anew.items():
        decided = Corrections({crop_id: Correction(**dict(decision), version=1)})
        changes = decided.selection_hash({"inside"}) != NO_CORRECTIONS.selection_hash({"inside"})
        assert (crop_id, changes) == (crop_id, is_anew)


def test_correction_when_of_an_older_version_then_what_stands_is_answered() -> None:
    registry = InMemoryRegistry()
    saved(registry, rejected())
    late = PostedCorrection(crop_id="c1", version=0, character="bunny")
    (result,) = saved(registry, late)
    assert not result.saved
    assert result.correction is not None
    assert (result.version, result.correction.verdict) == (1, Verdict.REJECTED)
    assert read_corrections("buck", registry).character("c1", "rex") == "rex"


def test_correction_when_sent_again_after_a_lost_answer_then_counts_as_saved() -> None:
    registry = InMemoryRegistry()
    saved(registry, rejected())
    (result,) = saved(registry, rejected())
    assert (result.saved, result.version) == (True, 1)


def test_correction_when_another_is_written_at_the_same_moment_then_it_stands() -> None:
    class Raced(InMemoryRegistry):
        """Somebody else writes between the read and the write."""

        def create(self, record: Record) -> Record:
            other = Decision(character="bunny").model_dump(mode="json")
            super().create(record.model_copy(update={"body": record.body | other}))
            raise Conflict("it exists")

    (result,) = saved(Raced(), rejected())
    assert not result.saved
    assert result.correction is not None
    assert result.correction.character == "bunny"


def test_correction_when_one_of_several_is_refused_then_the_others_are_saved() -> None:
    registry = InMemoryRegistry()
    long = PostedCorrection(
        crop_id="c2", version=0, caption="x" * (LIMITS.max_caption_characters + 1)
    )
    first, second, third = saved(registry, rejected(), long, rejected(crop_id="c3"))
    assert (first.saved, second.saved, third.saved) == (True, False, True)
    assert second.reason == "The caption has 1,025 characters, and trainers take 3 to 1,024."
    assert read_corrections("buck", registry).caption("c2") is None


def test_correction_when_taken_back_then_the_pipeline_decides_again() -> None:
    registry = InMemoryRegistry()
    saved(registry, PostedCorrection(crop_id="c1", version=0, character="", verdict="rejected"))
    assert read_corrections("buck", registry).character("c1", "rex") is None
    (undone,) = saved(registry, PostedCorrection(crop_id="c1", version=1))
    assert (undone.saved, undone.version) == (True, 2)
    corrections = read_corrections("buck", registry)
    assert corrections.character("c1", "rex") == "rex"
    assert not corrections.is_rejected("c1")


def test_caption_when_it_has_breaks_and_decomposed_letters_then_is_one_line_in_nfc() -> None:
    registry = InMemoryRegistry()
    typed = "  Re\u0301mi\nruns </script> \U0001f430 \u05d0\t"
    saved(registry, PostedCorrection(crop_id="c1", version=0, caption=typed))
    assert read_corrections("buck", registry).caption("c1") == (
        "R\u00e9mi runs </script> \U0001f430 \u05d0"
    )


def test_pairs_when_told_apart_by_one_crop_then_hold_for_both() -> None:
    registry = InMemoryRegistry()
    saved(registry, PostedCorrection(crop_id="c1", version=0, not_a_match=("c2", "c1", "c2")))
    assert read_corrections("buck", registry).different_pairs() == {frozenset({"c1", "c2"})}
