"""Fill a local stack with what the fixtures under events/ name, so that each can be invoked alone.

    onmodel local up
    python -m onmodel_local.seed
    sam local invoke ProbeFilmFunction -e events/probe_film/film.json …   (docs/debugging.md)

The deployed functions make it, called one after the other with the fixtures themselves, as the
machines would call them. Only what they cannot know is laid out by hand: uploads, and the names
that are hashes of a content. Seeding again puts back what invocations have changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from onmodel_local.daemon import find_stack
from onmodel_local.films import fetch_big_buck_bunny
from onmodel_local.ground import Ground
from onmodel_local.references import cut_references
from onmodel_local.seed_film import plant_film
from onmodel_local.seed_models import plant_models


def main() -> None:
    """Seed the stack that `onmodel local up` started in this folder."""
    argparse.ArgumentParser(description=main.__doc__).parse_args()
    root = Path.cwd()
    running = find_stack(root)
    if running is None:
        sys.exit("No local stack runs here: start it with `onmodel local up`")
    cache = root / ".cache" / "films"
    bunny = fetch_big_buck_bunny(cache)
    cut_references(bunny, cache / "references")
    ground = Ground(running, running.outputs, root / "events", print)
    plant_film(ground, film=bunny, pictures=cache / "references")
    plant_models(ground)


if __name__ == "__main__":
    main()
