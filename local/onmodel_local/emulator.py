"""The emulator's process: ministack with our patches, stand-ins and control endpoints.

`LocalStack` starts it by `python -m onmodel_local.emulator --folder …`. The functions inherit its
environment, so its settings are arguments instead of variables.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from onmodel_local.process import end_with_parent
from onmodel_local.simulation_settings import SimulationSettings


def main() -> None:
    """Apply the patches, register the stand-ins, and serve until stopped."""
    arguments = _parse()
    if not arguments.detached:
        end_with_parent(arguments.folder)
    sys.argv = sys.argv[:1]  # ministack parses the command line too
    serve(
        SimulationSettings(**json.loads(arguments.simulation_settings)),
        arguments.vision_url,
        arguments.vision_model,
    )


def serve(settings: SimulationSettings, vision_url: str, vision_model: str) -> None:
    """Serve. Imports ministack here, because the pool's workers import this module without it."""
    from ministack import app as ministack
    from ministack.core import persistence

    from onmodel_local import patches
    from onmodel_local.control import Control
    from onmodel_local.idle_workers import keep_ending
    from onmodel_local.registration import register
    from onmodel_local.snapshots import Snapshots

    patches.apply_all()
    simulation = register(settings, vision_url, vision_model)
    if persistence.PERSIST_STATE:
        snapshots = Snapshots(Path(persistence.STATE_DIR), simulation.records)
        snapshots.restore()
        simulation.end_unfinished()
        snapshots.keep_taking()
        simulation.on_snapshot = snapshots.take
        keep_ending(simulation.pictures, simulation.settings)
    ministack.app = Control(ministack.app, simulation).application
    ministack.main()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="deleted when the parent ends")
    parser.add_argument("--detached", action="store_true", help="keep running after the parent")
    parser.add_argument("--simulation-settings", default="{}", help="JSON of SimulationSettings")
    parser.add_argument("--vision-url", default="")
    parser.add_argument("--vision-model", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
