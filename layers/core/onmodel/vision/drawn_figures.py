"""Cuts the figures that a finder found out of a picture that is no film's frame."""

from __future__ import annotations

from collections.abc import Iterator

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.cropping import cut_crop
from onmodel.vision.detections import choose_detections
from onmodel.vision.geometry import crop_window


def whole(pixels: Pixels) -> Box:
    """The picture as a box."""
    height, width = pixels.shape[:2]
    return Box(left=0, top=0, width=width, height=height)


def cut_figures(
    pixels: Pixels, found: tuple[Detection, ...], crop: CropSettings, finder: FinderSettings
) -> Iterator[tuple[Box, Pixels]]:
    """Each figure's box and its crop, cut as those of a film are; none for a wide detection.

    Args:
        pixels: the picture, `(height, width, 3)` uint8, BGR.
        found: a finder's answer.
        crop: of the production, so that vectors can be compared with the dataset's.
        finder: how many figures of a picture count.
    """
    boxed = tuple(detection for detection in found if not detection.wide)
    chosen, _ = choose_detections(boxed, least_side=crop.min_figure_pixels, most=finder.max_figures)
    for figure in chosen:
        window = crop_window(figure.box, whole(pixels), crop)
        yield figure.box, cut_crop(pixels, window, crop)
