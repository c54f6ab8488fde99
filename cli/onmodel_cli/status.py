"""`onmodel status` and `onmodel costs`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from rich.markup import escape
from rich.table import Table

from onmodel.contracts.rows import Kind
from onmodel.formats.wording import count, dollars, when
from onmodel.money.pricebook import Bill, add_up, estimate
from onmodel.money.titles import title_of
from onmodel.overview.coming import Coming
from onmodel.overview.everything import gather
from onmodel.overview.lines import Line, billing, look
from onmodel_cli import options, speaking
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.overview import progress_in, quiet_of, usage_of_runs
from onmodel_cli.speaking import print_object

COLOURS = {
    "prepared": "green", "ready": "green", "completed": "green", "drawn": "green",
    "in_service": "yellow", "creating": "yellow", "running": "cyan", "in_progress": "cyan",
    "refused": "red", "failed": "red", "retired": "dim",
}  # fmt: skip


def status(
    production: options.OfProduction = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Show films, datasets, trainings, deployments, storyboards, and what bills."""
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        chosen = production_id(production, connection.registry) if production else None
        overview = gather(
            connection.registry,
            chosen,
            now=datetime.now(UTC),
            quiet_of=quiet_of(connection),
            progress=progress_in(connection.studio),
        )
        lines, costly = list(overview.lines), overview.billing
        if as_json:
            print_object(
                {
                    "lines": [line.as_object() for line in lines],
                    "billing": [line.as_object() for line in costly],
                    "next": [one.as_object() for one in overview.coming],
                    "spent_usd": overview.spent.usd,
                }
            )
            return
        if not lines:
            speaking.out.print("There is nothing yet. Upload a film: `onmodel run FILM -p NAME`.")
            return
        _show(lines)
        _tell_next(overview.coming)
        _tell_billing(costly, chosen)


def costs(
    production: options.OfProduction = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Show the estimated cost of each service, by our own counts, and what the cache saved."""
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        chosen = production_id(production, connection.registry) if production else None
        summaries = list(usage_of_runs(connection.registry, connection.studio, chosen))
        usage = add_up(use for summary in summaries for use in summary.usage)
        bill = estimate(usage, connection.services.prices)
        lines = look(connection.registry, chosen, datetime.now(UTC))
        later = [line for line in lines if line.kind != "run" and line.usd is not None]
        total = _total(bill, later)
        if as_json:
            print_object(
                {
                    "films": bill.model_dump(mode="json"),
                    "others": [line.as_object() for line in later],
                    "total_usd": total,
                }
            )
            return
        speaking.out.print(_bill(bill, len(summaries)))
        if later:
            _show(later)
        speaking.out.print(
            f"\n[bold]Estimated total {dollars(total)}[/], {dollars(float(bill.saved_usd))} saved. "
            f"Prices of {bill.prices_dated.isoformat()}; AWS bills by its own counts."
        )
        _tell_billing(billing(lines), chosen)


def _total(bill: Bill, others: list[Line]) -> float | None:
    if bill.total_usd is None:
        return None
    return float(bill.total_usd) + sum(line.usd for line in others if line.usd is not None)


def _tell_next(coming: Sequence[Coming]) -> None:
    if coming:
        speaking.out.print("\n[bold]Next[/]")
    for one in coming:
        at = "" if one.at is None else f"{when(one.at)}: "
        speaking.out.print(f"  {at}{escape(one.what)} [dim]({one.production})[/]")


def _tell_billing(costly: list[Line], production: str | None) -> None:
    if not costly:
        whose = f" of {production}" if production else ""
        speaking.out.print(f"\n[green]Nothing{whose} is billing by the hour.[/]")
    for line in costly:
        speaking.out.print(
            f"\n[bold yellow]{line.id} costs {dollars(line.usd_per_hour)} an hour[/] and "
            f"{line.what}.{_how_to_end(line)}"
        )


def _how_to_end(line: Line) -> str:
    """A Custom Labels model is stopped when no film needs it any more."""
    if line.kind != Kind.DEPLOYMENT:
        return ""
    return f" Sooner: `onmodel retire -p {line.production} --deployment {line.id}`"


def _show(lines: list[Line]) -> None:
    """Print by production a line for each row and, below it, its details, in 80 columns."""
    wide = max(len(line.id) for line in lines)
    for production, of_it in groupby(lines, key=lambda line: line.production):
        speaking.out.print(f"\n[bold]{production}[/]")
        for line in of_it:
            colour = COLOURS.get(line.status, "default")
            usd = "" if line.usd is None else dollars(line.usd)
            row = f"  {line.kind:<10}  {line.id:<{wide}}  [{colour}]{line.status:<11}[/]  {usd:>9}"
            speaking.out.print(row.rstrip())
            if line.what:
                speaking.out.print(f"              [dim]{escape(line.what)}[/]")


def _bill(bill: Bill, films: int) -> Table:
    title = f"Preparing {count(films, 'film')}"
    table = Table("service", "paid", "used again", "cost", "saved", box=None, title=title,
                  title_justify="left", pad_edge=False)  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for line in bill.lines:
        table.add_row(
            title_of(line.item, "Asking a model"),
            f"{line.paid:,.0f}",
            f"{line.reused:,.0f}",
            dollars(None if line.usd is None else float(line.usd)),
            dollars(None if line.saved_usd is None else float(line.saved_usd)),
        )
    return table
