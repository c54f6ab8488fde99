"""Finds the packets that other packets refer to, from their headers, without decoding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onmodel.video.bitstream.av1 import Av1ReferenceFlags

IsReference = Callable[[bytes], bool]
"""Whether later packets may refer to a packet. True if its headers do not answer that."""

_H264_SLICES = (1, 5)
_H264_PARAMETERS = (7, 8, 13, 15)  # SPS, PPS, SPS extension, subset SPS: later packets need them
_HEVC_PARAMETERS = range(32, 35)  # VPS, SPS, PPS
_HEVC_VPS = b"\x40\x01"  # the header of a video parameter set
_HEVC_FIRST_NON_SLICE = 32
_HEVC_LAST_SUBLAYER_TYPE = 14  # of types 0 to 14, even ones are sub-layer non-reference pictures


def reference_test(codec: str, extradata: bytes) -> IsReference | None:
    """The test for packets of a codec, or None for a codec whose flags are not read here."""
    if codec == "h264":
        length = (extradata[4] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > 6 else 0
        return lambda data: _h264(data, length)
    if codec == "hevc":
        length = (extradata[21] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > 22 else 0
        highest = _hevc_highest_sublayer(extradata)
        return lambda data: _hevc(data, length, highest)
    if codec in ("mpeg1video", "mpeg2video"):
        return _mpeg2
    if codec == "mpeg4":
        return _mpeg4
    if codec == "av1":
        flags = Av1ReferenceFlags.of(extradata)
        return None if flags is None else flags.is_reference
    return None


def units(data: bytes, length_size: int) -> Iterator[int]:
    """Offsets of the NAL units' first bytes.

    Args:
        data: a packet of H.264 or HEVC.
        length_size: bytes of the length before each unit; 0: start codes (Annex B).
    """
    end = len(data)
    if length_size == 0:
        offset = data.find(b"\x00\x00\x01")
        while 0 <= offset < end - 3:
            yield offset + 3
            offset = data.find(b"\x00\x00\x01", offset + 3)
        return
    offset = 0
    while offset + length_size < end:
        yield offset + length_size
        offset += length_size + int.from_bytes(data[offset : offset + length_size], "big")


def _h264(data: bytes, length_size: int) -> bool:
    """H.264 7.4.1: no other picture refers to one whose nal_ref_idc is 0."""
    slices = 0
    for offset in units(data, length_size):
        kind, ref_idc = data[offset] & 31, (data[offset] >> 5) & 3
        if kind in _H264_PARAMETERS or (kind in _H264_SLICES and ref_idc):
            return True
        slices += kind in _H264_SLICES
    return slices == 0


def _hevc_highest_sublayer(extradata: bytes) -> int:
    """The highest TemporalId of a stream, from its VPS (HEVC 7.3.2.1); 0 when there is none."""
    start = extradata.find(_HEVC_VPS)
    return (extradata[start + 3] >> 1) & 7 if 0 <= start < len(extradata) - 3 else 0


def _hevc(data: bytes, length_size: int, highest: int) -> bool:
    """HEVC 7.4.2.2: even types below 16 are not referred to within their temporal sublayer.

    Pictures of a higher sublayer may still refer to them, so only pictures of the highest sublayer
    are reported as not referred to.
    """
    slices = 0
    for offset in units(data, length_size):
        kind = (data[offset] >> 1) & 63
        if kind in _HEVC_PARAMETERS:
            return True
        if kind < _HEVC_FIRST_NON_SLICE:
            if kind > _HEVC_LAST_SUBLAYER_TYPE or kind % 2 or offset + 1 >= len(data):
                return True
            if (data[offset + 1] & 7) - 1 < highest:
                return True
            slices += 1
    return slices == 0


def _mpeg2(data: bytes) -> bool:
    """ISO 13818-2 6.2.3: picture_coding_type 3 is a B picture; no other picture refers to it."""
    kinds = []
    offset = data.find(b"\x00\x00\x01\x00")
    while offset >= 0 and offset + 5 < len(data):
        kinds.append((data[offset + 5] >> 3) & 7)
        offset = data.find(b"\x00\x00\x01\x00", offset + 4)
    return not kinds or any(kind != 3 for kind in kinds) or b"\x00\x00\x01\xb3" in data


def _mpeg4(data: bytes) -> bool:
    """ISO 14496-2 6.2.5: vop_coding_type 2 is a B picture.

    A packet of two pictures counts as referred to.
    """
    first = data.find(b"\x00\x00\x01\xb6")
    if first < 0 or first + 4 >= len(data):
        return True
    packed = data.find(b"\x00\x00\x01\xb6", first + 4) >= 0
    return packed or data[first + 4] >> 6 != 2
