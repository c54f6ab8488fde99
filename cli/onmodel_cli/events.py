"""`onmodel event STEP`: the event that a function gets, for `sam local invoke -e`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from onmodel.errors import RefusedError
from onmodel_cli import options, speaking
from onmodel_cli.event_facts import EventFacts
from onmodel_cli.options import open_stack, production_id

Event = Mapping[str, Any]
Builder = Callable[[EventFacts], Event]


class NoEvent(RefusedError):
    """Raised for an unknown step, or one whose event cannot be made afterwards."""


def event(
    step: Annotated[str, typer.Argument(help="Function, for example sample_chunk.")],
    production: options.Production,
    film: Annotated[
        str | None, typer.Option("--film", help="File name, film_id or run_id; else the newest.")
    ] = None,
    chunk: Annotated[int, typer.Option("--chunk", min=0, help="For sample_chunk.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to a file instead of stdout.")
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Write the real event of a run, to debug its function on this machine.

    Then: sam local invoke SampleChunkFunction -e event.json. Steps after the film take the newest
    dataset, deployment or storyboard of the production.
    """
    with speaking.plain_errors():
        if step not in BUILDERS:
            raise NoEvent(
                f"No event of {step} can be made from what a stack has",
                f"Events can be made of {', '.join(sorted(BUILDERS))};"
                " the others have samples in events/",
            )
        connection = open_stack(stack, region, local)
        facts = EventFacts(
            connection=connection,
            production=production_id(production, connection.registry),
            film=film,
            chunk=chunk,
        )
        text = json.dumps(BUILDERS[step](facts), indent=2) + "\n"
        if output:
            output.write_text(text, encoding="utf-8")
            speaking.say(f"[green]✓[/] {escape(str(output))}")
        else:
            print(text, end="")


def _run(facts: EventFacts) -> Event:
    return {"run": facts.run}


def _run_with_execution(facts: EventFacts) -> Event:
    return {"run": facts.run, "execution_arn": facts.run_execution}


def _refuse_film(facts: EventFacts) -> Event:
    error = {"Error": "FilmRefused", "Cause": json.dumps({"errorMessage": "tried by hand"})}
    return {**_run_with_execution(facts), "error": error}


def _generation(facts: EventFacts) -> Event:
    return {"generation": facts.generation}


def _dataset(facts: EventFacts) -> Event:
    return {"dataset": facts.dataset}


def _possible(event: Event) -> Event:
    return {**event, "preflight": {"possible": True, "findings": [], "warnings": []}}


def _deployment(facts: EventFacts) -> Event:
    return {"deployment": facts.deployment}


def _retirement(facts: EventFacts) -> Event:
    return {"deployment": facts.deployment | {"reason": "tried by hand"},
            "execution_arn": facts.execution}  # fmt: skip


BUILDERS: dict[str, Builder] = {
    "route_upload": lambda facts: facts.upload,
    "claim_run": _run_with_execution,
    "probe_film": _run,
    "sample_chunk": lambda facts: {"run": facts.run, "chunk": facts.planned_chunk},
    "deduplicate_film": _run,
    "name_crops": _run,
    "report_film": _run,
    "finish_film": _run,
    "refuse_film": _refuse_film,
    "notify": lambda facts: {"notification": facts.notification},
    "collect_film": lambda facts: facts.film_prepared,
    "settle_generation": lambda facts: {**_generation(facts), "execution_arn": facts.execution},
    "preflight_training": _generation,
    "assemble_dataset": lambda facts: _possible(_generation(facts)),
    "quote_training": lambda facts: _possible(_dataset(facts)),
    "check_captions": _dataset,
    "collect_captions": _dataset,
    "write_manifest": _dataset,
    "report_dataset": _dataset,
    "start_training": _dataset,
    "caption_crop": lambda facts: facts.caption_message,
    "claim_training": lambda facts: {"request": facts.job, "execution_arn": facts.execution},
    "provision_model": _deployment,
    "check_deployment": _deployment,
    "stop_deployment": _retirement,
    "verify_retired": _retirement,
    "bill_deployment": _retirement,
    "plan_storyboard": lambda facts: {
        "request": facts.storyboard_request,
        "execution_arn": facts.execution,
    },
    "draw_panel": lambda facts: {"item": facts.panel},
    "score_panel": lambda facts: {"item": facts.panel},
    "reconcile": lambda facts: {"source": "onmodel", "id": facts.by_hand},
}
