"""Mutated files: sampling ends in time and within its memory, and a refusal is one error.

ONMODEL_FUZZ_EXAMPLES is the number of mutations tried per film; CI sets a higher one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn.films import draw_film
from drawn.sandbox import Sandbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("ONMODEL_FUZZ_EXAMPLES", "20"))
SEEDS = {
    "seed.mp4": {"sound": True},
    "seed-first.mp4": {"container_options": {"movflags": "faststart"}},
    "seed-fragments.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "seed.mkv": {"codec": "libvpx-vp9"},
    "seed.ts": {"codec": "mpeg2video", "options": {"b": "400k"}},
    "seed.avi": {"codec": "mpeg4", "options": {"b": "300k"}},
    "seed-hevc.mp4": {"codec": "libx265"},
    "seed-av1.mp4": {"codec": "libsvtav1", "options": {"preset": "12", "svtav1-params": "lp=1"}},
}
EXTREMES = st.sampled_from(
    [b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0" * 4, b"\0\0\0\1", b"\x80\0\0\0"]
)
MUTATION = st.tuples(
    st.floats(0, 1),
    st.booleans(),  # in the header and index, or anywhere
    EXTREMES | st.binary(min_size=1, max_size=12),
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture(scope="module")
def seeds(films: Path) -> dict[str, bytes]:
    bodies = {}
    for name, how in SEEDS.items():
        draw_film(films / name, seconds=3, size=(96, 64), gop=12, shot_seconds=1.3, **how)
        bodies[name] = (films / name).read_bytes()
    return bodies


def mutated(body: bytes, changes: list[tuple[float, bool, bytes]], keep: float) -> bytes:
    changed = bytearray(body)
    index = max(body.find(b"moov"), 0)
    for place, in_index, value in changes:
        span = (index, min(len(body), index + 6000)) if in_index else (0, len(body))
        start = int(span[0] + place * (span[1] - span[0]))
        changed[start : start + len(value)] = value[: max(0, len(body) - start)]
    return bytes(changed[: int(len(changed) * keep)])


@pytest.mark.parametrize("name", SEEDS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    changes=st.lists(MUTATION, min_size=1, max_size=6),
    keep=st.just(1.0) | st.floats(0, 1),
)
def test_inspect_and_sample_when_file_is_mutated_then_sampled_or_refused(
    sandbox, seeds, tmp_path, name, changes, keep
):
    path = tmp_path / name
    path.write_bytes(mutated(seeds[name], changes, keep))
    outcome = sandbox.take(path)
    assert outcome.kind in ("sampled", "refused"), outcome.detail
    if outcome.kind == "refused":
        assert outcome.detail


def test_sandbox_when_film_is_undamaged_then_sampled(sandbox, seeds, tmp_path):
    for name, body in seeds.items():
        (tmp_path / name).write_bytes(body)
        outcome = sandbox.take(tmp_path / name)
        assert outcome.kind == "sampled", name
        assert outcome.frames in (6, 7), name  # fragmented films begin a little after 0
