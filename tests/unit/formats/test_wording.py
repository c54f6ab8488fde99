from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.formats.wording import count, dollars, duration, listed, timecode


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00.000"), (59.9996, "01:00.000"), (3723.45, "1:02:03.450"), (0.0005, "00:00.000")],
)
def test_timecode_when_rounded_carries_over(seconds: float, text: str) -> None:
    assert timecode(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (0.00006, "$0.00006"),
        (0.004, "$0.004"),
        (1452, "$1,452.00"),
    ],
)
def test_dollars_when_small_or_unknown_never_reads_as_zero(usd: float | None, text: str) -> None:
    assert dollars(usd) == text


@given(st.floats(min_value=1e-9, max_value=1e6))
def test_dollars_when_positive_never_reads_as_zero(usd: float) -> None:
    assert dollars(usd).startswith("under") or dollars(usd).strip("$0.,") != ""


def test_count_when_one_is_singular() -> None:
    assert [count(0, "picture"), count(1, "picture"), count(1204, "picture")] == [
        "0 pictures", "1 picture", "1,204 pictures",
    ]  # fmt: skip


def test_duration_when_long_names_two_units() -> None:
    assert [duration(12), duration(60), duration(596.4), duration(7500)] == [
        "12 s", "1 min", "9 min 56 s", "2 h 5 min",
    ]  # fmt: skip


def test_listed_when_several_ends_with_and() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
