"""Crops for tests that need no particular values."""

from __future__ import annotations

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop


def numbered_crops(count: int) -> tuple[Crop, ...]:
    """Crops of one film, a second apart, with ids "0", "1", …"""
    box = Box(left=10, top=20, width=300, height=400)
    return tuple(
        Crop(
            crop_id=str(number), film_id="a-00000001", timecode_seconds=number, shot=0, chunk=0,
            box=box, window=box, width=512, height=640, label="Cartoon", confidence=90,
            sharpness=50, quality=0.5, key=f"bunny/films/a-00000001/crops/{number}.jpg",
        )
        for number in range(count)
    )  # fmt: skip
