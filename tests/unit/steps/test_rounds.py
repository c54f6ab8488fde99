from datetime import timedelta

import pytest
from fakes.clock import FixedClock
from fakes.mailbox import STACK_OPTIONS, InMemoryMailbox
from fakes.registry import InMemoryRegistry

from onmodel.notifications.sending import Mails
from onmodel.steps.rounds import LOOK_BACK, MOST_LOOK_BACK, LookBack, Rounds


@pytest.fixture
def rounds() -> Rounds:
    registry, clock = InMemoryRegistry(), FixedClock()
    mails = Mails(registry, InMemoryMailbox(), clock, STACK_OPTIONS, links=None)
    return Rounds(registry, clock, mails)


def since(rounds: Rounds):
    return rounds.begin(rounds.clock()).since


def test_begin_when_no_round_was_complete_then_a_day_before_the_first(rounds: Rounds) -> None:
    first = rounds.clock()
    assert since(rounds) == first - LOOK_BACK
    rounds.clock.advance(days=9)
    assert since(rounds) == first - LOOK_BACK


def test_begin_when_rounds_were_not_complete_for_days_then_from_the_last_that_was(
    rounds: Rounds,
) -> None:
    for _ in range(2):
        rounds.clock.advance(minutes=15)
        rounds.record_complete(rounds.clock())
    complete = rounds.clock()
    rounds.clock.advance(days=9)
    assert since(rounds) == complete - LOOK_BACK


def test_begin_when_rounds_were_not_complete_for_a_month_then_two_weeks(rounds: Rounds) -> None:
    rounds.record_complete(rounds.clock())
    rounds.clock.advance(days=30)
    assert since(rounds) == rounds.clock() - MOST_LOOK_BACK


def test_begin_when_the_clock_is_behind_the_last_rounds_then_a_day_by_it(rounds: Rounds) -> None:
    rounds.record_complete(rounds.clock() + timedelta(hours=1))
    assert since(rounds) == rounds.clock() - LOOK_BACK


@pytest.mark.parametrize(
    ("days", "is_late", "is_too_late"), [(0.99, False, False), (1, True, False),
                                         (13, True, False), (13.01, True, True)],
)  # fmt: skip
def test_look_back_when_days_pass_then_late_after_one_and_something_is_left_out_after_thirteen(
    days: float, is_late: bool, is_too_late: bool
) -> None:
    now = FixedClock()()
    found = LookBack(now, now - timedelta(days=days))
    assert (found.is_late, found.is_too_late) == (is_late, is_too_late)


def test_alarm_when_rounds_go_on_failing_then_a_mail_a_day_says_what_is_left_out(
    rounds: Rounds,
) -> None:
    rounds.record_complete(rounds.clock())
    for _ in range(16 * 4):
        rounds.clock.advance(hours=6)
        round_ = rounds.begin(rounds.clock())
        if round_.is_late:
            rounds.alarm(round_, "a row cannot be read")
    mails = rounds.mails.mailbox.mails
    assert [mail.subject.partition("for ")[2] for mail in mails] == [
        "1 day", *(f"{days} days" for days in range(2, 17)),
    ]  # fmt: skip
    told = [" ".join(mail.body.split()) for mail in mails]
    assert "the whole stack: - reconcile. - ServiceError: a row cannot be read." in told[0]
    assert "From 2026-12-05 09:00 UTC on, what ended more than 14 days before is left" in told[12]
    assert "What ended between 2026-11-21 09:00 UTC and 2026-11-22 09:00 UTC is not" in told[13]
    assert "`onmodel status --stack films --region eu-central-1`" in told[13]
