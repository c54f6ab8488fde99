"""Units planted into the packets of drawn HEVC films, in several containers."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from drawn.films import draw_film

from onmodel.errors import FilmRefused
from onmodel.video import inspect_film
from onmodel.video.bitstream.hevc_units import has_higher_layer, is_dolby_vision_alone

CONTAINERS = {"ts": "mpegts", "hevc": "hevc", "mkv": "matroska", "mp4": "mp4"}


def reference_picture_unit(
    profile: int, *, full_range: bool, denominator: str = "000011000"
) -> str:
    """The bits of a header: prefix, type, format, profile, level, and the range of the base."""
    head = f"{25:08b}{2:06b}{18:011b}{profile:04b}{1:04b}1"
    return head + "000" + denominator + "01" + str(int(full_range)) + "0110" + "10" * 40


def unit(kind: int, layer: int, bits: str) -> bytes:
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes([kind << 1 | layer >> 5, (layer & 31) << 3 | 1]) + body


def with_units(film: Path, container: str, added: bytes) -> bytes:
    """The film in another container, with a unit behind each picture."""
    target = io.BytesIO()
    with av.open(str(film)) as source, av.open(target, "w", format=CONTAINERS[container]) as output:
        stream = source.streams.video[0]
        to = output.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                grown = av.Packet(bytes(packet) + len(added).to_bytes(4, "big") + added)
                grown.pts, grown.dts, grown.time_base = packet.pts, packet.dts, packet.time_base
                grown.is_keyframe, grown.duration = packet.is_keyframe, packet.duration
                grown.stream = to
                output.mux(grown)
    return target.getvalue()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hevc") / "a.mp4"
    return draw_film(path, seconds=1, size=(128, 80), codec="libx265").path


@pytest.mark.parametrize("container", CONTAINERS)
def test_inspect_film_when_hevc_is_for_dolbys_decoders_alone_then_refused_in_any_container(
    film: Path, container: str
) -> None:
    body = with_units(film, container, unit(62, 0, reference_picture_unit(0, full_range=True)))
    with pytest.raises(FilmRefused, match=r"Dolby Vision.*Export it in HDR10"):
        inspect_film(io.BytesIO(body), size_bytes=len(body))


@pytest.mark.parametrize("container", ["ts", "mkv"])
def test_inspect_film_when_hevc_has_a_second_layer_then_a_notice(
    film: Path, container: str
) -> None:
    body = with_units(film, container, unit(1, 1, "10" * 80))
    facts = inspect_film(io.BytesIO(body), size_bytes=len(body)).facts
    (notice,) = facts.notices
    assert "a second layer of pictures, its transparency or a second view" in notice


def test_inspect_film_when_hevc_is_plain_then_no_notice(film: Path) -> None:
    with film.open("rb") as source:
        assert inspect_film(source, size_bytes=film.stat().st_size).facts.notices == ()


@pytest.mark.parametrize(
    ("bits", "alone"),
    [
        (reference_picture_unit(0, full_range=True), True),
        (reference_picture_unit(0, full_range=True, denominator="0001000"), True),
        (reference_picture_unit(0, full_range=False), False),
        (reference_picture_unit(1, full_range=True), False),
        ("0" * 80, False),
        ("00011001", False),
    ],
)
@pytest.mark.parametrize("as_length", [True, False])
def test_is_dolby_vision_alone_when_a_unit_tells_then_by_profile_and_range(
    bits: str, alone: bool, as_length: bool
) -> None:
    found = unit(62, 0, bits)
    data = len(found).to_bytes(4, "big") + found if as_length else b"\0\0\0\1" + found
    assert is_dolby_vision_alone(data, 4 if as_length else 0) is alone


def with_length(*units: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in units)


@pytest.mark.parametrize(
    ("data", "layered"),
    [
        (unit(1, 1, "1" * 16), True),
        (unit(1, 33, "1" * 16), True),
        (unit(1, 0, "1" * 16), False),
        (unit(34, 1, "1" * 16), False),
        (b"\x02", False),
    ],
)
def test_has_higher_layer_when_slices_are_of_one_then_true(data: bytes, layered: bool) -> None:
    assert has_higher_layer(with_length(data), 4) is layered


def test_units_when_there_are_none_then_false() -> None:
    assert not is_dolby_vision_alone(b"", 0)
    assert not has_higher_layer(b"\0\0\0\1", 0)
