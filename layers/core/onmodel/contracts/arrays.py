"""Array types that contracts and ports name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, BGR."""


Vector = npt.NDArray[np.float32]
"""(dimensions,) float32, unit length."""


Vectors = npt.NDArray[np.float32]
"""(n, dimensions) float32, rows of unit length."""
