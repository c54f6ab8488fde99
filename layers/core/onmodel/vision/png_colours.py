"""The colours that a PNG means by its own chunks, without an ICC profile.

W3C PNG (third edition), 4.3: cICP comes before iCCP, iCCP before sRGB, sRGB before cHRM and gAMA.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

from onmodel.formats.chromaticities import BT709, PRIMARIES, Primaries, to_bt709
from onmodel.vision.icc import SRGB_CURVE, Curve, MatrixProfile, ProfileNotConvertible

COLOUR_CHUNKS = frozenset({b"cICP", b"sRGB", b"cHRM", b"gAMA"})
_SCREEN_CURVES = frozenset({1, 2, 6, 7, 11, 12, 13, 14, 15})  # of H.273: shown as they are
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR = {16: "PQ", 18: "HLG"}
_SRGB_GAMMA, _ALIKE = 1 / 2.2, 0.01  # editors write this gamma for sRGB


def png_colours(chunks: Mapping[bytes, bytes]) -> MatrixProfile | None:
    """The profile that a PNG's chunks describe; None for sRGB, and where they say nothing.

    Args:
        chunks: bodies of the chunks named COLOUR_CHUNKS.

    Raises:
        ProfileNotConvertible: with the name of what cannot be converted.
    """
    try:
        if b"cICP" in chunks:
            return _by_code_points(chunks[b"cICP"])
        if b"sRGB" in chunks:
            return None
        return _by_chromaticities(chunks.get(b"cHRM"), chunks.get(b"gAMA"))
    except (struct.error, np.linalg.LinAlgError, ZeroDivisionError) as fault:
        raise ProfileNotConvertible("damaged") from fault


def is_by_code_points(chunks: Mapping[bytes, bytes]) -> bool:
    """Whether the chunks come before an ICC profile."""
    return b"cICP" in chunks


def _by_code_points(body: bytes) -> MatrixProfile:
    """Numbers of H.273: primaries, transfer, matrix, and whether the range is full."""
    primaries, transfer, matrix, full = struct.unpack("4B", body)
    if transfer in _HDR:
        raise ProfileNotConvertible(_HDR[transfer])
    known = transfer in _SCREEN_CURVES or transfer in _POWERS
    if not known or primaries not in {*PRIMARIES, 2} or matrix or not full:
        raise ProfileNotConvertible(f"cICP {primaries}/{transfer}/{matrix}/{full}")
    curve = _power(_POWERS[transfer]) if transfer in _POWERS else SRGB_CURVE
    return _profile(PRIMARIES.get(primaries, PRIMARIES[BT709]), curve)


def _by_chromaticities(points: bytes | None, gamma: bytes | None) -> MatrixProfile | None:
    if points is None and gamma is None:
        return None
    primaries, curve = PRIMARIES[BT709], SRGB_CURVE
    if points is not None:  # white, red, green, blue
        values = [value / 100_000 for value in struct.unpack(">8I", points)]
        white, *others = zip(values[::2], values[1::2], strict=True)
        primaries = (others[0], others[1], others[2], white)
    if gamma is not None:
        exponent = struct.unpack(">I", gamma)[0] / 100_000
        is_srgb = np.allclose(primaries, PRIMARIES[BT709], atol=0.002)
        if not (is_srgb and abs(exponent - _SRGB_GAMMA) <= _ALIKE):
            curve = _power(1 / exponent)
    return _profile(primaries, curve)


def _power(exponent: float) -> Curve:
    return np.asarray(np.linspace(0, 1, 256) ** exponent)


def _profile(primaries: Primaries, curve: Curve) -> MatrixProfile:
    return MatrixProfile(to_bt709(primaries), (curve, curve, curve))
