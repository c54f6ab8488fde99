"""Fill a local stack with what the fixtures under events/ name, so that each can be invoked alone.

    onmodel local up
    python -m onmodel_local.seed
    sam local invoke ProbeFilmFunction -e events/probe_film/film.json …   (docs/debugging.md)

The film of the fixtures is prepared by the steps themselves, in this process. Seeding again puts
back what invocations have changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from onmodel.contracts.base import Contract, ObjectRef
from onmodel.contracts.film import Chunk, Run
from onmodel.contracts.requests import ClaimRunRequest, RunRequest, SampleChunkRequest
from onmodel.environment import read_environment
from onmodel.jsonl import read_lines
from onmodel.keys import FilmKeys, accepted_settings_key
from onmodel.paid import Meter
from onmodel.records import FilmBody, FolderBody, Kind, ReferenceBody, RunStatus, upsert
from onmodel.settings import Settings
from onmodel.steps.claim_run import claim_run
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.steps.finish_film import finish_film
from onmodel.steps.name_crops import name_crops
from onmodel.steps.probe_film import probe_film
from onmodel.steps.report_film import report_film
from onmodel.steps.sample_chunk import sample_chunk
from onmodel.vision.encoding import decode_picture
from onmodel.wiring import Services, now
from onmodel_local.daemon import find
from onmodel_local.deploy import Target
from onmodel_local.films import fetch_big_buck_bunny
from onmodel_local.references import cut_references
from onmodel_local.seed_models import ModelSeed
from onmodel_local.stack import environment

REFERENCE_NAME = "175.png"  # as events/route_upload/reference.json has it
SETTINGS = b"sampling: {chunk_seconds: 60}\n"
STORYBOARD = b"""scenes:
  - Buck smiles, a misty forest behind him
  - Frank sits on a branch, morning light
  - Rinky and Gamera laugh in a green meadow
  - Buck sleeps under a tree, evening light
"""

Say = Callable[[str], object]


class Steered(Target, Protocol):
    """A running stack that takes orders: a LocalStack or a RunningStack."""

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any: ...  # noqa: ANN401


A_FUNCTION = "onmodel-start_training"
"""All functions have the same variables."""


def seed(
    stack: Steered,
    *,
    events: Path,
    film: Path,
    pictures: Path,
    say: Say,
) -> None:
    """Put objects and rows where the fixtures expect them.

    Args:
        stack: a running local stack; seeding it starts no machine.
        events: the folder of the fixtures.
        film: Big Buck Bunny: a fixture names its third minute, and a film's name in the fixtures
            is a hash of its content.
        pictures: <character>/<name>.png, the references.
        say: told what is done.
    """
    services = _services(stack)
    run = _run(events)
    with _speaking_to(stack):
        _seed(
            services, stack, run, film=film.read_bytes(), pictures=pictures, events=events, say=say
        )
        _models(services, stack, events, run, say).plant()


def mend(stack: Steered, *, events: Path) -> None:
    """Put back what invocations of a seeded stack have changed behind the films."""
    run = _run(events)
    with _speaking_to(stack):
        _models(_services(stack), stack, events, run, lambda _: None).plant()


def _models(services: Services, stack: Steered, events: Path, run: Run, say: Say) -> ModelSeed:
    return ModelSeed(services, stack.control, lambda name: _event(events, name), run.run_id, say)


def _services(stack: Target) -> Services:
    """As the deployed functions have them."""
    found = stack.client("lambda").get_function_configuration(FunctionName=A_FUNCTION)
    variables = {**found["Environment"]["Variables"], **environment(stack.endpoint_url)}
    return Services(read_environment(variables))


def _seed(
    services: Services,
    stack: Steered,
    run: Run,
    *,
    film: bytes,
    pictures: Path,
    events: Path,
    say: Say,
) -> None:
    with _silent_uploads(stack):
        say("uploads")
        _upload(services, run, film, pictures)
        order = {
            "bucket": services.environment.uploads_bucket,
            "key": run.source.key,
            "version_id": run.source.version_id,
        }
        stack.control("objects/version", order)
    services.studio.put(
        accepted_settings_key(run.production),
        Settings().model_dump_json().encode(),
        "application/json",
    )
    _prepare(services, run, _event(events, "claim_run/first.json")["execution_arn"], say)


def _run(events: Path) -> Run:
    return Run.model_validate(_event(events, "probe_film/film.json")["run"])


def _event(events: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((events / name).read_text())


@contextmanager
def _speaking_to(stack: Target) -> Iterator[None]:
    """As the functions, the services find AWS by their environment."""
    before = dict(os.environ)
    os.environ.update(environment(stack.endpoint_url))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _silent_uploads(stack: Target) -> Iterator[None]:
    """No upload is routed meanwhile: its run would be another than the fixtures'."""
    events = stack.client("events")
    rules = [
        rule["Name"]
        for rule in events.list_rules()["Rules"]
        if "Object Created" in rule.get("EventPattern", "")
    ]
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        yield
        time.sleep(1)  # the emulator hands events over in the background
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def _upload(services: Services, run: Run, film: bytes, pictures: Path) -> None:
    put = services.uploads.put
    put(run.source.key, film, "video/mp4")
    put(f"{run.production}/settings.yaml", SETTINGS, "application/yaml")
    put(f"{run.production}/storyboards/forest.yaml", STORYBOARD, "application/yaml")
    for folder in sorted(path for path in pictures.iterdir() if path.is_dir()):
        name = folder.name
        _row(
            services,
            run,
            Kind.CHARACTER,
            name,
            status="known",
            body=FolderBody(folder=name.capitalize()),
        )
        for path in sorted(folder.glob("*.png")):
            key = f"{run.production}/characters/{name.capitalize()}/{path.name}"
            body = path.read_bytes()
            put(key, body, "image/png")
            height, width = decode_picture(body).shape[:2]
            source = ObjectRef(bucket=run.source.bucket, key=key)
            reference = ReferenceBody(character=name, source=source, width=width, height=height)
            identity = f"{name}/{path.stem}-png"
            _row(services, run, Kind.REFERENCE, identity, status="recorded", body=reference)


def _prepare(services: Services, run: Run, execution_arn: str, say: Say) -> None:
    """PrepareFilm's steps in their order."""
    request, keys = RunRequest(run=run), FilmKeys.of(run)
    services.studio.put(keys.settings, Settings().model_dump_json().encode(), "application/json")
    size = services.uploads.head(run.source.key).size
    film = FilmBody(title=run.title, source=run.source, size_bytes=size, run=run)
    _row(services, run, Kind.FILM, run.film_id, status=RunStatus.RUNNING, body=film)
    before = services.registry.get(run.production, Kind.RUN, run.run_id)
    if before is not None:  # a prepared run is not claimed again
        services.registry.delete(before)
    claim_run(
        ClaimRunRequest(run=run, execution_arn=execution_arn),
        registry=services.registry,
        executions=services.executions,
        clock=now,
    )
    planned = probe_film(request, uploads=services.uploads, studio=services.studio)
    chunks = read_lines(Chunk, services.studio.get(planned.chunks_key))
    for chunk in chunks:
        say(f"chunk {chunk.index + 1} of {len(chunks)}")
        _sample(services, run, chunk)
    deduplicate_film(request, studio=services.studio)
    meter = Meter()
    name_crops(
        request,
        uploads=services.uploads,
        studio=services.studio,
        registry=services.registry,
        embedder=lambda settings: services.embedder(settings, meter),
        meter=meter,
    )
    report_film(request, studio=services.studio, prices=services.prices, clock=now)
    finish_film(request, registry=services.registry, studio=services.studio, clock=now)


def _sample(services: Services, run: Run, chunk: Chunk) -> None:
    meter = Meter()
    sample_chunk(
        SampleChunkRequest(run=run, chunk=chunk),
        uploads=services.uploads,
        studio=services.studio,
        labels=services.labels(meter),
        embedder=lambda settings: services.embedder(settings, meter),
        meter=meter,
    )


def _row(
    services: Services, run: Run, kind: Kind, identity: str, *, status: str, body: Contract
) -> None:
    upsert(
        services.registry,
        production=run.production,
        kind=kind,
        id=identity,
        status=status,
        body=body,
        now=now(),
    )


def main() -> None:
    """Seed the stack that `onmodel local up` started in this folder."""
    argparse.ArgumentParser(description=main.__doc__).parse_args()
    root = Path.cwd()
    running = find(root)
    if running is None:
        sys.exit("No local stack runs here: start it with `onmodel local up`")
    cache = root / ".cache" / "films"
    bunny = fetch_big_buck_bunny(cache)
    pictures = cache / "references"
    cut_references(bunny, pictures)
    seed(
        running,
        events=root / "events",
        film=bunny,
        pictures=pictures,
        say=print,
    )


if __name__ == "__main__":
    main()
