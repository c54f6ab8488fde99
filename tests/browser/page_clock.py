"""The clock of a page, stopped: timers run when the test lets time pass, and messages stay."""

from __future__ import annotations

from playwright.sync_api import Page

FIRST_SECONDS = 0
STOPPED_SECONDS = 3_600
"""What a stopped clock shows: later than any page that is loading."""

GATHER_MS = 300
"""How long the page gathers decisions before it sends them."""


def install_clock(page: Page) -> None:
    """Give the page, which is not open yet, a clock that can be stopped."""
    page.clock.install(time=FIRST_SECONDS)


def stop_clock(page: Page) -> None:
    """From now on no timer runs: none hides a message, none sends again."""
    page.clock.pause_at(STOPPED_SECONDS)


def send(page: Page) -> None:
    """Let the time pass after which the page sends what was decided, and no more."""
    page.clock.run_for(GATHER_MS)
