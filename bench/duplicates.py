"""Measures the exact search for near-duplicates against comparing every pair in full.

    make bench-duplicates                             the table of docs/scaling.md
    .venv/bin/python bench/duplicates.py --quick      10,000 rows alone
    .venv/bin/python bench/duplicates.py --rows 50000 --vectors spread --json rows.json

Vectors of 1,024 numbers, four around each of a quarter as many centres: one of the four is kept.
"Spread" centres have cosines of about 0; "concentrated" ones of about 0.4, and differ more along
some directions than along others, as the vectors of an embedding model do.

"In full" are the products alone of each row with the rows that are kept before it, by NumPy: the
least that a search does which compares every pair. "Limit" are the same products of the short
vectors, and those that shorten: the least that this search does. Both are measured on every tenth
block of rows, times ten. CPU seconds of one thread; on a machine that does other things, only the
ratios can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that wait for others count as busy

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.vision.cosine_bounds import short_vectors
from onmodel.vision.duplicates import (
    BLOCK_ROWS,
    ROUNDING,
    TILE_ROWS,
    find_duplicates,
)

ROWS = (10_000, 50_000, 200_000)
DIMENSIONS = 1024
EACH_KEPT = 4  # rows around a centre
NOISE = 0.2  # length of what a row differs from its centre by
COMMON = 0.64  # of what is common to concentrated vectors; its square is their mean cosine
THRESHOLD = 0.92  # less than `deduplication.threshold` by default: fewer pairs are excluded
EVERY = 10  # of the blocks, the one whose products are measured


@dataclass(frozen=True)
class Row:
    """CPU seconds of one search, and of the least that it and its peer do."""

    vectors: str
    rows: int
    kept: int
    width: int
    cpu_seconds: float
    in_full_cpu_seconds: float
    limit_cpu_seconds: float
    memory_mb: int
    vectors_mb: int

    def cells(self) -> Iterator[str]:
        yield from (self.vectors, f"{self.rows:,}", f"{self.kept:,}", str(self.width))
        yield f"{self.cpu_seconds:.1f} s"
        for other in (self.in_full_cpu_seconds, self.limit_cpu_seconds):
            yield f"{other:.1f} s"
            yield f"{self.cpu_seconds / other:.2f}"
        yield f"{self.vectors_mb:,} + {self.memory_mb:,} MB"


HEAD = (
    "| vectors | rows | kept | short | ours | in full | ours / in full | limit | ours / limit "
    "| memory |\n|---|---|---|---|---|---|---|---|---|---|"
)


def spread(random: np.random.Generator, count: int) -> Vectors:
    """Directions that have nothing in common."""
    return _unit(random.standard_normal((count, DIMENSIONS), np.float32))


def concentrated(random: np.random.Generator, count: int) -> Vectors:
    """Directions around a common one, spread most along few others."""
    falling = np.sqrt(1 / np.arange(1, DIMENSIONS + 1)).astype(np.float32)
    own = _unit(random.standard_normal((count, DIMENSIONS), np.float32) * falling)
    own *= np.float32(np.sqrt(1 - COMMON**2))
    own += np.float32(COMMON) * spread(random, 1)
    return _unit(own)


KINDS: dict[str, Callable[[np.random.Generator, int], Vectors]] = {
    "spread": spread,
    "concentrated": concentrated,
}


def _unit(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def measure(kind: str, rows: int, seed: int = 1) -> Row:
    """One search, its peer and its limit, one after the other in this process."""
    random = np.random.default_rng(seed)
    vectors = np.repeat(KINDS[kind](random, rows // EACH_KEPT), EACH_KEPT, axis=0)
    noise = np.float32(NOISE / np.sqrt(DIMENSIONS))
    for start in range(0, rows, BLOCK_ROWS):
        part = vectors[start : start + BLOCK_ROWS]
        part += noise * random.standard_normal(part.shape, np.float32)
    _unit(vectors)
    quality = random.random(len(vectors))

    began = time.process_time()
    found = find_duplicates(vectors, quality, THRESHOLD)
    seconds = time.process_time() - began
    tracemalloc.start()  # for a search of its own: it takes time
    find_duplicates(vectors, quality, THRESHOLD)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    began = time.process_time()
    short = short_vectors(vectors, THRESHOLD - 2 * ROUNDING)
    shortened = time.process_time() - began
    compared = vectors if short is None else short
    order = np.argsort(-quality)
    return Row(
        kind,
        rows,
        int((found < 0).sum()),
        compared.shape[1],
        seconds,
        products_of(vectors, found, order),
        products_of(compared, found, order) + shortened,
        memory >> 20,
        vectors.nbytes >> 20,
    )


def products_of(vectors: Vectors, found: np.ndarray, order: np.ndarray) -> float:
    """CPU seconds of the products that the greedy choice needs.

    A row that is kept is multiplied with all kept before it, another one with those up to the one
    that represents it.
    """
    kept = order[found[order] < 0]
    place = np.empty(len(order), np.intp)
    place[kept] = np.arange(len(kept))
    seconds = 0.0
    for start in range(EVERY // 2 * BLOCK_ROWS, len(order), EVERY * BLOCK_ROWS):
        rows = order[start : start + BLOCK_ROWS]
        before = np.count_nonzero(found[order[:start]] < 0)
        ends = np.where(found[rows] < 0, before, place[found[rows]])
        block = vectors[rows]
        tiles = [vectors[kept[at : at + TILE_ROWS]] for at in range(0, before, TILE_ROWS)]
        began = time.process_time()
        for number, tile in enumerate(tiles):
            _ = block[ends >= number * TILE_ROWS] @ tile.T
        seconds += time.process_time() - began
    return seconds * EVERY


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, nargs="+", default=ROWS)
    arguments.add_argument("--vectors", choices=KINDS, nargs="+", default=list(KINDS))
    arguments.add_argument("--quick", action="store_true", help="10,000 rows alone")
    arguments.add_argument("--json", type=Path, help="write the rows there too")
    given = arguments.parse_args()
    print(HEAD)
    done = []
    for kind in given.vectors:
        for rows in ROWS[:1] if given.quick else given.rows:
            row = measure(kind, rows)
            done.append(asdict(row))
            print("| " + " | ".join(row.cells()) + " |", flush=True)
    if given.json:
        given.json.write_text(json.dumps(done, indent=1))


if __name__ == "__main__":
    main()
