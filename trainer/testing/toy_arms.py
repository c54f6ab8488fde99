"""Two invented characters, a LoRA of them on the toy model, and storyboards drawn by each arm.

    python testing/toy_arms.py OUT

OUT gets the dataset with pictures.json, which says of each picture whose it is and whether it is
held out, and drawn/<arm>/ with panels.jsonl.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from PIL import Image

from arms import draw_storyboards
from draw import Model, draw
from job import JobError, Stop
from tiny_model import write_model
from toy_model import COLOURS, SIDE, TOKENS, Colour, draw_shape, make_toy
from train import Folders, train

CHARACTERS: dict[str, tuple[Colour, str, Colour]] = {  # body, shape, hat: no colours of the toy's
    "zorblax": ((230, 40, 200), "circle", (130, 240, 30)),
    "mippo": ((250, 220, 40), "square", (110, 40, 190)),
}
TRAINED_GROUNDS = ("white", "green", "grey", "black")
NEW_GROUNDS = ("blue", "brown")
PICTURES, TRAINED = 48, 40

ARMS = ("base", "references", "tuned")
SEEDS = 3
REFERENCE_SIDE = 64
"""Pixels. The pipeline takes no smaller references."""

RECIPE = {
    "steps": 300, "rank": 8, "alpha": 8, "learning_rate": 8e-3, "warmup_steps": 10,
    "batch_size": 8, "resolution": SIDE, "small_resolution": SIDE, "timestep_shift": 2,
    "max_sequence_length": TOKENS, "measure_every": 50, "checkpoint_every": 100,
    "caption_dropout": 0.1,
}  # fmt: skip


def train_toy(model: Path, folder: Path) -> Folders:
    """Write a dataset of the characters into `folder`, and train a LoRA of the toy model on it."""
    (folder / "pictures").mkdir(parents=True)
    numbers = random.Random(5)
    lines: dict[str, list[str]] = {"train": [], "validation": []}
    about = []
    for number in range(PICTURES):
        name = list(CHARACTERS)[number % 2]
        ground = TRAINED_GROUNDS[number // 2 % len(TRAINED_GROUNDS)]
        body, shape, hat = CHARACTERS[name]
        file = f"pictures/{number:02}.png"
        draw_shape(body, shape, COLOURS[ground], numbers, hat).save(folder / file)
        part = "train" if number < TRAINED else "validation"
        lines[part].append(
            json.dumps({"picture": file, "caption": f"{name} on a {ground} background"})
        )
        about.append({"file": file, "character": name, "held_out": number >= TRAINED})
    for part, some in lines.items():
        (folder / f"{part}.jsonl").write_text("".join(f"{line}\n" for line in some))
    (folder / "recipe.json").write_text(json.dumps(RECIPE))
    (folder / "pictures.json").write_text(json.dumps(about))
    made = Folders(model, folder, folder / "out", folder / "checkpoints")
    if not train(made, stop=Stop()):
        raise JobError("The training was stopped")
    return made


def write_storyboard(
    folder: Path,
    arm: str,
    asked: Mapping[str, str],
    grounds: Sequence[str],
    references: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """A storyboard of every text on every ground, SEEDS pictures each.

    Args:
        folder: gets storyboard.json.
        arm: that draws it.
        asked: the text by what its panels are called.
        grounds: colours.
        references: files of pictures, likewise.
    """
    shown = references or {}
    folder.mkdir(parents=True)
    panels = [
        {"id": f"{who}-{ground}-{seed}", "prompt": f"{text} on a {ground} background",
         "seed": seed, "width": SIDE, "height": SIDE, "references": shown.get(who, [])}
        for who, text in asked.items() for ground in grounds
        for seed in range(SEEDS)
    ]  # fmt: skip
    told = {"arm": arm, "steps": 20, "guidance": 2.0, "max_sequence_length": TOKENS,
            "panels": panels}  # fmt: skip
    (folder / "storyboard.json").write_text(json.dumps(told))


def draw_arms(trained: Folders, folder: Path) -> None:
    """Draw the characters by every arm into `folder`/<arm>."""
    boards = folder / "boards"
    asked = {name: name for name in CHARACTERS}
    for arm in ARMS:
        shown = {
            name: [f"{number:02}.png" for number in (place, place + 2)]
            for place, name in enumerate(CHARACTERS)
        }
        grounds = (*NEW_GROUNDS, *TRAINED_GROUNDS)
        references = shown if arm == "references" else None
        write_storyboard(boards / arm, arm, asked, grounds, references)
        for file in {file for files in shown.values() for file in files}:
            with Image.open(trained.dataset / "pictures" / file) as picture:
                picture.resize((REFERENCE_SIDE, REFERENCE_SIDE)).save(boards / arm / file)
    model = Model(trained.model)
    draw_storyboards(
        lambda board, out: draw(model, board, out, trained.out, Stop()), boards, folder
    )


def main(folder: Path) -> None:
    """Make the toy, train and draw."""
    write_model(make_toy(), folder / "model", name="onmodel/toy-klein-shapes")
    draw_arms(train_toy(folder / "model", folder / "dataset"), folder / "drawn")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
