"""The line of a crop that a dataset leaves out. Without NumPy, which some functions have not."""

from __future__ import annotations

from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import LeftOut, LeftOutReason


def left_out(  # noqa: PLR0917 - fields of a line
    crop: Crop,
    character: str | None,
    reason: LeftOutReason,
    detail: str,
    kept_instead: str | None = None,
    look: str = "",
) -> LeftOut:
    """The line of a crop that does not come into the dataset."""
    return LeftOut(
        crop_id=crop.crop_id,
        film_id=crop.film_id,
        reason=reason,
        character=character,
        look=look,
        detail=detail,
        kept_instead=kept_instead,
    )
