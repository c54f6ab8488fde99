"""Primaries and whites of colour spaces as chromaticities, and their matrices to CIE XYZ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
"""x and y of a colour."""
Primaries = tuple[Point, Point, Point, Point]
"""Red, green, blue and white."""
Matrix = npt.NDArray[np.float64]

D65: Point = (0.3127, 0.3290)
_C, _E, _DCI = (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
BT709, BT2020, P3_D65 = 1, 9, 12
PRIMARIES: dict[int, Primaries] = {
    BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65),
    4: ((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), _C),  # BT.470 M
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65),  # BT.470 B, G: 625 lines
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),  # BT.601, 525 lines
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),  # SMPTE 240M
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),  # film with Illuminant C
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), _E),  # SMPTE 428: CIE XYZ
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),  # SMPTE 431: DCI P3
    P3_D65: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),  # Display P3
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65),  # EBU 3213
}
"""By their number in ITU-T H.273, table 2."""

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def to_xyz(primaries: Primaries) -> Matrix:
    """(3, 3): linear light of these primaries to CIE XYZ, with Y = 1 for white.

    Raises:
        np.linalg.LinAlgError: the primaries lie on a line, or the white has no luminance.
    """
    *points, white = primaries
    if not white[1] > 0:
        raise np.linalg.LinAlgError("a white without luminance")
    columns = np.stack([_sums_to_one(point) for point in points], axis=1)
    return columns * np.linalg.solve(columns, _sums_to_one(white) / white[1])


def to_bt709(primaries: Primaries) -> Matrix:
    """(3, 3): linear light of these primaries to that of BT.709, which sRGB shares.

    Whites are adapted by Bradford's method.

    Raises:
        np.linalg.LinAlgError: the primaries lie on a line, or the white has no luminance.
    """
    screen = PRIMARIES[BT709]
    own = to_xyz(primaries)
    adapted = _adaptation(primaries[3], screen[3]) @ own
    return np.asarray(np.linalg.inv(to_xyz(screen)) @ adapted)


def _sums_to_one(point: Point) -> Matrix:
    return np.array([point[0], point[1], 1 - point[0] - point[1]])


def _adaptation(source: Point, target: Point) -> Matrix:
    before, after = (_BRADFORD @ (_sums_to_one(white) / white[1]) for white in (source, target))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(after / before) @ _BRADFORD)
