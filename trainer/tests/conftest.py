import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "testing")]

import torch

from drawn_dataset import write_dataset
from job import Stop
from tiny_model import make_pipeline, write_model
from train import Folders, train

torch.set_num_threads(1)  # two threads on a busy machine are many times slower


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model's channel."""
    folder = tmp_path_factory.mktemp("model")
    write_model(make_pipeline(), folder)
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture
def folders(model: Path, dataset: Path, tmp_path: Path) -> Folders:
    return Folders(model, dataset, tmp_path / "out", tmp_path / "checkpoints")


@pytest.fixture(scope="session")
def trained(model: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A whole training that nothing interrupted."""
    folder = tmp_path_factory.mktemp("trained")
    made = Folders(model, dataset, folder / "out", folder / "checkpoints")
    assert train(made, stop=Stop())
    return made


class StopAfter(Stop):
    """Stops as SIGTERM does, once a number of steps were looked at."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    @property
    def time_is_over(self) -> bool:
        self.left -= 1
        self.asked = self.asked or self.left <= 0
        return self.asked


@pytest.fixture
def stop_after() -> Callable[[int], Stop]:
    return StopAfter
