"""bench/scale.py: the simulation of docs/scaling.md, small, and what it must show."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest
from template_model import ROOT

from onmodel_cli.sizing import AccountQuotas


@pytest.fixture(scope="module")
def scale() -> ModuleType:
    sys.path.insert(0, str(ROOT / "bench"))  # as when it is run
    try:
        return importlib.import_module("scale")
    finally:
        sys.path.pop(0)


NEW = AccountQuotas(executions=10, labels_per_second=50)
SLOW = AccountQuotas(executions=10, labels_per_second=5)
GROWN = AccountQuotas(executions=1000, labels_per_second=50)


@pytest.mark.parametrize("quotas", [NEW, SLOW, GROWN], ids=["new", "slow", "grown"])
def test_films_when_many_land_together_then_none_fails_and_all_calls_are_made(
    scale: ModuleType, quotas: AccountQuotas
) -> None:
    outcome = scale.simulate(scale.Load("12 × 3 min", 12, 3), quotas)
    assert (outcome.failed, len(outcome.done)) == (0, 12)
    assert outcome.calls == 12 * 3 * 59
    assert outcome.calls <= quotas.labels_per_second * (outcome.ended_at + 1)
    assert outcome.usd() > outcome.calls * 0.001


def test_films_when_nothing_bounds_them_then_functions_are_refused_and_films_fail(
    scale: ModuleType,
) -> None:
    """What the bound is for: the retries of before, without places."""
    load = scale.Load("20 × 20 min", 20, 20)
    unbounded = scale.unbounded(load, NEW)
    bounded = scale.simulate(load, NEW)
    assert unbounded.failed > 0
    assert bounded.failed == 0
    assert bounded.refused_functions < unbounded.refused_functions / 50  # all ask for a place


def test_film_of_two_hours_when_the_account_has_grown_then_prepared_within_five_minutes(
    scale: ModuleType,
) -> None:
    outcome = scale.simulate(scale.Load("1 × 2 h", 1, 120), GROWN)
    assert outcome.done[0] < 300
    assert outcome.failed == 0


def test_film_when_the_region_is_slow_then_the_rate_alone_bounds_it(scale: ModuleType) -> None:
    outcome = scale.simulate(scale.Load("1 × 10 min", 1, 10), SLOW)
    assert outcome.done[0] > 10 * 59 / 5  # no faster than 5 calls a second
    assert outcome.done[0] < 1.6 * 10 * 59 / 5


def test_table_when_made_again_then_the_page_has_its_lines(scale: ModuleType) -> None:
    """Of the loads that take seconds; `make bench-scale` prints the others too."""
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8").splitlines()
    lines = "\n".join(scale.table(most_hours=10)).splitlines()
    assert len(lines) == 2 + 2 * len(scale.ACCOUNTS)
    assert [line for line in lines if line not in page] == []


def test_time_of_a_film_when_compared_then_is_the_machines(scale: ModuleType) -> None:
    text = (ROOT / "statemachine" / "prepare_film.asl.yaml").read_text(encoding="utf-8")
    assert f"\nTimeoutSeconds: {scale.LONGEST_SECONDS} " in text


def test_retry_when_read_then_is_the_deployed_machines(scale: ModuleType) -> None:
    assert scale.deployed_retry() == scale.Retry(attempts=240, interval=2, longest=120)
