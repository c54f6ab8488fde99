from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel_local.standins.bedrock.manifest import (
    DataRefusedError,
    header_size,
    picture_fault,
    read_manifest,
)


def _lines(count: int = 5, **changes: object) -> list[dict[str, object]]:
    return [
        {"image-ref": f"s3://bucket/crops/{n}.png", "caption": f"Buck hops, {n}"} | changes
        for n in range(count)
    ]


def _text(lines: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _png(width: int, height: int, suffix: str = ".png") -> bytes:
    return cv2.imencode(suffix, np.zeros((height, width, 3), np.uint8))[1].tobytes()


def test_read_manifest_when_fine_then_records() -> None:
    assert len(read_manifest(_text(_lines()))) == 5


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (_text(_lines(4)), "4 records"),
        (_text(_lines()) + b"\n", "blank"),
        (_text(_lines()) + b"no json\n", "line 6: no JSON"),
        (_text(_lines(image_ref="x")), "keys must be"),
        (_text(_lines(caption="ab")), "caption has 2"),
        (_text(_lines(caption="x" * 1025)), "caption has 1025"),
        (_text(_lines(caption=3)), "values must be text"),
        (_text(_lines(**{"image-ref": "s3://bucket/two words.png"})), "no S3 URI"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_read_manifest_when_a_limit_is_broken_then_told(text: bytes, answer: str) -> None:
    with pytest.raises(DataRefusedError, match=answer):
        read_manifest(text)


def test_read_manifest_when_many_lines_are_wrong_then_the_first_twenty_and_a_count() -> None:
    with pytest.raises(DataRefusedError, match=r"line 20: .* and 10 more"):
        read_manifest(_text(_lines(30, caption="")))


@pytest.mark.parametrize(
    ("width", "height", "answer"),
    [
        (512, 512, None),
        (511, 900, "511 x 900"),
        (4097, 1100, "4097"),
        (4096, 4096, "pixels, at most"),
        (2100, 512, "aspect"),
    ],
)
def test_picture_fault_when_sides_differ_then_novas_limits(
    width: int, height: int, answer: str | None
) -> None:
    fault = picture_fault(_png(width, height))
    assert fault is None if answer is None else answer in str(fault)


def test_picture_fault_when_neither_png_nor_jpeg_then_told() -> None:
    assert picture_fault(_png(600, 600, ".bmp")) == "neither PNG nor JPEG"


@given(st.integers(16, 700), st.integers(16, 700), st.sampled_from([".png", ".jpg"]))
def test_picture_size_when_read_from_the_header_then_the_decoders(
    width: int, height: int, suffix: str
) -> None:
    assert header_size(_png(width, height, suffix)) == (width, height)


@given(st.binary(max_size=200))
def test_picture_size_when_bytes_are_random_then_no_crash(tail: bytes) -> None:
    for head in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"):
        header_size(head + tail)
