"""Progress of uploads and runs: bars with the time left, elsewhere one line for each stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from onmodel.formats.wording import duration
from onmodel_cli.following import RunProgress
from onmodel_cli.uploading import UploadProgress


@contextmanager
def byte_bar(console: Console, title: str, total: int) -> Iterator[UploadProgress]:
    """A bar for bytes; call the yielded function with the number of new ones."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=_quiet(console)) as bars:
        task = bars.add_task(title, total=total)
        yield lambda count: bars.advance(task, count)
    console.print(f"[green]✓[/] {title}")


@contextmanager
def total_bar(console: Console, title: str) -> Iterator[_TotalBar]:
    """A bar whose total is given with the progress, in files."""
    done = TextColumn("{task.completed} files")
    columns = (TextColumn("{task.description}"), BarColumn(), done, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=_quiet(console)) as bars:
        yield _TotalBar(bars, title)
    console.print(f"[green]✓[/] {title}")


class _TotalBar:
    def __init__(self, bars: Progress, title: str) -> None:
        self._bars = bars
        self._task = bars.add_task(title, total=None)

    def __call__(self, done: int, total: int) -> None:
        self._bars.update(self._task, completed=done, total=total)


def show_run(console: Console, seen: Iterable[RunProgress]) -> None:
    """Show the follower's progress until it ends; its errors pass through."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[held]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=_quiet(console)) as bars:
        task = bars.add_task("waiting for the stack", total=None, held="", left="")
        left = TimeLeft(time.monotonic)
        answer: RunProgress | None = None
        for now in seen:
            held, soon = _held(now), left.of(now)
            bars.update(
                task,
                description=now.stage,
                completed=now.chunks_done,
                total=now.chunks or None,
                held=held,
                left=soon,
            )
            if now != answer and _quiet(console):
                console.print(f"… {now.stage}  {held}  {soon}".rstrip())
            answer = now
    console.print("[green]✓[/] Prepared")


class TimeLeft:
    """About how long the parts of a film take that are not done, by those that are."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began: float | None = None
        self._first = 0

    def of(self, now: RunProgress) -> str:
        """For people; '' while nothing can be said, and once all parts are done."""
        if not now.chunks or now.chunks_done >= now.chunks:
            return ""
        if self._began is None:  # parts that were done before are no measure
            self._began, self._first = self._monotonic(), now.chunks_done
        done = now.chunks_done - self._first
        if not done:
            return ""
        each = (self._monotonic() - self._began) / done
        return f"about {duration(each * (now.chunks - now.chunks_done))} left"


def _quiet(console: Console) -> bool:
    """Without bars, for logs and pipes: one line each time something changed."""
    return not console.is_terminal


def _held(now: RunProgress) -> str:
    if not now.chunks:
        return ""
    parts = f"{now.chunks_done}/{now.chunks} parts"
    return f"{parts} · {now.frames:,} frames · {now.crops:,} figures"
