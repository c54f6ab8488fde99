"""What one film uses of a processor, step by step: the inputs of bench/scale_account.py.

    .venv/bin/python bench/scale_inputs.py FILM [--minutes 3]

The real steps run on services in memory (tests/fakes), whose answers cost nothing: what is counted
is the processor time of this process. Two figures stand in every frame.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes.films_in_memory import FilmsInMemory  # noqa: E402 - the path comes first
from fakes.labels import FakeLabels, figure  # noqa: E402
from fakes.training_in_memory import CAST, picture  # noqa: E402

from onmodel.contracts.film_rows import NamingCost  # noqa: E402
from onmodel.contracts.films import ChunkResult, RunRequest  # noqa: E402
from onmodel.contracts.keys import FilmKeys  # noqa: E402
from onmodel.money.pricebook import PriceBook  # noqa: E402
from onmodel.steps.deduplicate_film import deduplicate_film  # noqa: E402
from onmodel.steps.report_film import report_film  # noqa: E402

KEY = "bunny/films/film.mp4"


def measure(film: Path, minutes: float) -> dict[str, float]:
    """Processor seconds, by minute of film or by 1,000 crops, and what a minute has."""
    memory = FilmsInMemory(FakeLabels((figure(0.1, 0.2, 0.3, 0.6), figure(0.6, 0.2, 0.3, 0.6))))
    for number, name in enumerate(CAST):  # with several, figures are embedded for their names
        memory.route(memory.upload(f"bunny/characters/{name}/1.png", picture(number, "png")))
    memory.route(memory.upload(KEY, film.read_bytes()))
    run = memory.started()
    memory.claim(run)
    seconds: dict[str, float] = {}

    began = time.process_time()
    chunks = memory.probe(run)
    seconds["probe"] = time.process_time() - began
    chunks = tuple(chunk for chunk in chunks if chunk.end_seconds <= minutes * 60 + 30)
    lasts = sum(chunk.end_seconds - chunk.start_seconds for chunk in chunks) / 60
    began = time.process_time()
    for chunk in chunks:
        memory.sample(run, chunk)
    sampled = time.process_time() - began
    keys = FilmKeys.of(run)
    done = [
        ChunkResult.model_validate_json(memory.studio.get(keys.chunk(chunk.index).done))
        for chunk in chunks
    ]
    asked = sum(
        use.paid for one in done for use in one.usage if use.item == "rekognition.detect-labels"
    )
    crops = sum(one.crops for one in done)
    lines = memory.studio.get(keys.chunks).splitlines(keepends=True)[: len(chunks)]
    memory.studio.put(keys.chunks, b"".join(lines), "application/jsonl")
    for name, step in (
        (
            "deduplicate",
            lambda: deduplicate_film(
                RunRequest(run=run), studio=memory.studio, registry=memory.registry
            ),
        ),
        ("name", lambda: memory.name(run)),
        (
            "report",
            lambda: report_film(
                RunRequest(run=run),
                studio=memory.studio,
                prices=PriceBook.load(),
                clock=memory.clock,
            ),
        ),
    ):
        began = time.process_time()
        step()
        seconds[name] = time.process_time() - began
    named = NamingCost.model_validate_json(memory.studio.get(keys.naming_usage))
    figures = sum(use.paid for use in named.usage) - len(CAST)
    return {
        "minutes": round(lasts, 2),
        "probe_seconds": round(seconds["probe"], 2),
        "sample_seconds_a_minute": round(sampled / lasts, 2),
        "labels_a_minute": round(asked / lasts, 1),
        "crops_a_minute": round(crops / lasts, 1),
        "figures_a_minute": round(figures / lasts, 1),
        "name_seconds_per_1000_figures": round(seconds["name"] / figures * 1000, 2),
        **{
            f"{name}_seconds_per_1000_crops": round(seconds[name] / crops * 1000, 2)
            for name in ("deduplicate", "report")
        },
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("film", type=Path)
    arguments.add_argument("--minutes", type=float, default=3.0, help="of the film, from its start")
    given = arguments.parse_args()
    print(json.dumps(measure(given.film, given.minutes), indent=2))


if __name__ == "__main__":
    main()
