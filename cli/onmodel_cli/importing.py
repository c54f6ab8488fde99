"""`onmodel import`: a folder of pictures with captions enters a production as a film does."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onmodel.contracts.base import Usage
from onmodel.contracts.settings import Settings
from onmodel.environment import Models
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.films.file_kinds import PICTURE_ARCHIVE
from onmodel.films.folders import production_of
from onmodel.films.identity import film_of
from onmodel.films.production import characters_of
from onmodel.films.settings import uploaded_settings
from onmodel.formats.wording import count, dollars, listed
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.money.training_quotes import work_of_captions
from onmodel.ports.storage import ObjectInfo
from onmodel.wiring import now
from onmodel_cli import options, results, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.imports.archive import Said, said_of, write_archive
from onmodel_cli.imports.described import LeftOutFile
from onmodel_cli.imports.folder import FoundFolder, ImportRefused, read_folder
from onmodel_cli.local_films import read_film
from onmodel_cli.next_steps import next_steps
from onmodel_cli.run import Wish, prepare_films
from onmodel_cli.uploading import production_folder

NAMED_FILES = 20
"""Files that are not imported and are named on the terminal; --json has all."""


@dataclass(frozen=True)
class Import:
    """What is going to be imported: `archive` is written, nothing is sent."""

    found: FoundFolder
    said: Said
    archive: Path
    production: str
    usd: float | None


def import_folder(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Pictures, with captions or without.")
    ],
    production: options.Production,
    yes: options.Yes = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where report and pictures are copied to.")
    ] = Path("onmodel-out"),
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Bring a folder of pictures into a production: they go the way of a film's figures.

    Reads metadata.jsonl or metadata.csv (imagefolder), a .txt beside each picture (kohya), what
    `onmodel export` wrote, or pictures alone. Captions and names that are there are kept.
    """
    with speaking.plain_errors(as_json), tempfile.TemporaryDirectory() as place:
        found = read_folder(folder)
        connection = options.open_stack(stack, region, local)
        archive = Path(place) / f"{folder.resolve().name}{PICTURE_ARCHIVE}"
        wanted = plan_import(found, archive, production, connection)
        _tell(wanted)
        if not yes:
            typer.confirm(_question(wanted), abort=True, err=True)
        kept = _save(wanted, connection)
        wish = Wish(films=(archive,), production=production, output=output, are_named=True)
        (done,) = prepare_films(wish, connection, speaking.err)
        after = next_steps(done.result, connection, now())
        if as_json:
            speaking.print_object(
                results.as_object(done.result)
                | {
                    "next": after.as_object(),
                    "left_out": {line.path: line.why for line in found.left_out},
                    "not_kept": {line.path: line.why for line in wanted.said.refused},
                    "captions": sum(one.caption is not None for one in wanted.said.corrections),
                    "kept_corrections": kept,
                }
            )
            return
        results.show(done.result, speaking.out, again=done.again)
        speaking.out.print("\n[bold]Next[/]")
        for sentence in after.sentences:
            speaking.out.print(f"  {escape(sentence)}")


def plan_import(
    found: FoundFolder, archive: Path, production: str, connection: Connection
) -> Import:
    """Write the archive, and find out what its pictures will be called and cost.

    Raises:
        ImportRefused: the archive cannot be written, for example on a full disk.
    """
    try:
        write_archive(found.pictures, archive)
    except OSError as fault:
        raise ImportRefused(
            f"The archive of the pictures cannot be written to {archive.parent}: {fault.strerror}",
            "Make room there, or set TMPDIR to another folder",
        ) from fault
    film = read_film(archive, production_folder(production, connection.registry))
    folders = production_of(film.folder, connection.registry)
    settings = uploaded_settings(
        folders, connection.uploads, connection.environment.read(Models).allowed
    )
    info = ObjectInfo(key=film.key, size=film.size, etag="", checksum_crc64nvme=film.checksum)
    said = said_of(
        found.pictures,
        film_of(folders.id, info, connection.registry),
        crop=settings.crop,
        characters=characters_of(folders.id, settings, connection.registry),
        corrections=read_corrections(folders.id, connection.registry),
        limits=connection.services.dataset_limits,
    )
    captions = sum(one.caption is not None for one in said.corrections)
    return Import(
        found=found,
        said=said,
        archive=archive,
        production=folders.id,
        usd=_price(len(found.pictures), len(found.pictures) - captions, settings),
    )


def _price(pictures: int, captions: int, settings: Settings) -> float | None:
    """Dollars for embedding all pictures and captioning some; None: a price is missing."""
    is_named = "embeddings" in settings.naming.kind and settings.naming.threshold is None
    vectors = Usage(
        item=f"bedrock.{settings.embedding.model}", paid=pictures * (2 if is_named else 1)
    )
    asked = work_of_captions(captions, settings.captions).usage
    total = estimate(add_up([vectors, *asked]), PriceBook.load()).total_usd
    return None if total is None else float(total)


def _tell(wanted: Import) -> None:
    _name("not imported", wanted.found.left_out)
    _name("the picture is imported without", wanted.said.refused)
    for name in wanted.said.new.values():
        speaking.say(f"[yellow]![/] {escape(name)} is a new character")


def _name(what: str, lines: Sequence[LeftOutFile]) -> None:
    for line in lines[:NAMED_FILES]:
        speaking.say(f"[yellow]![/] {escape(line.path)} {escape(line.why)}: {what}")
    if len(lines) > NAMED_FILES:
        speaking.say(f"[yellow]![/] and {len(lines) - NAMED_FILES:,} more, {what}: see --json")


def _question(wanted: Import) -> str:
    said = wanted.said.corrections
    captions = sum(one.caption is not None for one in said)
    names = sum(one.character is not None for one in said)
    parts = listed([count(captions, "caption"), count(names, "name")])
    return (
        f"{count(len(wanted.found.pictures), 'picture')} with {parts}:"
        f" about {dollars(wanted.usd)} for vectors and missing captions. Import them?"
    )


def _save(wanted: Import, connection: Connection) -> int:
    """Before the upload, so that the first run has them; how many people had decided before."""
    saved = save_corrections(
        wanted.production,
        wanted.said.corrections,
        registry=connection.registry,
        clock=now,
        limits=connection.services.dataset_limits,
    )
    kept = sum(not one.saved for one in saved)
    if kept:
        speaking.say(
            f"[yellow]![/] Of {count(kept, 'picture')} people decided otherwise before: that holds"
        )
    return kept
