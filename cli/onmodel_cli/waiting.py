"""Says what a command waits for, and how long already: no command is silent for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from onmodel.formats.wording import duration

REPEAT_SECONDS = 30.0
"""In a log or a pipe, where nothing can be drawn over: how often a wait is told again."""

PlaceT = TypeVar("PlaceT")


class Waiting:
    """The stage that is waited for. `say` tells a new one; the same again tells nothing."""

    def __init__(self, console: Console, stage: str, monotonic: Callable[[], float]) -> None:
        self._console = console
        self._monotonic = monotonic
        self._began = monotonic()
        self._stage = ""
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self.say(stage)

    def say(self, stage: str) -> None:
        if stage == self._stage:
            return
        self._stage = stage
        self._bar.update(self._task, description=escape(stage))
        if not self._console.is_terminal:
            self._console.print(f"… {escape(stage)}")

    def repeat(self) -> None:
        """Tell in a log how long it takes already."""
        passed = duration(self._monotonic() - self._began)
        self._console.print(f"… {escape(self._stage)} ({passed} so far)")

    @contextmanager
    def shown(self) -> Iterator[None]:
        if self._console.is_terminal:
            with self._bar:
                yield
            return
        over = threading.Event()

        def tell() -> None:
            while not over.wait(REPEAT_SECONDS):
                self.repeat()

        teller = threading.Thread(target=tell, daemon=True, name="tell-waiting")
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()


@contextmanager
def waiting(console: Console, stage: str) -> Iterator[Waiting]:
    """Show a stage and the time that it takes, until the block is left.

    On a terminal with a spinner; elsewhere one line for each stage, and one every 30 s.
    """
    made = Waiting(console, stage, time.monotonic)
    with made.shown():
        yield made


def show_stages(
    console: Console, places: Iterable[PlaceT], stage_of: Callable[[PlaceT], str], first: str
) -> PlaceT | None:
    """Show the stages of what is followed until it ends; its errors pass through.

    Args:
        console: for people.
        places: as a follower yields them.
        stage_of: the stage of a place, for people.
        first: the stage before the first place is known.

    Returns:
        The last place; None when there was none.
    """
    last: PlaceT | None = None
    with waiting(console, first) as shown:
        for place in places:
            shown.say(stage_of(place))
            last = place
    return last
