"""ICC profiles of a matrix and curves, written byte by byte (ICC.1:2022)."""

from __future__ import annotations

import struct

import numpy as np

D50, D65 = (0.34567, 0.35850), (0.3127, 0.3290)
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
Chromaticities = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
P3: Chromaticities = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE: Chromaticities = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
PROPHOTO: Chromaticities = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
SRGB: Chromaticities = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))


def parametric(kind: int, *numbers: float) -> bytes:
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


def table(*points: float) -> bytes:
    values = [round(point * 65535) for point in points]
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


def power(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


SRGB_CURVE = parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def matrix_profile(
    primaries: Chromaticities, white: tuple[float, float], curve: bytes, name: str = "drawn"
) -> bytes:
    columns = np.stack([_xyz(point) for point in primaries], axis=1)
    columns = columns * np.linalg.solve(columns, _xyz(white))
    columns = _adaptation(white) @ columns
    tags = {
        b"desc": _described(name),
        b"wtpt": _stored(_xyz(D50)),
        b"rXYZ": _stored(columns[:, 0]),
        b"gXYZ": _stored(columns[:, 1]),
        b"bXYZ": _stored(columns[:, 2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return profile(b"RGB ", b"mntr", tags)


def profile(space: bytes, device: bytes, tags: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    entries, bodies = b"", b""
    for name, body in tags.items():
        entries += struct.pack(">4sII", name, start + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    size = start + len(bodies)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x04000000, device, space, b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + bodies


def _described(name: str) -> bytes:
    text = name.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(text), 28) + text


def _stored(xyz: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(each) * 65536) for each in xyz))


def _xyz(point: tuple[float, float]) -> np.ndarray:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: tuple[float, float]) -> np.ndarray:
    """From a white to D50 (Bradford)."""
    gains = (BRADFORD @ _xyz(D50)) / (BRADFORD @ _xyz(white))
    return np.asarray(np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD)
