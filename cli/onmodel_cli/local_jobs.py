"""What the SageMaker jobs of the local stack run: the trainer's programs, or scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onmodel.errors import RefusedError

if TYPE_CHECKING:
    from onmodel_local.daemon import RunningStack
    from onmodel_local.simulation_settings import SimulationSettings


class LocalUnavailable(RefusedError):
    """Raised when the local stack is not installed, not found or not running."""


def training_settings(root: Path, weights: Path | None = None) -> SimulationSettings:
    """What SageMaker jobs run: the trainer's programs where torch is installed, else scripts.

    Args:
        root: the repository.
        weights: folder of a model to train and draw with, instead of the tiny one.

    Raises:
        LocalUnavailable: weights are given, but torch is not installed, or they cannot be used.
    """
    from onmodel_local.simulation_settings import SimulationSettings
    from onmodel_local.trainer_files import WeightsRefusedError, link_weights

    python = root / ".venv-trainer" / "bin" / "python"
    if not python.is_file():
        if weights is not None:
            raise LocalUnavailable(
                "Training with weights of your own needs torch", "Run `make trainer-environment`"
            )
        return SimulationSettings()
    settings = SimulationSettings(training_program="trainer", trainer_python=str(python))
    if weights is not None:
        try:
            settings.weights_folder = str(link_weights(weights, root))
        except WeightsRefusedError as fault:
            raise LocalUnavailable(str(fault), "See docs/trainers.md") from fault
    return settings


def about_jobs(running: RunningStack) -> str:
    """A line on what SageMaker jobs run."""
    settings = running.control("simulation-settings")
    if settings["training_program"] != "trainer":
        return (
            "SageMaker jobs are scripts that train nothing. For the real programs on a tiny model: "
            "`onmodel local down`, `make trainer-environment`, `onmodel local up`."
        )
    if folder := settings["weights_folder"]:
        return f"SageMaker jobs train and draw with the weights in {folder}."
    return "SageMaker jobs run the real programs on a tiny model with random weights."
