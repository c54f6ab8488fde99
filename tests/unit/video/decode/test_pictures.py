"""Each picture in its own shape, and transparent pictures on the stated ground."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from drawn.squares import Part, draw_cut_out, draw_parts, red_square, turn

from onmodel.contracts.base import Box
from onmodel.contracts.films import FilmFacts, Shape
from onmodel.formats.transparency import NEUTRAL_GREY
from onmodel.video import Frame, PacketTable, inspect_film, sample_frames
from onmodel.video.inspection.film import InspectedFilm

LANDSCAPE, PORTRAIT = Part((320, 240)), Part((240, 320))
STANDARD, WIDE = Part((768, 576), Fraction(16, 15)), Part((1024, 576), Fraction(64, 45))


def inspected(path: Path) -> InspectedFilm:
    with path.open("rb") as file:
        return inspect_film(file, size_bytes=path.stat().st_size)


def prepared(path: Path, threads: int = 1) -> list[Frame]:
    """The frames as the steps probe_film and sample_chunk take them."""
    film = inspected(path)
    return list(
        sample_frames(path, 1.0, packets=film.packets, shapes=film.facts.shapes, threads=threads)
    )


def size(frame: Frame) -> tuple[int, int]:
    return frame.pixels.shape[1], frame.pixels.shape[0]


@pytest.mark.parametrize(
    ("name", "codec", "parts"),
    [
        ("phone.ts", "libx264", (LANDSCAPE, PORTRAIT)),
        ("phone.mkv", "libx264", (PORTRAIT, LANDSCAPE)),
        ("broadcast.ts", "mpeg2video", (STANDARD, WIDE)),
        ("broadcast.mkv", "mpeg2video", (WIDE, STANDARD)),
        ("three.ts", "libx264", (LANDSCAPE, PORTRAIT, LANDSCAPE)),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_sample_frames_when_shape_changes_midway_then_each_picture_in_its_own(
    tmp_path, name, codec, parts, threads
):
    frames = prepared(draw_parts(tmp_path / name, parts, side=120, codec=codec), threads)
    assert [shape for shape, _ in groupby(map(size, frames))] == [part.size for part in parts]
    assert len(frames) >= 2 * len(parts)
    for frame in frames:
        assert np.abs(np.array(red_square(frame.pixels)) - 120).max() <= 2


def test_sample_frames_when_film_is_not_inspected_before_then_the_same_shapes(tmp_path):
    path = draw_parts(tmp_path / "b.ts", (STANDARD, WIDE), side=120, codec="mpeg2video")
    assert [size(frame) for frame in sample_frames(path)] == [size(each) for each in prepared(path)]


def test_sample_frames_when_phone_is_turned_midway_then_later_pictures_are_upright(tmp_path):
    draw_parts(tmp_path / "a.ts", (LANDSCAPE, LANDSCAPE), side=120, codec="libx264")
    parts = [tmp_path / "a-0.ts", turn(tmp_path / "a-1.ts", 90)]
    path = tmp_path / "turned.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    shapes = [shape for shape, _ in groupby(map(size, prepared(path)))]
    assert shapes == [(320, 240), (240, 320)]


def test_inspect_film_when_second_shape_has_bars_then_the_bars_of_each_shape(tmp_path):
    barred = replace(WIDE, bars=72)
    path = draw_parts(tmp_path / "b.ts", (STANDARD, barred), side=120, codec="mpeg2video")
    facts = inspected(path).facts
    assert facts.picture == Box(left=0, top=0, width=768, height=576)
    (other,) = facts.other_shapes
    assert (other.width, other.height) == (1024, 576)
    assert abs(other.picture.top - 72) <= 2
    assert abs(other.picture.height - 432) <= 4
    assert prepared(path)[-1].picture == other.picture


def test_film_facts_when_written_before_shapes_were_known_then_one_shape():
    before = {
        "container": "mp4", "codec": "h264", "width": 64, "height": 48, "duration_seconds": 1,
        "frames_per_second": 24, "size_bytes": 9,
        "picture": {"left": 0, "top": 4, "width": 64, "height": 40},
    }  # fmt: skip
    facts = FilmFacts.model_validate(before)
    picture = Box(left=0, top=4, width=64, height=40)
    assert facts.shapes == (Shape(width=64, height=48, picture=picture),)


def test_packet_table_when_saved_then_the_coded_aspect_is_loaded(tmp_path):
    path = draw_parts(tmp_path / "b.ts", (STANDARD, WIDE), side=120, codec="mpeg2video")
    table = inspected(path).packets
    assert table.coded_aspect == Fraction(16, 15)
    assert PacketTable.load(table.save()).coded_aspect == Fraction(16, 15)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("prores.mov", "prores_ks", "yuva444p10le"),
        ("vp9.webm", "libvpx-vp9", "yuva420p"),
        ("vp9.mkv", "libvpx-vp9", "yuva420p"),
        ("vp8.webm", "libvpx", "yuva420p"),
        ("a.gif", "gif", "pal8"),
        ("png.mov", "png", "rgba"),
        ("palette.mov", "png", "pal8"),
        ("ffv1.mkv", "ffv1", "yuva444p"),
        ("ffv1-16.mkv", "ffv1", "rgba64le"),
    ],
)
def test_sample_frames_when_film_is_transparent_then_on_neutral_grey(
    tmp_path, name, codec, pixel_format
):
    path = draw_cut_out(tmp_path / name, side=60, codec=codec, pixel_format=pixel_format)
    frame = prepared(path)[0]
    assert np.abs(frame.pixels[4, 4].astype(int) - NEUTRAL_GREY).max() <= 1
    assert np.abs(frame.pixels[48, 64].astype(int) - (0, 0, 255)).max() <= 3
    assert np.abs(np.array(red_square(frame.pixels)) - 60).max() <= 2
