"""Fill a local stack with the data that the fixtures under events/ refer to.

    onmodel local up
    python -m onmodel_local.seed
    sam local invoke ProbeFilmFunction -e events/probe_film/film.json …   (docs/debugging.md)

Then every function can be invoked alone with its fixtures. The deployed functions create the data:
they are called one after the other with the fixtures, as the state machines would call them. Only
the uploads, and names that are hashes of content, are written directly. Seeding again restores what
invocations have changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from onmodel_local.daemon import find_stack
from onmodel_local.films import fetch_big_buck_bunny
from onmodel_local.references import cut_references
from onmodel_local.seed_film import seed_film
from onmodel_local.seed_models import seed_models
from onmodel_local.seed_stack import SeedStack


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
    seed = SeedStack(running, running.outputs, root / "events", print)
    seed_film(seed, film=bunny, pictures=cache / "references")
    seed_models(seed)


if __name__ == "__main__":
    main()
