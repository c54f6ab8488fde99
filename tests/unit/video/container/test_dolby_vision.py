"""Films whose configuration record is planted into drawn ones."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from drawn.films import draw_film

from onmodel.errors import FilmRefused
from onmodel.video import inspect_film
from onmodel.video.container.dolby_vision import needs_dolby_vision


def record(profile: int, compatible: int) -> bytes:
    return bytes([1, 0, profile << 1, 0b00110101, compatible << 4]) + bytes(19)


def with_mp4_record(body: bytes, name: bytes, content: bytes) -> bytes:
    """The film with one more box in its sample entry; moov must be behind the media data."""
    box = struct.pack(">I4s", len(content) + 8, name) + content
    at = body.index(b"avcC") - 4
    grown = bytearray(body[:at] + box + body[at:])
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        start = grown.index(parent, grown.index(b"moov")) - 4
        (size,) = struct.unpack_from(">I", grown, start)
        struct.pack_into(">I", grown, start, size + len(box))
    return bytes(grown)


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("dolby") / "a.mp4"
    return draw_film(path, seconds=1, size=(64, 48)).path.read_bytes()


@pytest.mark.parametrize("name", [b"dvcC", b"dvvC"])
@pytest.mark.parametrize(("profile", "compatible", "refused"), [
    (5, 0, True), (10, 0, True), (8, 1, False), (8, 4, False), (7, 6, False),
])  # fmt: skip
def test_inspect_film_when_mp4_has_no_base_layer_then_refused_with_words(
    mp4: bytes, name: bytes, profile: int, compatible: int, refused: bool
) -> None:
    body = with_mp4_record(mp4, name, record(profile, compatible))
    if not refused:
        assert inspect_film(io.BytesIO(body), size_bytes=len(body)).facts.width == 64
        return
    with pytest.raises(FilmRefused, match=r"Dolby Vision.*Export it in HDR10"):
        inspect_film(io.BytesIO(body), size_bytes=len(body))


@pytest.mark.parametrize(("compatible", "alone"), [(0, True), (1, False)])
def test_needs_dolby_vision_when_matroska_has_a_record_then_by_its_base_layer(
    compatible: int, alone: bool
) -> None:
    mapping = b"\x41\xe7\x84dvcC\x41\xed\x98" + record(5, compatible)
    file = io.BytesIO(b"\x1a\x45\xdf\xa3" + bytes(100) + mapping + bytes(100))
    file.seek(7)
    assert needs_dolby_vision(file, "") is alone
    assert file.tell() == 7


@pytest.mark.parametrize(("tag", "alone"), [("dvh1", True), ("dvhe", True), ("hvc1", False)])
def test_needs_dolby_vision_when_there_is_no_record_then_by_the_name_of_the_samples(
    mp4: bytes, tag: str, alone: bool
) -> None:
    assert needs_dolby_vision(io.BytesIO(mp4), tag) is alone


@pytest.mark.parametrize("body", [b"", b"no film", b"\0\0\0\x18ftypmp42" + bytes(40)])
def test_needs_dolby_vision_when_there_is_no_header_then_false(body: bytes) -> None:
    assert not needs_dolby_vision(io.BytesIO(body), "")
