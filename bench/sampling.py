"""Measures the sampler against other readers and against the limit, in one run.

    make bench                        all forms of Big Buck Bunny
    make bench QUICK=1                two forms, 20 seconds, 3 rounds
    make bench FILMS="MY.mp4 …"       your own
    .venv/bin/python bench/sampling.py --help

In every round each method runs once, so that other load on the machine affects all methods
equally. Readers that are not installed (ffmpeg, decord2) are left out and listed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import av
from bars_svg import bars
from sampling_films import FORMS, QUICK, prepare
from sampling_methods import METHODS

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
INTERVAL_SECONDS = 1.0
TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Row:
    """One run of one method on one film."""

    film: str
    codec: str
    method: str
    threads: int
    cpu_seconds: float
    wall_seconds: float
    peak_rss_mb: float
    bytes_read: int | None
    frames: int


def main() -> None:
    """Measure, print Markdown, write rows and plot."""
    options = _options()
    films = options.films or _bunny(quick=options.quick)
    methods, missing = _methods()
    rounds = options.rounds or (3 if options.quick else 5)
    rows = [
        _run(film, method, threads)
        for film in films
        for _ in range(rounds)
        for method, threads in methods
    ]
    report = _report(rows, missing, rounds)
    print(report)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    if options.markdown:
        options.markdown.write_text(report)
    if options.plot:
        options.plot.write_text(_plot(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", nargs="+", type=Path, metavar="PATH", help="your own films")
    parser.add_argument("--quick", action="store_true", help="two forms, 20 seconds, 3 rounds")
    parser.add_argument("--rounds", type=int, help="runs of each method on each film")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write the plot")
    return parser.parse_args()


def _bunny(*, quick: bool) -> list[Path]:
    from onmodel_local.films import fetch_big_buck_bunny

    whole = fetch_big_buck_bunny(ROOT / ".cache" / "films")
    forms = [form for form in FORMS if not quick or form.name in QUICK]
    return [prepare(whole, CACHE, form, 20.0 if quick else 60.0) for form in forms]


def _methods() -> tuple[list[tuple[str, int]], list[str]]:
    missing = []
    if shutil.which("ffmpeg") is None:
        missing.append("ffmpeg")
    if importlib.util.find_spec("decord") is None:
        missing.append("decord2")
    peers = [(name, 1) for name in METHODS if name not in ("onmodel", *missing)]
    return [("limit", 1), ("onmodel", 1), ("onmodel", 2), *peers], missing


def _run(film: Path, method: str, threads: int) -> Row:
    script = Path(__file__).with_name("sampling_methods.py")
    command = [sys.executable, str(script), method, str(film), str(INTERVAL_SECONDS), str(threads)]
    done = subprocess.run(  # noqa: S603 - our own script
        command,
        check=True,
        stdout=subprocess.PIPE,
        timeout=TIMEOUT_SECONDS,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # idle BLAS threads would use CPU time
    )
    with av.open(str(film)) as container:
        codec = container.streams.video[0].codec_context.codec.canonical_name
    cost = json.loads(done.stdout.splitlines()[-1])
    return Row(film=film.stem, codec=codec, method=method, threads=threads, **cost)


def _groups(rows: list[Row]) -> dict[str, dict[str, list[Row]]]:
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        label = row.method if row.threads == 1 else f"{row.method}, {row.threads} threads"
        groups[row.film][label].append(row)
    return groups


def _report(rows: list[Row], missing: list[str], rounds: int) -> str:
    lines = [
        "# Sampling one frame a second",
        "",
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()},"
        f" PyAV {av.__version__}; median of {rounds} rounds, least and most in brackets.",
    ]
    if missing:
        lines.append(f"Not installed here: {', '.join(missing)}.")
    for film, methods in _groups(rows).items():
        lines += [
            "",
            f"## {film} ({next(iter(methods.values()))[0].codec})",
            "",
            "| method | CPU s | × limit | × ours | wall s | peak MB | MB read | frames |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [_line(label, methods) for label in methods]
    return "\n".join(lines) + "\n"


def _line(label: str, methods: dict[str, list[Row]]) -> str:
    rows = methods[label]
    read = rows[0].bytes_read
    cells = [
        label,
        _spread([row.cpu_seconds for row in rows]),
        _spread(_ratios(rows, methods["limit"])),
        _spread(_ratios(rows, methods["onmodel"])),
        f"{statistics.median(row.wall_seconds for row in rows):.2f}",
        f"{max(row.peak_rss_mb for row in rows):.0f}",
        "–" if read is None or label == "ffmpeg" else f"{read / 1e6:.1f}",
        "–" if label == "limit" else str(rows[0].frames),
    ]
    return f"| {' | '.join(cells)} |"


def _ratios(rows: list[Row], to: list[Row]) -> list[float]:
    """Round by round: what slows the machine for a while slows both."""
    return [row.cpu_seconds / other.cpu_seconds for row, other in zip(rows, to, strict=True)]


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def _plot(rows: list[Row]) -> str:
    return bars(
        "CPU seconds for one frame a second, one thread",
        {
            film: {
                label: statistics.median(row.cpu_seconds for row in found)
                for label, found in methods.items()
                if "threads" not in label
            }
            for film, methods in _groups(rows).items()
        },
    )


if __name__ == "__main__":
    main()
