"""`onmodel export`: a dataset as a folder on this machine, in the layout of another program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.review import CorrectionResult
from onmodel.formats.wording import count
from onmodel_cli import bars, options, speaking
from onmodel_cli.exports.contracts import DroppedPicture
from onmodel_cli.exports.dataset import ExportedDataset, chosen_dataset, read_dataset
from onmodel_cli.exports.folder import MISSING, Written, write_export
from onmodel_cli.exports.formats import format_called
from onmodel_cli.exports.review_file import save_review
from onmodel_cli.speaking import print_object

NAMED_PICTURES = 10
"""Dropped pictures of the dataset that are named one by one; dropped.jsonl has all."""

WHY = {
    LeftOutReason.UNNAMED: "not named",
    LeftOutReason.NAMELESS_BESIDE: "with somebody without a name beside",
    LeftOutReason.POOR: "of a quality below what a dataset takes",
    LeftOutReason.NEAR_DUPLICATE: "near-duplicates of a picture in the dataset",
    LeftOutReason.ONE_OFF_LOOK: "of one-off looks",
    LeftOutReason.OVER_CAP: "more than are taken of their character",
    LeftOutReason.CAPTION_FAILED: "without a caption",
    LeftOutReason.REVIEWED_OUT: "taken out in a review",
    MISSING: "deleted from the studio bucket",
}
"""Why pictures are not in the folder, worded to follow a number."""


class FormatName(StrEnum):
    ONMODEL = "onmodel"
    IMAGEFOLDER = "imagefolder"
    KOHYA = "kohya"
    COCO = "coco"
    ANNOTATIONS = "annotations"
    BEDROCK = "bedrock"


def export(
    production: options.Production,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            help="The folder that is made; else"
            " onmodel-out/<production>/datasets/<dataset>-<format>.",
        ),
    ] = None,
    layout: Annotated[
        FormatName,
        typer.Option(
            "--format",
            help="Of which program: Hugging Face (imagefolder), kohya-ss (kohya), COCO, lines of"
            " image_ref and alt_text (annotations), Bedrock; onmodel is pictures and items.jsonl.",
        ),
    ] = FormatName.ONMODEL,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help="Which dataset, or how its id begins; else the newest."),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(
            "--prefix",
            help="annotations and bedrock: what stands before the pictures' paths, such as"
            " s3://BUCKET/FOLDER.",
        ),
    ] = "",
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace an exported folder that was changed by hand."),
    ] = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Copy a dataset into a folder: pictures, captions, lineage, and what was dropped and why.

    What people corrected in a review holds, also since the dataset was made. Nothing is paid.
    """
    with speaking.plain_errors(as_json, interrupted="Interrupted. The same command goes on."):
        written_as = format_called(layout, prefix)
        connection = options.open_stack(stack, region, local)
        slug = options.production_id(production, connection.registry)
        row = chosen_dataset(slug, dataset, connection.registry)
        place = to or Path("onmodel-out") / slug / "datasets" / f"{row.id}-{layout}"
        folder = place.resolve() if place.is_symlink() else place.absolute()
        reviewed = save_review(
            folder, slug, registry=connection.registry, limits=connection.services.dataset_limits
        )
        _show_review(reviewed)
        found = read_dataset(row, registry=connection.registry, studio=connection.studio)
        with bars.total_bar(speaking.err, "Pictures") as progress:
            written = write_export(
                found,
                written_as,
                name=layout,
                folder=folder,
                studio=connection.studio,
                overwrite=overwrite,
                progress=progress,
            )
        if as_json:
            print_object(_as_object(found, written, reviewed))
        else:
            _show(found, written)


def _as_object(
    dataset: ExportedDataset, written: Written, reviewed: Sequence[CorrectionResult]
) -> dict[str, Any]:
    export = written.export
    return {
        "production": export.production,
        "dataset_id": export.dataset_id,
        "format": export.format,
        "folder": str(written.folder),
        "is_new": written.is_new,
        "pictures": export.pictures,
        "characters": dict(_characters(dataset)),
        "dropped": dict(Counter(line.reason for line in written.dropped)),
        "dropped_of_dataset": [
            line.model_dump(mode="json", exclude={"is_of_dataset"})
            for line in written.dropped
            if line.is_of_dataset
        ],
        "notices": list(export.notices),
        "corrections": {
            "saved": sum(one.saved for one in reviewed),
            "not_saved": {one.crop_id: _why_not_saved(one) for one in reviewed if not one.saved},
        },
    }


def _characters(dataset: ExportedDataset) -> list[tuple[str, int]]:
    """Pictures by character, the most first; unnamed under ''."""
    counts = Counter(picture.item.character or "" for picture in dataset.pictures)
    return sorted(counts.items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))


def _show_review(reviewed: Sequence[CorrectionResult]) -> None:
    """What became of the corrections that were made in the folder."""
    if not reviewed:
        return
    saved = sum(one.saved for one in reviewed)
    speaking.say(f"[green]✓[/] {count(saved, 'correction')} of the folder saved")
    for one in reviewed:
        if not one.saved:
            speaking.say(f"[yellow]![/] {one.crop_id}: {escape(_why_not_saved(one))}")


def _why_not_saved(result: CorrectionResult) -> str:
    return result.reason or "somebody else decided about it meanwhile, and that holds"


def _show(dataset: ExportedDataset, written: Written) -> None:
    export, out = written.export, speaking.out
    if not written.is_new:
        out.print("[dim]It is there already, as it would be written now.[/]")
    out.print(
        f"[bold]{escape(export.production_name)}[/]  [dim]dataset {export.dataset_id} ·"
        f" format {export.format}[/]\n{count(export.pictures, 'picture')}\n"
    )
    kept = Table("character", "pictures", box=None, title="Written", title_justify="left")
    kept.columns[1].justify = "right"
    for slug, number in _characters(dataset):
        name = dataset.characters[slug].name if slug else ""
        kept.add_row(escape(name) if slug else "[dim]not named[/]", f"{number:,}")
    out.print(kept)
    if written.dropped:
        out.print(_dropped_table(written.dropped))
        _name_dropped([line for line in written.dropped if line.is_of_dataset])
    for notice in export.notices:
        out.print(f"[yellow]![/] {escape(notice)}")
    out.print(f"\n[bold]Folder[/] {escape(str(written.folder))}")


def _dropped_table(dropped: tuple[DroppedPicture, ...]) -> Table:
    table = Table("number", "why", box=None, title="\nNot in it", title_justify="left")
    table.columns[0].justify = "right"
    for reason, number in Counter(line.reason for line in dropped).most_common():
        table.add_row(f"{number:,}", WHY.get(reason, reason))
    return table


def _name_dropped(lines: list[DroppedPicture]) -> None:
    """Those that the dataset has and the folder does not, each with its reason."""
    for line in lines[:NAMED_PICTURES]:
        who = f" ({line.name})" if line.name else ""
        speaking.out.print(f"  {line.crop_id}{escape(who)}: {escape(line.detail)}")
    if len(lines) > NAMED_PICTURES:
        speaking.out.print(f"  and {len(lines) - NAMED_PICTURES:,} more, in dropped.jsonl")
