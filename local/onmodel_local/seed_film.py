"""The fixtures' film, prepared; references, settings and a storyboard beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from onmodel.contracts.films import Chunk, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import FilmBody, Kind, RunStatus
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import read_lines
from onmodel_local.deploy import Target
from onmodel_local.ground import Ground

SETTINGS = b"sampling: {chunk_seconds: 60}\n"
STORYBOARD = b"""scenes:
  - Buck smiles, a misty forest behind him
  - Frank sits on a branch, morning light
  - Rinky and Gamera laugh in a green meadow
  - Buck sleeps under a tree, evening light
"""
VERSIONED = ("film", "reference", "settings", "storyboard")
"""Uploads of route_upload's fixtures whose version they name."""
CHUNKS_AT_ONCE = 2  # the local stack runs as many copies of a function as there are cores


def plant_film(ground: Ground, *, film: Path, pictures: Path) -> None:
    """PrepareFilm's functions in their order.

    Args:
        ground: the stack.
        film: Big Buck Bunny: a fixture names its third minute, and a film's name in the fixtures
            is a hash of its content.
        pictures: <character>/<name>.png, the references.
    """
    run = Run.model_validate(ground.event("probe_film/film")["run"])
    with _silent_uploads(ground.stack):
        ground.say("uploads")
        _upload(ground, run, film, pictures)
    ground.play("route_upload/settings")
    _begin(ground, run)
    answer = ground.play("probe_film/film")
    chunks = read_lines(Chunk, ground.studio.get(answer["chunks_key"]))
    with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:
        for chunk in pool.map(lambda chunk: _sample(ground, run, chunk), chunks):
            ground.say(f"chunk {chunk.index + 1} of {len(chunks)}")
    for step in ("deduplicate_film", "name_crops", "report_film", "finish_film"):
        ground.play(f"{step}/film")


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


def _upload(ground: Ground, run: Run, film: Path, pictures: Path) -> None:
    put = ground.uploads.put
    put(run.source.key, film.read_bytes(), "video/mp4")
    put(f"{run.production}/settings.yaml", SETTINGS, "application/yaml")
    put(f"{run.production}/storyboards/forest.yaml", STORYBOARD, "application/yaml")
    reference = ground.event("route_upload/reference")
    del reference["detail"]["object"]["version-id"]  # the newest
    for path in sorted(pictures.glob("*/*.png")):
        key = f"{run.production}/characters/{path.parent.name.capitalize()}/{path.name}"
        put(key, path.read_bytes(), "image/png")
        reference["detail"]["object"]["key"] = key
        ground.call("route_upload", reference)
    for name in VERSIONED:
        told = ground.event(f"route_upload/{name}")["detail"]["object"]
        ground.stack.control(
            "objects/version",
            {
                "bucket": ground.uploads.bucket,
                "key": told["key"],
                "version_id": told["version-id"],
            },
        )


def _begin(ground: Ground, run: Run) -> None:
    """What route_upload leaves when it starts the machine, and the machine's claim."""
    settings = Settings().model_dump_json().encode()
    ground.studio.put(FilmKeys.of(run).settings, settings, "application/json")
    film = FilmBody(
        title=run.title,
        source=run.source,
        size_bytes=ground.uploads.head(run.source.key).size,
        run=run,
    )
    ground.put_row(Kind.FILM, run.film_id, RunStatus.RUNNING, film)
    before = ground.row(Kind.RUN, run.run_id)
    if before is not None:  # a prepared run is not claimed again
        ground.registry.delete(before)
    claim = ground.event("claim_run/first")
    ground.call("claim_run", {**claim, "run": run.model_dump(mode="json")})


def _sample(ground: Ground, run: Run, chunk: Chunk) -> Chunk:
    event = {"run": run.model_dump(mode="json"), "chunk": chunk.model_dump(mode="json")}
    ground.call("sample_chunk", event)
    return chunk
