"""A training's loss as one SVG: every step thin, its trend bold, the validation loss as dots.

Inline or as a file.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.trainings import LossPoint
from onmodel.pages.templating import render

WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 34, 48
MOST_POINTS = 600  # one for two pixels; more cannot be seen, and 20,000 steps make a large file
TREND_SHARE = 40  # of all points, on each side: smooth, and still shows changes of direction
TICKS = 5
NOTICE_LETTERS = 140  # of a line; 11 pixels high, they are 6 wide on the average
NOTICE_LINE = 16


@dataclass(frozen=True)
class Axis:
    """Maps values from `low` … `high` to pixels from `start` … `end`; `ticks` are round numbers."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def render_loss_curve(points: Sequence[LossPoint], notice: str = "") -> bytes:
    """SVG. Values that are no numbers are left out; without any, the picture says so.

    Args:
        points: in any order.
        notice: is written below the curve, because the picture is also used without its page.
    """
    lines = textwrap.wrap(notice, NOTICE_LETTERS)
    below = {
        "notices": [(HEIGHT + NOTICE_LINE * number + 8, line) for number, line in enumerate(lines)],
        "full_height": HEIGHT + NOTICE_LINE * len(lines) + 8 * bool(lines),
    }
    finite = sorted(
        (point for point in points if math.isfinite(point.loss)), key=lambda point: point.step
    )
    shown = _thinned(finite)
    if not shown:
        return render("loss_curve.svg.j2", width=WIDTH, height=HEIGHT, empty=True, **below)
    trend = _trend([point.loss for point in shown])
    across = _axis(shown[0].step, shown[-1].step, LEFT, WIDTH - RIGHT)
    losses = [point.loss for point in shown]
    measured = [(point.step, point.validation_loss) for point in shown
                if point.validation_loss is not None]  # fmt: skip
    values = [0.0, *losses, *(loss for _, loss in measured)]
    up = _axis(min(values), max(values), HEIGHT - BOTTOM, TOP)
    return render(
        "loss_curve.svg.j2",
        width=WIDTH,
        height=HEIGHT,
        empty=False,
        **below,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        across=[(across(tick), f"{tick:,.0f}") for tick in across.ticks],
        up=[(up(tick), f"{tick:.4g}") for tick in up.ticks],
        every=_path([(across(point.step), up(point.loss)) for point in shown]),
        trend=_path(
            [(across(point.step), up(loss)) for point, loss in zip(shown, trend, strict=True)]
        ),
        validation=[(across(step), up(loss)) for step, loss in measured],
        validation_line=_path([(across(step), up(loss)) for step, loss in measured]),
        validation_last=f"{measured[-1][1]:.4g}" if measured else "",
        last=(across(shown[-1].step), up(trend[-1]), f"{trend[-1]:.4g}"),
        described=f"Loss from {losses[0]:.4g} to {losses[-1]:.4g} over {shown[-1].step:,} steps",
    )


def _thinned(points: Sequence[LossPoint]) -> list[LossPoint]:
    """At most MOST_POINTS, each the mean of its neighbours; the validation loss is the last one."""
    size = math.ceil(len(points) / MOST_POINTS)
    if size <= 1:
        return list(points)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [
        LossPoint(
            step=group[-1].step,
            loss=sum(point.loss for point in group) / len(group),
            validation_loss=_last_measured(group),
        )
        for group in groups
    ]


def _last_measured(points: Sequence[LossPoint]) -> float | None:
    found = (point.validation_loss for point in reversed(points))
    return next((loss for loss in found if loss is not None), None)


def _trend(values: Sequence[float]) -> list[float]:
    """Mean of each value and its neighbours on both sides: an average of the past would lag."""
    reach = max(1, len(values) // TREND_SHARE)
    windows = (values[max(0, at - reach) : at + reach + 1] for at in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def _axis(low: float, high: float, start: float, end: float) -> Axis:
    if high - low <= 0:
        high = low + max(abs(low), 1.0)
    step = _round_step((high - low) / TICKS)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return Axis(low, high, start, end, tuple(step * tick for tick in range(first, last + 1)))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 × 10ⁿ."""
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(unit * magnitude for unit in (1, 2, 5, 10) if unit * magnitude >= rough * 0.999)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places)
