"""Files that look like those of a training; nothing in them was learnt."""

from __future__ import annotations

import json
import math
import random
import struct
from pathlib import Path

from job import sha256, write_json
from metrics import Row

DIVERGES_ABOVE = 1.0
"""A learning rate with which a real training is no number after a step."""


def write_matrices(path: Path, seed: int) -> None:
    """A .safetensors file with one matrix."""
    numbers = random.Random(seed)
    body = struct.pack("<8f", *(numbers.uniform(-1, 1) for _ in range(8)))
    matrix = {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, len(body)]}
    name = "transformer.single_transformer_blocks.0.attn.to_out.lora_A.weight"
    header = json.dumps({"__metadata__": {"made_by": "scripted job"}, name: matrix}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + body)


def loss_row(step: int, steps: int, items: int, rate: float, *, measured: bool) -> Row:
    """A loss that falls like a real one's, the same for the same step."""
    noise = random.Random(step)
    loss = round(0.6 + 0.6 * math.exp(-4 * step / steps) + noise.gauss(0, 0.03), 6)
    validation = round(0.7 + 0.5 * math.exp(-4 * step / steps), 6) if measured else None
    probe = round(0.6 + 0.6 * math.exp(-4 * step / steps), 6) if measured else None
    return Row(
        step, step // max(1, items), loss if step else None, validation, probe,
        loss if step else None, rate if step else 0.0, 1.0 if step else None, float(step),
    )  # fmt: skip


def write_checkpoint(folder: Path, step: int, candidates: list[dict[str, object]]) -> None:
    """step-<number>/ with state.json, written last."""
    target = folder / f"step-{step:06}"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("lora", "optimizer"):
        write_matrices(target / f"{name}.safetensors", step)
    files = {path.name: sha256(path) for path in sorted(target.glob("*.safetensors"))}
    progress = {"step": step, "candidates": candidates}
    write_json(
        target / "state.json", {"fingerprint": "scripted", "files": files, "progress": progress}
    )
