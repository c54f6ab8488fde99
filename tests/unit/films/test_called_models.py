from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes.account import InMemoryModels
from fakes.clock import START

from onmodel.films.called_models import SUCCESSORS, ModelWarning, called_models, warnings
from onmodel.ports.account import FoundationModel

TITAN, NOVA, PROFILE = (
    "amazon.titan-embed-image-v1",
    "amazon.nova-pro-v1:0",
    "us.amazon.nova-pro-v1:0",
)
ON_DEMAND, BY_PROFILE = frozenset({"ON_DEMAND"}), frozenset({"INFERENCE_PROFILE"})


def look(
    titan: FoundationModel | None, captions: str = NOVA, now: datetime = START
) -> list[ModelWarning]:
    models = InMemoryModels({TITAN: titan})
    return list(warnings(called_models(TITAN, captions), models, "us-east-1", now))


def legacy(ends_in_days: float | None) -> FoundationModel:
    ends_at = None if ends_in_days is None else START + timedelta(days=ends_in_days)
    return FoundationModel(is_legacy=True, ends_at=ends_at, inference_types=ON_DEMAND)


def test_warnings_when_all_models_are_active_then_none() -> None:
    assert look(InMemoryModels.ACTIVE) == []


def test_warnings_when_a_model_is_legacy_then_names_the_days_without_a_call() -> None:
    (found,) = look(legacy(None))
    assert found.called.model == TITAN
    assert found.state == "legacy-"
    assert found.reason.endswith("it refuses accounts that did not call it for 15 days")


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (200, "legacy-"),
        (45, "legacy-2027-01-06-45"),
        (16, "legacy-2026-12-08-45"),
        (15, "legacy-2026-12-07-15"),
        (2, "legacy-2026-11-24-3"),
        (0, "gone"),
        (-9, "gone"),
    ],
)
def test_warnings_when_the_end_comes_nearer_then_something_new_at_each_step(
    days: float, state: str
) -> None:
    (found,) = look(legacy(days))
    assert found.state == state


def test_warnings_when_an_active_model_has_an_end_then_told_too() -> None:
    ends = FoundationModel(
        is_legacy=False, ends_at=START + timedelta(days=30), inference_types=ON_DEMAND
    )
    assert [found.state for found in look(ends)] == ["legacy-2026-12-22-45"]


def test_warnings_when_a_model_is_gone_then_said_with_the_region() -> None:
    (found,) = look(None)
    assert (found.state, found.reason) == (
        "gone",
        f"{TITAN} does not exist in us-east-1 (any more)",
    )


def test_warnings_when_only_a_profile_answers_then_told_unless_one_is_called() -> None:
    nova = FoundationModel(is_legacy=False, ends_at=None, inference_types=BY_PROFILE)
    models = InMemoryModels({NOVA: nova})
    (found,) = warnings(called_models(TITAN, NOVA), models, "eu-west-1", START)
    assert found.state == "profile"
    assert found.successor is not None
    assert found.successor.model == "eu.amazon.nova-pro-v1:0"
    assert list(warnings(called_models(TITAN, PROFILE), models, "eu-west-1", START)) == []


def test_successor_when_the_model_is_called_by_a_profile_then_of_the_model_behind_it() -> None:
    models = InMemoryModels({NOVA: legacy(10)})
    (found,) = warnings(called_models(TITAN, PROFILE), models, "us-east-1", START)
    assert found.successor == SUCCESSORS[NOVA]


def test_warnings_when_functions_may_call_another_model_than_the_profiles_then_told() -> None:
    called = called_models(TITAN, PROFILE, "amazon.nova-lite-v1:0")
    (found,) = warnings(called, InMemoryModels(), "us-east-1", START)
    assert found.reason == (
        f"{PROFILE} is called for captions, questions about pictures and the finder grounding, and"
        " functions may call amazon.nova-lite-v1:0 alone"
    )
    assert found.successor is not None
    assert found.successor.model == PROFILE
    assert list(warnings(called_models(TITAN, PROFILE, NOVA), InMemoryModels(), "x", START)) == []


@pytest.mark.parametrize(
    ("looked", "fatal"),
    [
        (None, True),
        (FoundationModel(is_legacy=False, ends_at=None, inference_types=BY_PROFILE), True),
        (FoundationModel(is_legacy=True, ends_at=START, inference_types=ON_DEMAND), True),
        (legacy(10), False),
        (legacy(None), False),
    ],
)
def test_warning_when_no_call_is_answered_then_fatal(
    looked: FoundationModel | None, fatal: bool
) -> None:
    (found,) = look(looked)
    assert found.is_fatal == fatal
