"""Functions carry the vision layer if they read pictures or vectors, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest
from functions import STEPS, variables_of_the_template
from reachable_code import libraries_of
from template_model import ROOT, Template, read_template

IN_THE_LAYER = {"numpy", "cv2", "av"}
WITH_VISION = read_template().steps_with_vision()

IMPORT_WITHOUT_VISION = """
    import runpy, sys
    sys.modules.update(dict.fromkeys(("numpy", "cv2", "av")))  # None: an import of it fails
    for path in sys.argv[1:]:
        runpy.run_path(path)
"""


def import_without_vision(*steps: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(IMPORT_WITHOUT_VISION),
            *(str(ROOT / "functions" / step / "app.py") for step in steps),
        ],
        env={**os.environ, **variables_of_the_template()},
        capture_output=True,
        text=True,
        check=False,
    )


def test_handlers_when_they_have_no_vision_layer_then_import_without_it(
    template: Template,
) -> None:
    steps = sorted(set(STEPS) - WITH_VISION)
    assert {"claim_run", "quote_training", "reconcile"} <= set(steps)
    done = import_without_vision(*steps)
    assert done.returncode == 0, done.stderr


def test_handler_when_it_reads_films_then_does_not_import_without_the_layer() -> None:
    """The test before would see it."""
    assert "numpy" in import_without_vision("sample_chunk").stderr


@pytest.mark.parametrize("step", STEPS)
def test_vision_layer_when_carried_then_the_reachable_code_uses_it(step: str) -> None:
    """Imports inside functions are followed too."""
    assert bool(libraries_of(step) & IN_THE_LAYER) == (step in WITH_VISION)
