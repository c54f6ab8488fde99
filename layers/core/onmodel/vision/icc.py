"""Converts pictures with an ICC profile to sRGB, for profiles of a matrix and curves.

These are the profiles of screens, cameras and editors (Display P3, Adobe RGB, ProPhoto). Those of
printers hold tables instead and are not converted. ICC.1:2022 is the specification.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels

_HEADER, _ENTRY = 128, 12
_MOST_TAGS = 200
_STRIP = 256  # rows converted at a time: linear light takes 4 times the memory of a picture
_LEVELS = 1 << 14  # entries of the table from linear light to sRGB: below a third of a level apart
# linear sRGB to the connection space, XYZ with white D50 (columns are the adapted primaries)
SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)

Curve = npt.NDArray[np.float64]
"""(256,) linear light, 0 to 1, of each value."""


class ProfileNotConvertible(ValueError):
    """Raised for a profile without a matrix and curves; the message has its name, if known."""


@dataclass(frozen=True)
class MatrixProfile:
    """A profile of red, green and blue, or of grey.

    Attributes:
        to_srgb: (3, 3) linear RGB of the profile to linear sRGB.
        curves: of red, green and blue.
    """

    to_srgb: npt.NDArray[np.float64]
    curves: tuple[Curve, Curve, Curve]

    @classmethod
    def parse(cls, profile: bytes) -> MatrixProfile:
        """Raises ProfileNotConvertible for a profile of another kind, or a damaged one."""
        try:
            tags = _tags(profile)
            space = profile[16:20]
            if space == b"GRAY":
                grey = _curve(tags[b"kTRC"])
                return cls(np.eye(3), (grey, grey, grey))
            if space != b"RGB ":
                raise KeyError(space)
            primaries = np.stack([_xyz(tags[each]) for each in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
            red, green, blue = (_curve(tags[each]) for each in (b"rTRC", b"gTRC", b"bTRC"))
        except (KeyError, struct.error, ValueError) as fault:
            raise ProfileNotConvertible(profile_name(profile)) from fault
        return cls(np.linalg.inv(SRGB_TO_XYZ) @ primaries, (red, green, blue))

    def converted(self, pixels: Pixels) -> Pixels:
        """A picture's values in sRGB; colours outside of it are clipped in each channel.

        Args:
            pixels: (height, width, 3) uint8, BGR in the profile's colours.

        Returns:
            The same array where the conversion would change no value by more than 1.
        """
        if self._is_srgb():
            return pixels
        result = np.empty_like(pixels)
        for top in range(0, pixels.shape[0], _STRIP):
            result[top : top + _STRIP] = self._strip(pixels[top : top + _STRIP])
        return result

    def _is_srgb(self) -> bool:
        steps = np.linspace(0, 255, 9).round().astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
        return bool(np.abs(self._strip(cube).astype(int) - cube).max() <= 1)

    def _strip(self, pixels: Pixels) -> Pixels:
        red, green, blue = (curve.astype(np.float32) for curve in self.curves)
        light = np.stack([red[pixels[..., 2]], green[pixels[..., 1]], blue[pixels[..., 0]]], -1)
        shown = light @ self.to_srgb.T.astype(np.float32)
        steps = np.clip(shown, 0, 1) * np.float32(_LEVELS - 1) + np.float32(0.5)
        values: Pixels = _SRGB_VALUES[steps.astype(np.int32)]
        return values[..., ::-1]


def _srgb_values() -> npt.NDArray[np.uint8]:
    """Linear light 0 to 1 in _LEVELS steps to sRGB (IEC 61966-2-1)."""
    light = np.linspace(0, 1, _LEVELS)
    curved = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(curved * 255).astype(np.uint8)


_SRGB_VALUES = _srgb_values()
SRGB_CURVE: Curve = np.where(
    np.linspace(0, 1, 256) <= 0.04045,
    np.linspace(0, 1, 256) / 12.92,
    ((np.linspace(0, 1, 256) + 0.055) / 1.055) ** 2.4,
)
"""Of sRGB (IEC 61966-2-1)."""


def profile_name(profile: bytes) -> str:
    """The description in a profile, printable characters alone; empty without one."""
    try:
        body = _tags(profile)[b"desc"]
        if body[:4] == b"mluc":  # the first of several languages
            length, offset = struct.unpack_from(">II", body, 20)
            text = body[offset : offset + length].decode("utf-16-be", "ignore")
        else:
            (length,) = struct.unpack_from(">I", body, 8)
            text = body[12 : 12 + length].decode("ascii", "ignore")
    except (KeyError, struct.error, ValueError):
        return ""
    return "".join(letter for letter in text if letter.isprintable())[:60].strip()


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Raises ValueError for what is no profile, struct.error for one that is cut off."""
    if profile[36:40] != b"acsp":
        raise ValueError("no ICC profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    found = {}
    for number in range(min(count, _MOST_TAGS)):
        at = _HEADER + 4 + _ENTRY * number
        name, offset, size = struct.unpack_from(">4sII", profile, at)
        found[name] = profile[offset : offset + size]
    return found


def _xyz(body: bytes) -> npt.NDArray[np.float64]:
    return np.array(struct.unpack_from(">3i", body, 8)) / 65536


def _curve(body: bytes) -> Curve:
    """A curve of one of the two kinds (10.6 curveType, 10.18 parametricCurveType)."""
    values = np.linspace(0, 1, 256)
    if body[:4] == b"para":
        (kind,) = struct.unpack_from(">H", body, 8)
        curve: Curve = np.clip(_parametric(values, kind, body), 0, 1)
        return curve
    if body[:4] != b"curv":
        raise ValueError("not a curve")
    (count,) = struct.unpack_from(">I", body, 8)
    if count == 0:
        return values
    points = np.array(struct.unpack_from(f">{count}H", body, 12), np.float64)
    if count == 1:
        return np.asarray(values ** (points[0] / 256))
    return np.interp(values, np.linspace(0, 1, count), points / 65535)


def _parametric(values: Curve, kind: int, body: bytes) -> Any:  # noqa: ANN401 - NumPy's power
    """The five functions: a power of a line, which below a limit is another line."""
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind)
    if count is None:
        raise ValueError("no such function")
    numbers = [number / 65536 for number in struct.unpack_from(f">{count}i", body, 12)]
    gamma, a, b = (numbers[0], *numbers[1:3]) if kind else (numbers[0], 1.0, 0.0)
    c, d, e, f = 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        d = -b / a if a else 0.0
        e = f = numbers[3] if kind == 2 else 0.0
    elif kind in (3, 4):
        c, d = numbers[3:5]
        e, f = numbers[5:7] if kind == 4 else (0.0, 0.0)
    power = np.maximum(a * values + b, 0) ** gamma + e
    return np.where(values >= d, power, c * values + f)
