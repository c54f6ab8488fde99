"""Seeds the fixtures' film: uploads it with references, settings, storyboards; prepares it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from onmodel.contracts.film_rows import FilmBody, RunStatus
from onmodel.contracts.films import Chunk, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import FILMS, RUNS
from onmodel_local.deploy import Target
from onmodel_local.seed_stack import SeedStack

SETTINGS = b"sampling: {chunk_seconds: 60}\n"
SCENES = b"""scenes:
  - Buck smiles, a misty forest behind him
  - Frank sits on a branch, morning light
  - Rinky and Gamera laugh in a green meadow
  - Buck sleeps under a tree, evening light
"""
STORYBOARDS = {"forest": SCENES, "meadow": b"arms: [references]\n" + SCENES}
"""`forest` is drawn by a deployed model, `meadow` by a job without a trained model."""

VERSIONED = ("film", "reference", "settings", "storyboard")
"""Fixtures of route_upload that contain a version id."""
CHUNKS_AT_ONCE = 2  # the local stack runs as many copies of a function as there are cores


def seed_film(seed: SeedStack, *, film: Path, pictures: Path) -> None:
    """Upload and prepare the film by calling PrepareFilm's functions in their order.

    Args:
        seed: the stack and the fixtures.
        film: Big Buck Bunny; one fixture refers to its third minute, and the film id in the
            fixtures is a hash of its content.
        pictures: <character>/<name>.png, the references.
    """
    run = Run.model_validate(seed.event("probe_film/film")["run"])
    with _silent_uploads(seed.stack):
        seed.say("uploads")
        _upload(seed, run, film, pictures)
    seed.call_with_fixture("route_upload/settings")
    _begin(seed, run)
    answer = seed.call_with_fixture("probe_film/film")
    chunks = read_lines(Chunk, seed.studio.get(answer["chunks_key"]))
    with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:
        for chunk in pool.map(lambda chunk: _sample(seed, run, chunk), chunks):
            seed.say(f"chunk {chunk.index + 1} of {len(chunks)}")
    for step in ("deduplicate_film", "name_crops", "report_film", "finish_film"):
        seed.call_with_fixture(f"{step}/film")


@contextmanager
def _silent_uploads(stack: Target) -> Iterator[None]:
    """Disable the routing of uploads: it would start another run than that of the fixtures."""
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
        time.sleep(1)  # the emulator delivers events in the background
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def _upload(seed: SeedStack, run: Run, film: Path, pictures: Path) -> None:
    put = seed.uploads.put
    put(run.source.key, film.read_bytes(), "video/mp4")
    put(f"{run.production}/settings.yaml", SETTINGS, "application/yaml")
    for name, storyboard in STORYBOARDS.items():
        put(f"{run.production}/storyboards/{name}.yaml", storyboard, "application/yaml")
    reference = seed.event("route_upload/reference")
    del reference["detail"]["object"]["version-id"]  # without it, the newest version is used
    for path in sorted(pictures.glob("*/*.png")):
        key = f"{run.production}/characters/{path.parent.name.capitalize()}/{path.name}"
        put(key, path.read_bytes(), "image/png")
        reference["detail"]["object"]["key"] = key
        seed.call("route_upload", reference)
    for name in VERSIONED:
        uploaded = seed.event(f"route_upload/{name}")["detail"]["object"]
        seed.stack.control(
            "objects/version",
            {
                "bucket": seed.uploads.bucket,
                "key": uploaded["key"],
                "version_id": uploaded["version-id"],
            },
        )


def _begin(seed: SeedStack, run: Run) -> None:
    """Write what route_upload writes before it starts the machine, and claim the run."""
    settings = Settings().model_dump_json().encode()
    first = Run.model_validate(seed.event("claim_run/first")["run"])  # that is not prepared yet
    for one in (run, first):
        seed.studio.put(FilmKeys.of(one).settings, settings, "application/json")
    film = FilmBody(
        title=run.title,
        source=run.source,
        size_bytes=seed.uploads.head(run.source.key).size,
        run=run,
    )
    seed.put_row(FILMS, run.film_id, RunStatus.RUNNING, film)
    before = seed.row(RUNS, run.run_id)
    if before is not None:  # a prepared run is not claimed again
        RUNS.delete(seed.registry, before)
    claim = seed.event("claim_run/first")
    seed.call("claim_run", {**claim, "run": run.model_dump(mode="json")})


def _sample(seed: SeedStack, run: Run, chunk: Chunk) -> Chunk:
    event = {"run": run.model_dump(mode="json"), "chunk": chunk.model_dump(mode="json")}
    seed.call("sample_chunk", event)
    return chunk
