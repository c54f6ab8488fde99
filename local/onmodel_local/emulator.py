"""The emulator's process: ministack, our patches, our stand-ins, our control endpoints.

Started by `LocalStack`, never by hand: `python -m onmodel_local.emulator --folder … `. Its
environment is what the functions inherit, so settings come as arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from onmodel_local.pace import Pace
from onmodel_local.process import die_with_parent


def main() -> None:
    """Apply the patches, put the stand-ins in, serve until stopped."""
    arguments = _parse()
    if not arguments.detached:
        die_with_parent(arguments.folder)
    sys.argv = sys.argv[:1]  # ministack parses the command line too
    serve(Pace(**json.loads(arguments.pace)), arguments.vision_url, arguments.vision_model)


def serve(pace: Pace, vision_url: str, vision_model: str) -> None:
    """Imports late: the pool's workers import this module, and need no ministack."""
    from ministack import app as ministack

    from onmodel_local import patches
    from onmodel_local.control import Control
    from onmodel_local.registration import register

    patches.apply_all()
    steering = register(pace, vision_url, vision_model)
    ministack.app = Control(ministack.app, steering).application
    ministack.main()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="deleted when the parent dies")
    parser.add_argument("--detached", action="store_true", help="outlive the parent")
    parser.add_argument("--pace", default="{}", help="JSON of Pace")
    parser.add_argument("--vision-url", default="")
    parser.add_argument("--vision-model", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
