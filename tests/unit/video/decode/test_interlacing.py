from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from onmodel.video import sample_frames
from onmodel.video.decode.interlacing import deinterlaced


def scene(shift: int) -> np.ndarray:
    picture = np.full((120, 160, 3), 90, np.uint8)
    cv2.circle(picture, (60 + shift, 60), 30, (30, 200, 240), -1)
    cv2.line(picture, (0, 5), (159, 100), (250, 250, 250), 2)
    return picture


def interlaced(shift: int) -> np.ndarray:
    picture = scene(0)
    picture[1::2] = scene(shift)[1::2]
    return picture


def combing(pixels: np.ndarray) -> float:
    """Mean difference of the second field from both neighbours, where both have the same sign."""
    lines = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2GRAY).astype(int)
    over, under = lines[1:-1:2] - lines[:-2:2], lines[1:-1:2] - lines[2::2]
    return float(np.where(over * under > 0, np.minimum(abs(over), abs(under)), 0).mean())


def test_deinterlaced_when_fields_differ_then_like_the_first_field():
    combed, truth = interlaced(12), scene(0)
    better = deinterlaced(combed)
    assert cv2.PSNR(better, truth) > cv2.PSNR(combed, truth) + 6
    assert np.array_equal(better[0::2], combed[0::2])


def test_deinterlaced_when_fields_are_equal_then_less_than_two_percent_changes():
    still = scene(0)
    assert (deinterlaced(still) != still).any(axis=2).mean() < 0.02


def test_deinterlaced_when_height_is_odd_then_same_shape():
    odd = interlaced(5)[:119]
    assert deinterlaced(odd).shape == odd.shape


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"x264-params": "tff=1", "crf": "10"}), ("mpeg2video", {"flags": "+ildct+ilme"})],
)
def test_sample_frames_when_film_is_interlaced_then_half_the_combing_at_most(
    tmp_path: Path, codec, options
):
    path = tmp_path / "fields.mov"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.bit_rate = 4_000_000
        for _ in range(5):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(interlaced(12), format="bgr24")))
        output.mux(stream.encode(None))
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
    assert picture.interlaced_frame
    combed = combing(picture.to_ndarray(format="bgr24"))
    assert combed > 3 * combing(scene(0))
    assert combing(next(sample_frames(path)).pixels) < combed / 2
