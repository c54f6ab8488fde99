"""Pictures of a drawn film's characters, cut where they are known to stand."""

from __future__ import annotations

import av
from drawn.films import DrawnFilm

from onmodel.vision.encoding import encode_picture

PICTURES = 2
SETTINGS = b"""
sampling: {interval_seconds: 0.5}
crop: {min_figure_pixels: 40, max_enlargement: 16}
deduplication: {threshold: 0.98}
naming: {threshold: 0.4, margin: 0.01}
characters:
  mira: {name: Mira, description: red with a yellow scarf}
  otto: {name: Otto, description: blue with a green scarf}
  pip: {name: Pip, description: green with a violet scarf}
"""
"""Under which a drawn film becomes a dataset: its figures are small, and much alike."""


def cut_references(drawn: DrawnFilm) -> dict[str, bytes]:
    """Two pictures of each character, by <character>/<number>.png."""
    found: dict[str, bytes] = {}
    with av.open(str(drawn.path)) as container:
        for frame in container.decode(video=0):
            if frame.time % 1.5 > 0.01:
                continue
            pixels = frame.to_ndarray(format="bgr24")
            for figure in drawn.figures(frame.time):
                left, top, right, bottom = (max(0, side) for side in figure.box)
                cut = pixels[top:bottom, left:right]
                number = sum(name.startswith(figure.character) for name in found) + 1
                if number <= PICTURES and min(cut.shape[:2]) >= 64:
                    found[f"{figure.character}/{number}.png"] = encode_picture(cut, "png")
    return found
