from __future__ import annotations

import av
import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.video.sampling.measurement import measure
from onmodel.video.shots.signatures import CELLS, QUANTILES, SIGNATURE_SIZE

WHOLE = Box(left=0, top=0, width=320, height=192)


def picture(layout: str) -> av.VideoFrame:
    rows, columns = np.mgrid[0:192, 0:320]
    bgr = np.stack([rows % 256, columns % 200, (rows + columns) % 256], axis=-1).astype(np.uint8)
    return av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=layout)


@pytest.mark.parametrize("layout", ["yuv420p10le", "nv12", "p010le", "yuva420p"])
def test_measure_when_pixel_formats_differ_then_luma_values_agree(layout):
    sharpness, signature = measure(picture("yuv420p"), WHOLE)
    other_sharpness, other = measure(picture(layout), WHOLE)
    luma = [*range(CELLS), *range(3 * CELLS, 3 * CELLS + QUANTILES)]
    assert other[luma] == pytest.approx(signature[luma], abs=0.012)
    assert other_sharpness == pytest.approx(sharpness, rel=0.1)


def test_measure_when_picture_has_no_chroma_then_chroma_values_are_grey():
    _, signature = measure(picture("gray"), WHOLE)
    assert signature.shape == (SIGNATURE_SIZE,)
    assert signature.dtype == np.float32
    assert (signature[CELLS : 3 * CELLS] == 0.5).all()
    assert (signature[3 * CELLS + QUANTILES :] == 0.5).all()
