"""`onmodel delete-production`: everything of a production, for good.

It runs with the rights of whoever types it: no function may delete versions or films. The order is
such that the same command goes on where one ended: a tombstone, models, known faces, uploads,
results, rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape

from onmodel.contracts.keys import same_name
from onmodel.contracts.rows import TrainingStage
from onmodel.contracts.stack_rows import DeletedPart, TombstoneBody, TombstoneStatus
from onmodel.deployments.forgotten_faces import delete_faces
from onmodel.environment import CacheTable, Machines
from onmodel.errors import RefusedError
from onmodel.films.detectors import stop_all
from onmodel.films.folders import ProductionFolders, production_called, production_of
from onmodel.formats.wording import count, dollars
from onmodel.registry.kinds import (
    GENERATIONS,
    STORYBOARDS,
    TOMBSTONES,
    TRAININGS,
    TombstoneRow,
)
from onmodel.registry.tombstones import last_generation, last_take
from onmodel.wiring import now
from onmodel_cli import options, speaking
from onmodel_cli.belongings import Belongings, folders_of, name_of
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.waiting import waiting


class NotDeleted(RefusedError):
    """Raised when a production cannot be deleted now, or there is none of this name."""


def delete_production(
    production: options.Production,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask for the production's name.")
    ] = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Delete a production for good: films, pictures, datasets, models and rows, all versions.

    It is refused while something of the production runs or bills. If it ends before it is done,
    the same command goes on with it.
    """
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        belongings = belongings_of(connection)
        found = _found(production, connection)
        _must_be_idle(found, belongings)
        begun = _begun(found.id, connection)
        parts = belongings.parts(found)
        if not parts and begun is None:
            raise NotDeleted(f"There is no production {production}", "See `onmodel status`")
        body = begun.body if begun else _body(found, parts, connection)
        _show(found, parts, body, connection, belongings)
        if not yes:
            _confirm(found)
        tombstone = begun or _forbid(found, body, connection, belongings)
        with waiting(speaking.err, "Deleting"):
            delete_all(found, belongings)
        TOMBSTONES.replace(
            connection.registry,
            tombstone.with_status(TombstoneStatus.DELETED).with_fields(deleted_at=now()),
            now(),
        )
        speaking.say(
            f"[green]✓[/] {escape(name_of(found))} is deleted. An upload to its folder begins it"
            " anew."
        )


def delete_known_faces(
    production: options.Production,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Delete the faces that the namer `faces` knows of a production.

    Its references stay. While settings name this namer, the next film makes the collection again.
    """
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        number = delete_faces(connection.services.face_collections, connection.stack, slug)
        speaking.say(f"[green]✓[/] {count(number, 'face collection')} of {slug} deleted.")


def belongings_of(connection: Connection) -> Belongings:
    services = connection.services
    return Belongings(
        uploads=services.uploads,
        studio=services.studio,
        registry=connection.registry,
        trainers=services.trainers,
        executions=connection.executions,
        faces=services.face_collections,
        detectors=services.detectors,
        stack=connection.stack,
        machine_arns=tuple(connection.environment.read(Machines).model_dump().values()),
        clock=now,
    )


def delete_all(production: ProductionFolders, belongings: Belongings) -> None:
    """Delete models, known faces, uploads, results, rows, in this order; each may be repeated.

    First its films give up the Custom Labels models that they needed.

    Models are known by rows, and folders by the production's row, so rows are last. Results are
    deleted again after the uploads: the event of a deleted settings.yaml may write one.
    """
    stop_all(
        belongings.registry,
        belongings.detectors,
        now,
        lambda lease: lease.production == production.id,
    )
    for row in belongings.models(production.id):
        belongings.trainers[row.body.trainer].delete_model(row.body.model_ref or "")
        gone = row.with_status(TrainingStage.GONE).with_fields(reason="its production is deleted")
        TRAININGS.replace(belongings.registry, gone, now())
    delete_faces(belongings.faces, belongings.stack, production.id)
    belongings.uploads.delete_versions(belongings.uploaded(production))
    belongings.studio.delete_versions(belongings.made(production.id))
    for record in belongings.rows(production.id):
        belongings.registry.delete(record)
    belongings.studio.delete_versions(belongings.made(production.id))


def _found(name: str, connection: Connection) -> ProductionFolders:
    if not name.strip():
        raise NotDeleted("The production has no name", "Give it with --production")
    registry = connection.registry
    return production_called(name.strip(), registry) or production_of(name.strip(), registry)


def _must_be_idle(found: ProductionFolders, belongings: Belongings) -> None:
    """Raises NotDeleted while something of the production runs or bills."""
    if obstacles := belongings.obstacles(found.id):
        raise NotDeleted(
            f"Something of {name_of(found)} runs or bills. " + ". ".join(obstacles),
            "Stop it or wait, then delete the production",
        )


def _forbid(
    found: ProductionFolders, body: TombstoneBody, connection: Connection, belongings: Belongings
) -> TombstoneRow:
    """Write the tombstone: from now on nothing of the production begins that costs money.

    Raises NotDeleted when something began since the question; then the tombstone is taken away.
    """
    tombstone = TOMBSTONES.create(
        connection.registry,
        found.id,
        f"{now():%Y%m%dt%H%M%Sz}",
        status=TombstoneStatus.DELETING,
        body=body,
        now=now(),
    )
    try:
        _must_be_idle(found, belongings)
    except NotDeleted:
        TOMBSTONES.delete(connection.registry, tombstone)
        raise
    return tombstone


def _begun(production: str, connection: Connection) -> TombstoneRow | None:
    """The tombstone of a deletion that was not finished."""
    rows = TOMBSTONES.list(connection.registry, production)
    return next((row for row in rows if row.status == TombstoneStatus.DELETING), None)


def _body(
    found: ProductionFolders, parts: tuple[DeletedPart, ...], connection: Connection
) -> TombstoneBody:
    life = timedelta(days=connection.environment.read(CacheTable).cache_days)
    registry = connection.registry
    generations = [int(row.id.removeprefix("g")) for row in GENERATIONS.list(registry, found.id)]
    takes = [row.body.take for row in STORYBOARDS.list(registry, found.id)]
    return TombstoneBody(
        name=name_of(found),
        parts=parts,
        cache_expires_at=now() + life,
        last_generation=max([*generations, last_generation(found.id, registry)]),
        last_take=max([*takes, last_take(found.id, registry)]),
    )


def _show(
    found: ProductionFolders,
    parts: tuple[DeletedPart, ...],
    body: TombstoneBody,
    connection: Connection,
    belongings: Belongings,
) -> None:
    speaking.say(
        f"{escape(name_of(found))} (id {found.id}) in {escape(folders_of(found))} of the uploads"
        " bucket has, all versions counted:"
    )
    for part in parts:
        size = f", {part.size_bytes / 1e6:,.1f} MB" if part.size_bytes else ""
        speaking.say(f"  {part.name}: {part.number:,}{size}")
    for row in belongings.models(found.id):
        item = connection.services.trainer_rules[row.body.trainer].items.model_month
        price = connection.services.prices.price(item) if item else None
        month = f", {dollars(float(price.usd))} a month" if price and price.usd is not None else ""
        speaking.say(f"  model of {row.id}, at {row.body.trainer}{month}")
    speaking.say(
        "Cached answers (labels, vectors, captions) stay: they are stored under a hash of what was"
        f" asked and name no production. The last one expires by {body.cache_expires_at:%Y-%m-%d}."
        " Logs and sent mails stay too, and rows can be restored for 35 days (point-in-time"
        " recovery)."
    )


def _confirm(found: ProductionFolders) -> None:
    typed = typer.prompt("Type the production's name to delete it for good", err=True)
    if same_name(typed.strip()) != same_name(name_of(found)):
        raise NotDeleted(f"{typed} is not {name_of(found)}", "Nothing was deleted")
