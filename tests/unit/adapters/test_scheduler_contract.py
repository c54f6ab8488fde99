"""What every Scheduler keeps: the fake and EventBridge Scheduler."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from fakes.clock import START, FixedClock
from fakes.scheduler import InMemoryScheduler

from onmodel.adapters.scheduler import EventBridgeScheduler
from onmodel.errors import NotFound
from onmodel.ports.machines import Scheduler

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:RetireModel"
ROLE = "arn:aws:iam::123456789012:role/scheduler"
LATER = START + timedelta(hours=2)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["fake", "eventbridge"])
def scheduler(request: pytest.FixtureRequest, clock: FixedClock) -> Scheduler:
    if request.param == "fake":
        return InMemoryScheduler(clock)
    client = request.getfixturevalue("aws")("scheduler")
    client.create_schedule_group(Name="onmodel")
    return EventBridgeScheduler(client, group="onmodel", role_arn=ROLE, clock=clock)


def test_at_when_new_then_stands_as_asked(scheduler: Scheduler) -> None:
    made = scheduler.at("retire-d1", LATER, MACHINE, {"deployment": "d1"})
    assert (made.name, made.at, made.target_arn) == ("retire-d1", LATER, MACHINE)
    assert json.loads(made.payload) == {"deployment": "d1"}
    assert scheduler.get("retire-d1") == made


def test_at_when_name_is_taken_then_the_first_stands(scheduler: Scheduler) -> None:
    made = scheduler.at("retire-d1", LATER, MACHINE, {"deployment": "d1"})
    again = scheduler.at("retire-d1", LATER + timedelta(hours=9), MACHINE, {"deployment": "x"})
    assert again == made == scheduler.get("retire-d1")


@pytest.mark.parametrize("past", [timedelta(0), timedelta(seconds=59), timedelta(days=-400)])
def test_at_when_time_has_passed_then_the_next_possible(
    scheduler: Scheduler, past: timedelta
) -> None:
    assert scheduler.at("late", START + past, MACHINE, {}).at == START + timedelta(seconds=60)


def test_at_when_time_has_another_zone_and_fractions_then_utc_and_never_early(
    scheduler: Scheduler,
) -> None:
    berlin = timezone(timedelta(hours=1))
    when = datetime(2026, 11, 22, 13, 0, 0, 250_000, tzinfo=berlin)
    assert scheduler.at("r", when, MACHINE, {}).at == datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)


def test_move_when_there_then_only_the_time_changes(scheduler: Scheduler) -> None:
    made = scheduler.at("retire-d1", LATER, MACHINE, {"deployment": "d1"})
    moved = scheduler.move("retire-d1", LATER + timedelta(hours=1))
    assert moved == made.model_copy(update={"at": LATER + timedelta(hours=1)})
    assert scheduler.get("retire-d1") == moved


def test_missing_when_asked_moved_or_deleted_then_none_error_success(scheduler: Scheduler) -> None:
    assert scheduler.get("nothing") is None
    with pytest.raises(NotFound):
        scheduler.move("nothing", LATER)
    scheduler.delete("nothing")


def test_delete_when_there_then_gone_and_name_is_free(scheduler: Scheduler) -> None:
    scheduler.at("retire-d1", LATER, MACHINE, {})
    scheduler.delete("retire-d1")
    assert scheduler.get("retire-d1") is None
    assert scheduler.at("retire-d1", LATER + timedelta(hours=3), MACHINE, {}).at > LATER


def test_names_when_longer_than_aws_allows_then_kept_apart(scheduler: Scheduler) -> None:
    one = scheduler.at("x" * 70 + "1", LATER, MACHINE, {"n": 1})
    two = scheduler.at("x" * 70 + "2", LATER, MACHINE, {"n": 2})
    assert (json.loads(one.payload), json.loads(two.payload)) == ({"n": 1}, {"n": 2})


def test_schedule_when_made_then_exact_once_and_with_role(aws, clock: FixedClock) -> None:
    client = aws("scheduler")
    client.create_schedule_group(Name="onmodel")
    queue = "arn:aws:sqs:us-east-1:123456789012:dead"
    scheduler = EventBridgeScheduler(
        client, group="onmodel", role_arn=ROLE, clock=clock, dead_letter_arn=queue
    )
    scheduler.at("retire-d1", LATER, MACHINE, {})
    answer = client.get_schedule(Name="retire-d1", GroupName="onmodel")
    assert answer["ScheduleExpression"] == "at(2026-11-22T11:00:00)"
    assert answer["ScheduleExpressionTimezone"] == "UTC"
    assert answer["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert answer["ActionAfterCompletion"] == "DELETE"
    assert answer["Target"]["RoleArn"] == ROLE
    assert answer["Target"]["DeadLetterConfig"] == {"Arn": queue}


def test_fake_when_time_comes_then_due_once() -> None:
    clock = FixedClock()
    fake = InMemoryScheduler(clock)
    fake.at("a", LATER, MACHINE, {})
    assert fake.due() == ()
    clock.advance(hours=2)
    assert [item.name for item in fake.due()] == ["a"]
    assert fake.due() == ()
