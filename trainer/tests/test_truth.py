"""Does a trained character appear when it is asked for, and only then? Judged on the toy model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from draw import Model, draw
from job import Stop
from tiny_model import write_model
from toy_arms import CHARACTERS, NEW_GROUNDS, train_toy, write_storyboard
from toy_model import COLOURS, make_toy
from train import Folders

CONTROL = "a red circle"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_model(make_toy(), folder, name="onmodel/toy-klein-shapes")
    return folder


@pytest.fixture(scope="module")
def tuned(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return train_toy(toy, tmp_path_factory.mktemp("truth") / "dataset")


def drawn(folders: Folders, out: Path, arm: str) -> dict[str, dict[str, float]]:
    """By what was asked for: the share of the middle that has each colour, over six pictures."""
    asked = {name: name for name in CHARACTERS} | {"control": CONTROL}
    board = out / "board"
    write_storyboard(board, arm, asked, NEW_GROUNDS)
    assert draw(Model(folders.model), board, out, folders.out if arm == "tuned" else None, Stop())
    return {who: _mean([_shares(path) for path in sorted(out.glob(f"{who}-*.png"))])
            for who in asked}  # fmt: skip


def _shares(path: Path) -> dict[str, float]:
    # the body alone identifies: a purple hat has the colour of red mixed with blue
    palette = COLOURS | {name: body for name, (body, _, _) in CHARACTERS.items()}
    with Image.open(path) as opened:
        pixels = np.asarray(opened.convert("RGB"), dtype=float)[3:14, 3:13].reshape(-1, 3)
    distances = ((pixels[:, None] - np.array(list(palette.values()))[None]) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    return {name: float((nearest == at).mean()) for at, name in enumerate(palette)}


def _mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(one[name] for one in found) / len(found) for name in found[0]}


def test_lora_when_a_character_is_named_then_its_colours_appear_and_not_the_others(
    tuned: Folders, tmp_path: Path
) -> None:
    before = drawn(tuned, tmp_path / "base", "base")
    after = drawn(tuned, tmp_path / "tuned", "tuned")
    for name, other in (("zorblax", "mippo"), ("mippo", "zorblax")):
        assert before[name][name] < 0.02, before
        assert after[name][name] > 0.05, after
        assert after[name][other] < after[name][name] / 2, after
        assert after["control"][name] < 0.04, after
    assert after["control"]["red"] > 0.6 * before["control"]["red"], (before, after)


def test_base_when_drawn_by_the_toy_model_then_the_control_has_its_colour(
    tuned: Folders, tmp_path: Path
) -> None:
    assert drawn(tuned, tmp_path / "base", "base")["control"]["red"] > 0.15


def test_toy_when_made_twice_then_the_same_weights() -> None:
    small = {"pictures": 32, "vae_steps": 3, "steps": 3, "batch": 4}
    one, other = (make_toy(**small).transformer.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
