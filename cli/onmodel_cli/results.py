"""Fetch and show the results of a run: tables for people, one JSON object for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onmodel.contracts.crops import Crop
from onmodel.contracts.films import FilmSummary, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.formats.jsonl import read_lines
from onmodel.formats.wording import DROPPED, count, dollars, duration, listed, person_name, timecode
from onmodel.ports.storage import ObjectStore

DOWNLOADS_AT_ONCE = 8

FIRST_PICTURES = 300
"""Kept pictures that are copied when nobody asks for all or none: about 60 MB, and more than a film
of ten minutes has. An hour has 1,500."""

_PICTURE = re.compile(rb'href="\.\./crops/([^"]+)"')


@dataclass(frozen=True)
class Result:
    """A prepared run and its local copies."""

    run: Run
    summary: FilmSummary
    bucket: str
    folder: Path
    warnings: tuple[str, ...] = ()
    """What was left out before anything was sent, and values that may be meant otherwise."""
    pictures_left: int = 0
    """Kept pictures that are in the bucket alone."""

    @property
    def report(self) -> Path:
        return self.folder / "report" / "index.html"

    @property
    def crops(self) -> Path:
        return self.folder / "crops"

    @property
    def records(self) -> Path:
        return self.folder / "records"


def fetch_result(
    run: Run,
    studio: ObjectStore,
    output: Path,
    *,
    pictures: bool | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Result:
    """Copy report, records and kept crops to `output/<production>/<run_id>/`.

    Args:
        run: prepared.
        studio: holds its objects.
        output: created if it does not exist.
        pictures: whether to copy the crops too; None for the first of them, in the order of the
            report's pages.
        progress: called with the files copied and the files in all.
    """
    keys = FilmKeys.of(run)
    folder = (output / run.production / run.run_id).resolve()
    result = Result(
        run=run,
        summary=FilmSummary.from_stored(studio.get(keys.summary)),
        bucket=studio.bucket,
        folder=folder,
    )
    kept = read_lines(Crop, studio.get(keys.crops))
    most = {None: FIRST_PICTURES, True: len(kept), False: 0}[pictures]
    count_wanted = min(most, len(kept))
    wanted = {
        info.key: folder / _place(info.key.removeprefix(f"{keys.run}/"))
        for info in studio.list(f"{keys.run}/")
    }
    total = len(wanted) + count_wanted
    _copy(wanted, studio, lambda done: progress(done, total))
    result.crops.mkdir(parents=True, exist_ok=True)
    chosen = _in_the_order_of_pages(kept, result.report.parent)[:count_wanted]
    crops = {crop.key: result.crops / Path(crop.key).name for crop in chosen}
    _copy(crops, studio, lambda done: progress(len(wanted) + done, total))
    return replace(result, pictures_left=len(kept) - count_wanted)


def _copy(wanted: Mapping[str, Path], studio: ObjectStore, progress: Callable[[int], None]) -> None:
    for place in {path.parent for path in wanted.values()}:
        place.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        copies = pool.map(lambda item: item[1].write_bytes(studio.get(item[0])), wanted.items())
        for done, _ in enumerate(copies, start=1):
            progress(done)


def _in_the_order_of_pages(kept: Sequence[Crop], report: Path) -> list[Crop]:
    """As the report's pages show them; crops that no page shows come last."""
    pages = sorted(report.glob("*.html"), key=lambda page: (len(page.name), page.name))
    index = report / "index.html"
    shown = [
        name.decode()
        for page in (index, *(page for page in pages if page != index))
        for name in _PICTURE.findall(page.read_bytes())
    ]
    order = {name: place for place, name in enumerate(dict.fromkeys(shown))}
    return sorted(kept, key=lambda crop: order.get(Path(crop.key).name, len(order)))


def _place(name: str) -> Path:
    """Report pages stay together; all other objects of a run are records."""
    return Path(name) if name.startswith("report/") else Path("records") / name


def as_object(result: Result) -> dict[str, Any]:
    """What `--json` prints."""
    summary, keys = result.summary, FilmKeys.of(result.run)
    place = f"s3://{result.bucket}"
    return {
        "status": "prepared",
        "production": summary.production,
        "film_id": summary.film_id,
        "run_id": summary.run_id,
        "title": summary.title,
        "report": str(result.report),
        "crops": str(result.crops),
        "records": str(result.records),
        "s3": {
            "report": f"{place}/{keys.report}",
            "crops": f"{place}/{keys.pictures}/",
            "records": f"{place}/{keys.run}/",
        },
        "frames": summary.frames,
        "crops_found": summary.crops_found,
        "crops_kept": summary.crops_kept,
        "pictures_left": result.pictures_left,
        "rejected": {reason.value: number for reason, number in summary.rejected.items()},
        "named": summary.named,
        "usage": [use.model_dump(mode="json") for use in summary.usage],
        "estimated_usd": summary.estimated_usd,
        "notices": list(summary.notices),
        "warnings": list(result.warnings),
        "lost_seconds": [list(span) for span in summary.lost_seconds],
        "correlation_id": result.run.correlation_id,
    }


def show(result: Result, console: Console, *, again: bool = False) -> None:
    """Show what was kept, what was dropped and why, the cost, and the paths."""
    summary = result.summary
    console.print(
        f"\n[bold]{escape(summary.title)}[/]  [dim]{duration(summary.facts.duration_seconds)} · "
        f"production {summary.production}[/]"
    )
    if again:
        console.print("[dim]Prepared before under the same settings: nothing was paid for now.[/]")
    console.print(
        f"{summary.frames:,} frames sampled → {summary.crops_found:,} figures found → "
        f"[bold green]{count(summary.crops_kept, 'picture')} kept[/]\n"
    )
    console.print(_kept(summary))
    if summary.rejected:
        console.print(_dropped(summary))
    for notice in summary.notices:
        console.print(f"[yellow]![/] {escape(notice)}")
    if summary.lost_seconds:
        console.print(f"[yellow]![/] {_lost(summary)}")
    console.print(_money(summary, again=again))
    console.print(f"\n[bold]Report[/]   {result.report.as_uri()}")
    console.print(f"[bold]Pictures[/] {escape(str(result.crops))}{_left(result)}")
    console.print(f"[bold]Records[/]  {escape(str(result.records))}")


def _left(result: Result) -> str:
    copied = result.summary.crops_kept - result.pictures_left
    if not result.pictures_left or not copied:
        return ""
    return (
        f"  [dim]the first {copied:,} of {result.summary.crops_kept:,}; the same command with"
        " --pictures copies all[/]"
    )


def _kept(summary: FilmSummary) -> Table:
    table = Table("character", "pictures", box=None, title="Kept", title_justify="left")
    table.columns[1].justify = "right"
    ranked = sorted(summary.named.items(), key=lambda pair: (not pair[0], -pair[1]))
    for name, number in ranked:
        shown = escape(summary.character_names.get(name, person_name(name)))
        table.add_row(shown if name else "[dim]not named[/]", f"{number:,}")
    return table


def _dropped(summary: FilmSummary) -> Table:
    table = Table("number", "why", box=None, title="\nDropped", title_justify="left")
    table.columns[0].justify = "right"
    for reason, number in sorted(summary.rejected.items(), key=lambda pair: -pair[1]):
        table.add_row(f"{number:,}", DROPPED[reason])
    return table


def _lost(summary: FilmSummary) -> str:
    shown = [f"{timecode(start)} to {timecode(end)}" for start, end in summary.lost_seconds]
    return f"Damaged, and not read: {listed(shown)}"


def _money(summary: FilmSummary, *, again: bool) -> str:
    paid = sum(use.paid for use in summary.usage)
    reused = sum(use.reused for use in summary.usage)
    title = "Paid when it was prepared" if again else "Paid calls"
    return (
        f"\n{title}: {paid:,.0f}, estimated {dollars(summary.estimated_usd)}; "
        f"{count(reused, 'answer')} used again, not paid for"
    )
