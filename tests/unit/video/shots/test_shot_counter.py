"""Shots of films with known cuts, for each kind of cut; and shot numbers across chunks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawn.cuts import FORMS, FPS, Form, KnownFilm, Shot, draw_shots
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmodel.contracts.films import ChunkShots, StoredSignature
from onmodel.video import sample_frames
from onmodel.video.inspection.film import inspect_film
from onmodel.video.sampling.frames import Frame
from onmodel.video.shots.shot_counter import first_shot_numbers
from onmodel.video.shots.signatures import SIGNATURE_SIZE

SCENECUT, FIXED = FORMS[0], FORMS[3]
NO_SIZES = next(form for form in FORMS if form.name.startswith("vp9"))
SECOND = FPS


def frames_of(film: KnownFilm, interval: float) -> list[tuple[float, int]]:
    return [(frame.timecode_seconds, frame.shot) for frame in sample_frames(film.path, interval)]


def shots_at(film: KnownFilm, interval: float, *moments: float) -> list[int]:
    """The shot numbers of the frames nearest to some moments."""
    frames = frames_of(film, interval)
    return [min(frames, key=lambda frame: abs(frame[0] - moment))[1] for moment in moments]


FORMS_TRIED = pytest.mark.parametrize(
    ("form", "interval"),
    [(form, interval) for form in (SCENECUT, FIXED, NO_SIZES) for interval in (0.25, 1.0)],
    ids=lambda value: value.name if isinstance(value, Form) else str(value),
)


@FORMS_TRIED
def test_shots_when_scenes_change_by_hard_cuts_then_each_cut_counts(films: Path, form, interval):
    shots = tuple(
        Shot("plain", 10 + number, round(1.7 * SECOND), 0.5, zoom=1.0 + number / 10)
        for number in range(8)
    )
    film = draw_shots(films / "hard", form, shots)
    assert len(film.cuts) == 7
    frames = frames_of(film, interval)
    for seconds, shot in frames:
        assert shot == sum(cut <= seconds + 1e-6 for cut, _ in film.cuts), seconds


@FORMS_TRIED
def test_shots_when_one_place_is_shown_from_two_cameras_then_each_cut_counts(
    films: Path, form, interval
):
    shots = tuple(
        Shot("alike", 30, 2 * SECOND, 0.7 * (number % 2), zoom=1.1 + 0.4 * (number % 2))
        for number in range(5)
    )
    film = draw_shots(films / "alike", form, shots)
    assert shots_at(film, interval, 1, 3, 5, 7, 9) == [0, 1, 2, 3, 4]


@FORMS_TRIED
def test_shots_when_black_is_between_two_scenes_then_one_cut_and_within_a_scene_none(
    films: Path, form, interval
):
    slope = round(1.2 * SECOND)
    there, back = (
        Shot("fade", 40, 3 * SECOND, 0.5, fade_out=slope),
        Shot("fade", 40, 3 * SECOND, 0.5, fade_in=slope),
    )
    other = Shot("fade", 47, 3 * SECOND, 0.5, fade_in=slope)
    same = draw_shots(films / "same", form, (there, back))
    most = max(shot for _, shot in frames_of(same, interval))
    assert most <= (interval == 1.0), "after a second of black, a returning scene may count as new"
    changed = draw_shots(films / "changed", form, (there, other))
    assert shots_at(changed, interval, 0.5, 5.5) == [0, 1]
    assert max(shot for _, shot in frames_of(changed, interval)) == 1


@FORMS_TRIED
def test_shots_when_a_scene_dissolves_into_another_then_one_cut_at_most(
    films: Path, form, interval
):
    shots = (
        Shot("dissolve", 50, 4 * SECOND, 0.5),
        Shot("dissolve", 57, 4 * SECOND, 0.5, dissolve=round(1.5 * SECOND)),
    )
    film = draw_shots(films / "dissolve", form, shots)
    assert max(shot for _, shot in frames_of(film, interval)) <= 1


@FORMS_TRIED
def test_shots_when_there_are_white_flashes_then_no_cut(films: Path, form, interval):
    white = (20, 21, 22, 40, 41, 60, 61, 62, 63)
    film = draw_shots(films / "flash", form, (Shot("flash", 60, 4 * SECOND, 0.5, flashes=white),))
    assert {shot for _, shot in frames_of(film, interval)} == {0}


@FORMS_TRIED
def test_shots_when_the_camera_pans_then_no_cut(films: Path, form, interval):
    pan = Shot("pan", 70, 4 * SECOND, 0.02, speed=0.25)
    film = draw_shots(films / "pan", form, (pan,))
    assert {shot for _, shot in frames_of(film, interval)} == {0}


@pytest.mark.parametrize("form", [SCENECUT, FIXED], ids=lambda form: form.name)
def test_shots_when_figures_run_across_then_no_cut(films: Path, form):
    busy = draw_shots(films / "busy", form, (Shot("fast", 71, 4 * SECOND, 0.5, busy=True),))
    for interval in (0.25, 1.0):
        assert {shot for _, shot in frames_of(busy, interval)} == {0}


def test_shots_when_two_cuts_lie_between_two_samples_then_sizes_show_both(films: Path):
    shots = (
        Shot("plain", 80, round(2.1 * SECOND), 0.5),
        Shot("quick", 81, round(0.4 * SECOND), 0.5),
        Shot("plain", 82, round(2.1 * SECOND), 0.5),
    )
    film = draw_shots(films / "two", SCENECUT, shots)
    assert [shot for _, shot in frames_of(film, 2.0)] == [0, 2, 2]


CHUNKED = (FORMS[1], FORMS[6], NO_SIZES, Form("matroska", "libx264", FORMS[1].options, "mkv"))


@pytest.fixture(scope="module")
def chunked(films: Path) -> dict[str, KnownFilm]:
    """15 s, nine cuts, not all at keyframes, and one fade."""
    lengths = (40, 31, 52, 25, 8, 47, 30, 66, 12)
    shots = [Shot("plain", 90 + number, frames, 0.5) for number, frames in enumerate(lengths)]
    shots[2] = Shot("fade", 95, 52, 0.5, fade_out=20)
    shots[3] = Shot("fade", 93, 52, 0.5, fade_in=20)
    return {form.name: draw_shots(films / "chunked", form, tuple(shots)) for form in CHUNKED}


@pytest.mark.parametrize("name", [form.name for form in CHUNKED])
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_first_shot_numbers_when_film_is_divided_into_chunks_then_as_sampled_in_one_call(
    chunked, name, data
):
    film = chunked[name]
    with film.path.open("rb") as file:
        table = inspect_film(file, size_bytes=film.path.stat().st_size).packets
    keyframes = [
        float(time) for time in np.unique(table.seconds(table.pts[table.keyframe])) if time > 0
    ]
    borders = data.draw(st.lists(st.sampled_from(keyframes), unique=True, max_size=5).map(sorted))
    interval = data.draw(st.sampled_from([0.5, 1.0, 2.5]))
    spans: list[ChunkShots] = []
    parts = [
        _shown(
            sample_frames(
                film.path, interval, start, end, packets=table, anchor_seconds=0.0,
                on_shots=spans.append,
            )
        )
        for start, end in pairwise([0.0, *borders, table.duration_seconds])
    ]  # fmt: skip
    kept = [ChunkShots.model_validate_json(span.model_dump_json()) for span in spans]
    joined = [
        (seconds, number + shot)
        for number, part in zip(first_shot_numbers(kept), parts, strict=True)
        for seconds, shot in part
    ]
    whole = _shown(sample_frames(film.path, interval, packets=table, anchor_seconds=0.0))
    assert joined == whole
    assert whole[-1][1] >= 6


def _shown(frames) -> list[tuple[float, int]]:
    """Time and shot of the frames that are not blank."""

    def shows(frame: Frame) -> bool:
        points = frame.pixels[::8, ::8]
        return int(points.max()) - int(points.min()) > 60

    return [(frame.timecode_seconds, frame.shot) for frame in frames if shows(frame)]


def stored_signature(seconds: float, seed: int, contrast: float = 1.0) -> StoredSignature:
    values = 0.5 + contrast * (np.random.default_rng(seed).random(SIGNATURE_SIZE) - 0.5)
    return StoredSignature(seconds=seconds, signature=tuple(values.tolist()))


def test_first_shot_numbers_when_a_chunk_is_blank_then_its_neighbours_are_compared():
    one, dark, other = (
        ChunkShots(cuts=2, first=stored_signature(0, 1), last=stored_signature(9, 2)),
        ChunkShots(dark_before=True),
        ChunkShots(cuts=1, first=stored_signature(20, 3), last=stored_signature(29, 4)),
    )
    again = other.model_copy(update={"first": stored_signature(20, 2)})
    assert first_shot_numbers([one, dark, other]) == [0, 2, 3]
    assert first_shot_numbers([one, dark, again, dark]) == [0, 2, 2, 3]


def test_first_shot_numbers_when_either_chunk_stores_the_hint_then_it_counts():
    before, after = stored_signature(9, 1, contrast=0.14), stored_signature(10, 2, contrast=0.14)
    one, other = ChunkShots(first=before, last=before), ChunkShots(first=after, last=after)
    with_hint = one.model_copy(update={"after": ((9.4, 9.5, True),)})
    assert first_shot_numbers([one, other]) == [0, 0]
    assert first_shot_numbers([with_hint, other]) == [0, 1]
    assert first_shot_numbers([one, other.model_copy(update={"before": ((9.4, 9.5, True),)})]) == [
        0,
        1,
    ]
