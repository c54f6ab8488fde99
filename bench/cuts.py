"""Measures shot cuts, at one and at four frames a second, against PySceneDetect.

    make bench-cuts                   drawn films and Big Buck Bunny
    make bench-cuts FILM=MY.mp4       your own film
    .venv/bin/python bench/cuts.py --help

The cuts of drawn films are known. For other films, the cuts of PySceneDetect's ContentDetector
count as true. Our thresholds were chosen on the films of the half "tune" alone, and the half
"report" is used to measure.

ContentDetector returns the frame of a cut; it is right at a distance of at most one and a half
frames from a true cut. Ours lie between two sampled frames whose shot numbers differ. Counted
"each", a difference of one is one cut. Counted "apart", the frames before and after one or more
cuts need different numbers, which is what later steps rely on. A dissolve, or a fade to another
scene, may be one cut or none; more than one is wrong. Any cut in flashes, pans and motion is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from onmodel.contracts.films import ChunkShots
from onmodel.video import sample_frames
from onmodel.video.inspection.film import inspect_film

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from drawn.cuts import FORMS, FPS, KnownFilm, known_film  # noqa: E402 - tests are no package

CACHE = ROOT / ".cache" / "bench" / "cuts"
INTERVALS_SECONDS = (1.0, 0.25)
CLOSE_SECONDS = 1.5 / FPS
HALVES = ("tune", "report")
BUNNY_SECONDS = {"tune": (150.0, 270.0), "report": (270.0, 390.0)}


@dataclass
class Row:
    """A detector on some films: cuts found, wrong and missed, and its CPU time."""

    films: str
    method: str
    counted: str
    found: int = 0
    wrong: int = 0
    missed: int = 0
    cpu_seconds: float = 0.0
    wrong_in: Counter[str] = field(default_factory=Counter)
    missed_in: Counter[str] = field(default_factory=Counter)

    def add(self, other: Row) -> None:
        self.found += other.found
        self.wrong += other.wrong
        self.missed += other.missed
        self.cpu_seconds += other.cpu_seconds
        self.wrong_in += other.wrong_in
        self.missed_in += other.missed_in

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(1, 2 * self.found + self.wrong + self.missed)


def main() -> None:
    """Draw or find the films, measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--film",
        type=Path,
        metavar="PATH",
        help="your own film; ContentDetector's cuts count as true",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows")
    options = parser.parse_args()
    rows = _real_film(options.film, options.film.stem) if options.film else _all()
    print(_report(rows))
    if options.json:
        kept = [{**vars(row), "f1": row.f1} for row in rows]
        options.json.write_text(json.dumps(kept, indent=1))


def _all() -> list[Row]:
    from onmodel_local.films import fetch_big_buck_bunny

    rows = []
    for number, half in enumerate(HALVES):
        films = [
            (form.name, known_film(CACHE, form, 2 * place + 2 + number))
            for place, form in enumerate(FORMS)
        ]
        rows += _total(f"drawn, {half}", [_content_row(film) for _, film in films])
        for interval in INTERVALS_SECONDS:
            each = [(name, _our_rows(film, interval)) for name, film in films]
            for counted in range(2):
                rows += _total(f"drawn, {half}", [found[counted] for _, found in each])
            if half == "report" and interval == 1.0:
                by_form = [_named(found[1], name) for name, found in each]
    bunny = fetch_big_buck_bunny(ROOT / ".cache" / "films")
    for half, span in BUNNY_SECONDS.items():
        rows += _real_film(bunny, f"Big Buck Bunny, {half}", span)
    return rows + by_form


def _real_film(path: Path, name: str, span: tuple[float, float | None] = (0.0, None)) -> list[Row]:
    begun = time.process_time()
    cuts = _content_cuts(path, span)
    cost = time.process_time() - begun
    known = KnownFilm(path, 0.0, tuple((cut, "plain") for cut in cuts), ())
    reference = Row(name, "ContentDetector", "each", found=len(cuts), cpu_seconds=cost)
    ours = [row for interval in INTERVALS_SECONDS for row in _our_rows(known, interval, span)]
    return [reference, *(_named(row, name) for row in ours)]


def _named(row: Row, films: str) -> Row:
    row.films = films
    return row


def _total(films: str, rows: list[Row]) -> list[Row]:
    total = Row(films, rows[0].method, rows[0].counted)
    for row in rows:
        total.add(row)
    return [total]


def _content_cuts(path: Path, span: tuple[float, float | None] = (0.0, None)) -> list[float]:
    from scenedetect import ContentDetector, SceneManager, open_video

    video = open_video(str(path))
    if span[0]:
        video.seek(span[0])
    manager = SceneManager()
    manager.add_detector(ContentDetector())
    manager.detect_scenes(video, end_time=span[1])
    return [start.seconds for start, _ in manager.get_scene_list()][1:]


def _content_row(film: KnownFilm) -> Row:
    begun = time.process_time()
    found_cuts = _content_cuts(film.path)
    row = Row("", "ContentDetector", "each", cpu_seconds=time.process_time() - begun)
    for cut, kind in film.cuts:
        near = [each for each in found_cuts if abs(each - cut) <= CLOSE_SECONDS]
        if near:
            found_cuts.remove(min(near, key=lambda each: abs(each - cut)))
            row.found += 1
        else:
            row.missed += 1
            row.missed_in[kind] += 1
    for start, end in film.gradual:
        within = [
            each for each in found_cuts if start - CLOSE_SECONDS <= each <= end + CLOSE_SECONDS
        ]
        if within:
            found_cuts.remove(within[0])
    row.wrong = len(found_cuts)
    row.wrong_in.update(film.kind_at(each) for each in found_cuts)
    return row


def _our_rows(
    film: KnownFilm, interval: float, span: tuple[float, float | None] = (0.0, None)
) -> tuple[Row, Row]:
    """Rows counted "each" and "apart"."""
    begun = time.process_time()
    with film.path.open("rb") as file:
        table = inspect_film(file, size_bytes=film.path.stat().st_size).packets
    shots: list[ChunkShots] = []
    frames = [
        (frame.timecode_seconds, frame.shot)
        for frame in sample_frames(film.path, interval, *span, packets=table, on_shots=shots.append)
    ]
    cost = time.process_time() - begun
    name = f"ours, {interval:g} s"
    rows = Row("", name, "each", cpu_seconds=cost), Row("", name, "apart", cpu_seconds=cost)
    _compare(film, frames, rows[0], lambda count: count)
    _compare(film, frames, rows[1], lambda count: min(count, 1))
    return rows


def _compare(
    film: KnownFilm, frames: list[tuple[float, int]], row: Row, counted: Callable[[int], int]
) -> None:
    gradual = list(film.gradual)
    for (before, shot_before), (after, shot) in pairwise(frames):
        kinds = [kind for cut, kind in film.cuts if before + 1e-3 < cut <= after + 1e-3]
        true, found_cuts = counted(len(kinds)), counted(shot - shot_before)
        row.found += min(true, found_cuts)
        if true > found_cuts:
            row.missed += true - found_cuts
            row.missed_in.update(kinds[: true - found_cuts])
        excess = found_cuts - true
        for span in [span for span in gradual if span[0] <= after and span[1] >= before]:
            if excess > 0:
                gradual.remove(span)
                excess -= 1
        if excess > 0:
            row.wrong += excess
            row.wrong_in[film.kind_at((before + after) / 2)] += excess


def _report(rows: list[Row]) -> str:
    lines = [
        "| films | method | counted | found | wrong | missed | precision | recall | F1 | CPU s |"
        " wrong in | missed in |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.films} | {row.method} | {row.counted} | {row.found} | {row.wrong} | {row.missed}"
        f" | {row.precision:.3f} | {row.recall:.3f} | {row.f1:.3f} | {row.cpu_seconds:.1f}"
        f" | {_kinds(row.wrong_in)} | {_kinds(row.missed_in)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _kinds(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "–"


if __name__ == "__main__":
    main()
