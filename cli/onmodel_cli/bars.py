"""Progress of a run on stderr: bars on a terminal, elsewhere one line for each stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from onmodel_cli.following import RunProgress
from onmodel_cli.journey import Place
from onmodel_cli.uploading import UploadProgress


@contextmanager
def byte_bar(console: Console, title: str, total: int) -> Iterator[UploadProgress]:
    """A bar for bytes; call the yielded function with the number of new ones."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=_quiet(console)) as bars:
        task = bars.add_task(title, total=total)
        yield lambda count: bars.advance(task, count)
    console.print(f"[green]✓[/] {title}")


@contextmanager
def total_bar(console: Console, title: str, *, bytes_of_it: bool = False) -> Iterator[_TotalBar]:
    """A bar whose total is given with the progress, in files or in bytes."""
    done = DownloadColumn() if bytes_of_it else TextColumn("{task.completed} files")
    columns = (TextColumn("{task.description}"), BarColumn(), done)
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
    )
    with Progress(*columns, console=console, transient=True, disable=_quiet(console)) as bars:
        task = bars.add_task("waiting for the stack", total=None, held="")
        answer: RunProgress | None = None
        for now in seen:
            held = _held(now)
            bars.update(
                task,
                description=now.stage,
                completed=now.chunks_done,
                total=now.chunks or None,
                held=held,
            )
            if now != answer and _quiet(console):
                console.print(f"… {now.stage}  {held}".rstrip())
            answer = now
    console.print("[green]✓[/] Prepared")


def show_journey(console: Console, places: Iterable[Place]) -> Place | None:
    """One line for each stage, with a spinner on terminals; returns the last place."""
    last: Place | None = None
    with console.status("collecting films") as spinner:
        for place in places:
            if last is None or place.stage != last.stage:
                spinner.update(place.stage)
                if _quiet(console):
                    console.print(f"… {place.stage}")
            last = place
    return last


def _quiet(console: Console) -> bool:
    """Without bars, for logs and pipes: one line each time something changed."""
    return not console.is_terminal


def _held(now: RunProgress) -> str:
    if not now.chunks:
        return ""
    parts = f"{now.chunks_done}/{now.chunks} parts"
    return f"{parts} · {now.frames:,} frames · {now.crops:,} figures"
