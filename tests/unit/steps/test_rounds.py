from datetime import timedelta

from fakes.clock import FixedClock
from fakes.registry import InMemoryRegistry

from onmodel.steps.rounds import LOOK_BACK, look_back_to, record_complete


def test_look_back_when_no_round_was_complete_then_a_day() -> None:
    clock = FixedClock()
    assert look_back_to(InMemoryRegistry(), clock()) == clock() - LOOK_BACK


def test_look_back_when_rounds_were_not_complete_for_days_then_from_the_last_that_was() -> None:
    clock, registry = FixedClock(), InMemoryRegistry()
    for _ in range(2):
        clock.advance(minutes=15)
        record_complete(registry, clock(), clock)
    complete = clock()
    clock.advance(days=9)
    assert look_back_to(registry, clock()) == complete - LOOK_BACK


def test_look_back_when_the_clock_is_behind_the_last_rounds_then_a_day_by_it() -> None:
    clock, registry = FixedClock(), InMemoryRegistry()
    record_complete(registry, clock() + timedelta(hours=1), clock)
    assert look_back_to(registry, clock()) == clock() - LOOK_BACK
