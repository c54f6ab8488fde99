"""Do the judge's numbers move in the right direction? The arms of a toy model with a known truth.

Two invented characters are trained on a toy model that never saw their colours, and drawn by the
arms `base`, `references` and `tuned` (trainer/testing/toy_arms.py, in the trainer's environment).
The pictures are judged as those of a storyboard, with the features of EfficientNet-Lite0.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from characters_vectors import Lite0Embedder, fetch_lite0

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.judging import Judgement, Number
from onmodel.judging.judge import Drawn, Known, judge_pictures
from onmodel.judging.words import interval_words, value_words
from onmodel.vision.structure import compare_structure

ROOT = Path(__file__).parents[1]
ARMS = ("base", "references", "tuned")
ENLARGED = 224  # pixels, as the network reads them
NUMBERS: tuple[Number, ...] = ("identity", "copy", "diversity", "cast")


def main() -> None:
    """Draw, judge, print Markdown; fail when the trained model is not found to be better."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="of what was drawn before; else it is drawn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        if not (folder / "drawn").is_dir():
            _draw(folder)
        judgement = judge(folder)
    print("| arm | " + " | ".join(NUMBERS) + " |\n|" + "---|" * (len(NUMBERS) + 1))
    for arm in ARMS:
        print(f"| {arm} | " + " | ".join(_cell(judgement, name, arm) for name in NUMBERS) + " |")
    print()
    for advice in judgement.advice:
        print(f"- {advice.text}")
    if "better_than_base" not in {advice.verdict for advice in judgement.advice}:
        raise SystemExit("The trained model is not found to be better than the untrained one")


def judge(folder: Path) -> Judgement:
    """The judgement of what toy_arms.py drew."""
    embedder = Lite0Embedder(fetch_lite0())
    about = json.loads((folder / "dataset" / "pictures.json").read_text(encoding="utf-8"))
    pictures = [_read(folder / "dataset" / one["file"]) for one in about]
    items = [_item(number, one) for number, one in enumerate(about)]
    known = Known(items, np.stack([_features(embedder, one) for one in pictures]), {})
    trained = [number for number, one in enumerate(about) if not one["held_out"]]
    return judge_pictures(
        [
            _compared(drawn, pixels, known, pictures, trained)
            for arm in ARMS
            for drawn, pixels in _drawn(folder / "drawn" / arm, arm, embedder)
        ],
        known,
    )


def _draw(folder: Path) -> None:
    """In the trainer's environment, on one thread: more are slower on a busy machine."""
    python = os.environ.get("TRAINER_PYTHON", str(ROOT / ".venv-trainer" / "bin" / "python"))
    command = [python, str(ROOT / "trainer" / "testing" / "toy_arms.py"), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})  # noqa: S603


def _drawn(folder: Path, arm: str, embedder: Lite0Embedder) -> Iterator[tuple[Drawn, Pixels]]:
    scenes: dict[str, int] = {}
    for path in sorted(folder.glob("*.png")):
        scene, _, _ = path.stem.rpartition("-")
        pixels = _read(path)
        vector = _features(embedder, pixels)
        yield (
            Drawn(
                key=f"{arm}/{path.name}",
                scene=scenes.setdefault(scene, len(scenes) + 1),
                arm=arm,
                expected=(scene.partition("-")[0],),
                vector=vector,
                figures=(vector,),
            ),
            pixels,
        )


def _compared(
    drawn: Drawn, pixels: Pixels, known: Known, pictures: list[Pixels], trained: list[int]
) -> Drawn:
    similarity = known.vectors[trained] @ drawn.vector
    nearest = trained[int(similarity.argmax())]
    return Drawn(
        **{
            **drawn.__dict__,
            "nearest_crop": known.items[nearest].crop_id,
            "nearest_similarity": float(similarity.max()),
            "structure": compare_structure(pixels, pictures[nearest]),
        }
    )


def _item(number: int, about: dict[str, Any]) -> DatasetItem:
    return DatasetItem(
        crop_id=about["file"], film_id="toy", character=about["character"],
        timecode_seconds=number, shot=number, box=Box(left=0, top=0, width=16, height=16),
        width=16, height=16, quality=1, key=about["file"],
        split=Split.VALIDATION if about["held_out"] else Split.TRAINING,
    )  # fmt: skip


def _read(path: Path) -> Pixels:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)


def _features(embedder: Lite0Embedder, pixels: Pixels) -> Vector:
    """Of the picture enlarged smoothly: the edges of 16 pixels are no shapes."""
    smooth = cv2.resize(pixels, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    return embedder.embed(cv2.imencode(".png", smooth)[1].tobytes())


def _cell(judgement: Judgement, name: Number, arm: str) -> str:
    number = judgement.number(name, arm)
    if number is None or number.interval is None:
        return number.why_not if number else "not drawn"
    return f"{value_words(name, number.interval.mean)} ({interval_words(name, number.interval)})"


if __name__ == "__main__":
    main()
