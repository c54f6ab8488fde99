"""Patches of EventBridge Scheduler, so that retirements start, and start in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import scheduler

from onmodel_local.patches.events import TICK_SECONDS
from onmodel_local.patches.upstream import expect, replace


def quick_schedule_ticks() -> None:
    """Schedules are checked every second instead of every ten."""
    expect(scheduler, "_ticker_loop", "51e1b1334023")
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS


def schedules_fire_again() -> None:
    """A schedule that is made again or changed under its name fires again.

    Upstream stores by name that it fired, so an extended deployment would never be retired.
    """
    for name, digest in (
        ("_create_schedule", "5b205607c15c"),
        ("_update_schedule", "93f7fec4f7d8"),
    ):
        replace(scheduler, name, digest)(_forgetting)


def _forgetting(original: Callable[..., Any]) -> Callable[..., Any]:
    def write(name: str, body: dict[str, Any]) -> Any:
        answer = original(name, body)
        if answer[0] == 200:
            group = body.get("GroupName", "default")
            key = (scheduler.get_account_id(), scheduler.get_region(), f"{group}/{name}")
            scheduler._schedule_last_fired.pop(key, None)
        return answer

    return write


PATCHES = (quick_schedule_ticks, schedules_fire_again)
