"""The inputs of the measurement of characters: films sampled with noisy true boxes, references."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box, ObjectRef
from onmodel.contracts.crops import Crop, Detection, RejectReason
from onmodel.contracts.films import Chunk, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.cutting import CutResult, FigureCutter
from onmodel.films.cutting_in_order import in_order
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Embedder
from onmodel.ports.namer import ReferencePicture
from onmodel.steps.sample_chunk import FRAMES_IN_FLIGHT
from onmodel.video import sample_by_settings
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame, select_frames
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import intersection_over_union

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from drawn.cast import HEIGHT, WIDTH, Appearance, CastFilm, references  # noqa: E402
from fakes.object_store import InMemoryObjectStore  # noqa: E402

SAME_BOX = 0.5  # intersection over union from which a crop shows an appearance
CACHE = ROOT / ".cache" / "bench" / "characters"
JITTER, MISSED, FALSE = 0.05, 0.08, 0.05


class TrueBoxes:
    """A Finder that answers a moment's true boxes with seeded noise."""

    def __init__(self, film: CastFilm, seconds: float) -> None:
        self._film, self._seconds = film, seconds

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        chance = np.random.default_rng((self._film.seed, round(self._seconds * 1000), 3))
        found = []
        for appearance in self._film.appearances(self._seconds):
            if chance.random() >= MISSED:
                found.append(_noisy(appearance.box, chance, picture))
        if chance.random() < FALSE:
            left, top = int(chance.integers(WIDTH - 200)), int(chance.integers(HEIGHT - 200))
            found.append(Box(left=left, top=top, width=180, height=180))
        boxes = tuple(Detection(box=box, label="Cartoon", confidence=90) for box in found)
        return FrameDetections(boxes, "true boxes")


def _noisy(box: tuple[int, int, int, int], chance: np.random.Generator, picture: Box) -> Box:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    moved = chance.normal(0, JITTER / 2, 4) * (width, height, width, height)
    edges = np.clip(
        np.array(box) + moved,
        (picture.left, picture.top) * 2,
        (picture.right, picture.bottom) * 2,
    )
    left, top, right, bottom = (round(float(edge)) for edge in edges)
    return Box(left=left, top=top, width=max(16, right - left), height=max(16, bottom - top))


@dataclass
class Found:
    """What sampling made of a film."""

    result: CutResult = field(default_factory=CutResult)
    times: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    unchanged: dict[float, float] = field(default_factory=dict)
    studio: InMemoryObjectStore = field(default_factory=InMemoryObjectStore)


@dataclass(frozen=True)
class TruthCutter(FigureCutter):
    """Asks for the noisy truth of a frame's moment, and notes it."""

    film: CastFilm
    asked: list[float]

    def look(self, frame: Frame) -> FrameDetections:
        """The noisy true boxes; the same for the same frame."""
        self.asked.append(frame.timecode_seconds)
        return TrueBoxes(self.film, frame.timecode_seconds).find(frame.pixels, frame.picture)


def sample(
    film: CastFilm, settings: Settings, embedder: Embedder, *, every_frame: bool = False
) -> Found:
    """Sample a film with the product's own code; the finder answers the noisy truth.

    Args:
        film: is drawn and encoded once.
        settings: of sampling, finders and crops.
        embedder: gives the crops their vectors.
        every_frame: ask about every frame, and follow no figure from one to the next.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"cast-{film.seed}.mp4"
    if not path.exists():
        film.write(path)
    run = Run(
        production="bench", film_id="film", run_id="run", samples_id="samples", title=path.name,
        source=ObjectRef(bucket="uploads", key="film.mp4"), attempt=1, correlation_id="bench",
    )  # fmt: skip
    found = Found()
    cutter = TruthCutter(
        run, Chunk(index=0, start_seconds=0, end_seconds=film.seconds), FilmKeys.of(run),
        settings, TrueBoxes(film, 0), embedder, found.studio, film, found.asked,
    )  # fmt: skip
    frames = _noted(
        select_frames(sample_by_settings(path, settings.sampling), settings.sampling), found
    )
    look_every = 1 if every_frame else settings.finder.look_every
    for part in in_order(cutter, frames, FRAMES_IN_FLIGHT, look_every):
        found.result.add(part)
    return found


def _noted(frames: Iterable[Frame | DroppedFrame], found: Found) -> Iterator[Frame | DroppedFrame]:
    """The frames; their times, and which frame an unchanged one equals, are noted."""
    kept = None
    for each in frames:
        found.times.append(each.timecode_seconds)
        if not isinstance(each, DroppedFrame):
            kept = each.timecode_seconds
        elif each.reason == RejectReason.UNCHANGED and kept is not None:
            found.unchanged[each.timecode_seconds] = kept
        yield each


def reference_pictures(film: CastFilm) -> list[ReferencePicture]:
    """The cast's references, cut at their boxes, as references of settings.yaml are."""
    made = []
    for name, pictures in references(film).items():
        for pixels, appearance in pictures:
            left, top, right, bottom = appearance.box
            jpeg = encode_for_service(pixels[top:bottom, left:right])
            made.append(ReferencePicture(name, lambda jpeg=jpeg: jpeg))
    return made


def shown_by(film: CastFilm, crop: Crop) -> Appearance | None:
    """The appearance that a crop's box lies on."""

    def overlap(truth: Appearance) -> float:
        left, top, right, bottom = truth.box
        box = Box(left=left, top=top, width=right - left, height=bottom - top)
        return intersection_over_union(crop.box, box)

    found = max(film.appearances(crop.timecode_seconds), key=overlap, default=None)
    return found if found is not None and overlap(found) >= SAME_BOX else None
