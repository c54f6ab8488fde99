"""The end that headers declare."""

from __future__ import annotations

import io

import pytest

from onmodel.video.container.declared_end import is_cut_off


def matroska(size: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3" + bytes(30) + b"\x18\x53\x80\x67" + size + bytes(100)


@pytest.mark.parametrize(
    ("body", "container", "cut_off"),
    [
        (matroska(b"\xe4"), "matroska,webm", False),
        (matroska(b"\xe5"), "matroska,webm", True),
        (matroska(b"\x01" + bytes(6) + b"\x65"), "matroska,webm", True),
        (matroska(b"\x01" + b"\xff" * 7), "matroska,webm", False),  # a recorder does not know it
        (matroska(b"\x00"), "matroska,webm", False),
        (b"\x1a\x45\xdf\xa3" + bytes(30) + b"\x18\x53\x80\x67", "matroska,webm", False),
        (b"RIFF" + (100).to_bytes(4, "little") + bytes(99), "avi", False),
        (b"RIFF" + (300).to_bytes(4, "little") + bytes(100), "avi", True),
        (b"RIFF" + bytes(104), "avi", False),
        (b"RIFF" + b"\xff" * 4 + bytes(100), "avi", False),
        (bytes(100), "asf", False),
        (b"\x12\0\0\x04" + bytes(15), "flv", False),
        (b"\x12\0\0\x04" + bytes(14), "flv", True),
        (b"\x12\0\0\x04" + bytes(18), "flv", True),
        (bytes(100), "mpegts", False),
    ],
)
def test_is_cut_off_when_a_header_declares_the_end_then_by_the_size_of_the_file(
    body: bytes, container: str, cut_off: bool
) -> None:
    file = io.BytesIO(body)
    file.seek(5)
    assert is_cut_off(file, container, 0) is cut_off
    assert file.tell() == 5
