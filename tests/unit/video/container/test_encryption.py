"""Films that are encrypted: by the muxer, or by flags set on drawn ones."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from drawn.films import draw_film

from onmodel.errors import FilmRefused
from onmodel.video import inspect_film
from onmodel.video.container.encryption import is_encrypted

CENC = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov"])
def test_inspect_film_when_mp4_is_encrypted_then_refused_with_what_to_do(
    tmp_path: Path, flags: str
) -> None:
    options = {**CENC, "movflags": flags}
    film = draw_film(tmp_path / "a.mp4", seconds=1, size=(64, 48), container_options=options)
    body = film.path.read_bytes()
    with pytest.raises(FilmRefused, match=r"is encrypted.*without copy protection"):
        inspect_film(io.BytesIO(body), size_bytes=len(body))


def element(name: bytes, content: bytes) -> bytes:
    return name + (len(content) | 1 << 14).to_bytes(2, "big") + content


@pytest.mark.parametrize(("name", "encrypted"), [(b"\x50\x35", True), (b"\x50\x34", False)])
def test_is_encrypted_when_matroska_encodes_a_track_then_by_the_kind_of_encoding(
    name: bytes, encrypted: bool
) -> None:
    """0x5035 is ContentEncryption, 0x5034 is ContentCompression."""
    encoding = element(b"\x50\x31", b"\0") + element(b"\x50\x33", b"\1") + element(name, bytes(20))
    track = element(b"\x6d\x80", element(b"\x62\x40", encoding))
    file = io.BytesIO(b"\x1a\x45\xdf\xa3" + bytes(100) + track + b"\x1f\x43\xb6\x75" + bytes(100))
    file.seek(7)
    assert is_encrypted(file, "matroska,webm") is encrypted
    assert file.tell() == 7


def scrambled_ts(body: bytes) -> bytes:
    """Noise and the scrambling flag in all packets but those of tables."""
    marked = bytearray(body)
    for start in range(0, len(marked), 188):
        if int.from_bytes(marked[start + 1 : start + 3], "big") & 0x1FFF >= 0x100:
            marked[start + 3] |= 0x80
            marked[start + 40 : start + 188] = bytes(range(148))
    return bytes(marked)


def scrambled_vob(body: bytes) -> bytes:
    marked, at = bytearray(body), body.find(b"\0\0\1\xe0")
    while at >= 0:
        marked[at + 6] |= 0x10
        at = body.find(b"\0\0\1\xe0", at + 4)
    return bytes(marked)


@pytest.mark.parametrize(
    ("name", "codec", "scramble"),
    [("a.ts", "libx264", scrambled_ts), ("a.vob", "mpeg2video", scrambled_vob)],
)
def test_inspect_film_when_a_broadcast_or_dvd_is_scrambled_then_refused(
    tmp_path: Path, name: str, codec: str, scramble: object
) -> None:
    film = draw_film(tmp_path / name, seconds=1, fps=25, size=(64, 48), codec=codec)
    body = film.path.read_bytes()
    assert inspect_film(io.BytesIO(body), size_bytes=len(body)).facts.width == 64
    assert callable(scramble)
    body = scramble(body)
    with pytest.raises(FilmRefused, match="is encrypted"):
        inspect_film(io.BytesIO(body), size_bytes=len(body))


def test_is_encrypted_when_packets_are_misplaced_then_their_flags_are_not_read(
    tmp_path: Path,
) -> None:
    body = draw_film(tmp_path / "a.ts", seconds=1, size=(160, 96)).path.read_bytes()
    assert not is_encrypted(io.BytesIO(body[: len(body) // 3] + body[77:]), "mpegts")


@pytest.mark.parametrize("body", [b"", b"no film", b"\0\0\0\x18ftypmp42" + bytes(40)])
@pytest.mark.parametrize("container", ["mov,mp4", "matroska,webm", "mpegts", "mpeg"])
def test_is_encrypted_when_there_is_no_header_then_false(body: bytes, container: str) -> None:
    assert not is_encrypted(io.BytesIO(body), container)
