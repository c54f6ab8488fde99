"""How much of its figure a crop shows, from boxes alone; None where boxes do not tell.

Only a face says whether a figure is cut off at the shoulders or at the waist: proportions of drawn
figures differ too much (docs/decisions/framing-from-boxes.md).
"""

from __future__ import annotations

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.framing import Framing
from onmodel.vision.geometry import intersection

SMALL = 0.5
"""Share of the window's width and height below which the picture shows surroundings first."""

EDGE = 0.03
"""Distance to the picture's edge, by the figure's own side, within which a box ends at it: boxes
are a little smaller or larger than their figures."""

HEAD_FACES, HALF_FACES, FULL_FACES = 2.5, (3.0, 5.0), 8.5
"""Heights of a face that are to be seen from its top down. A person has 9 to 11; the shoulders are
at 2, the waist at 4, the hips at 5, the knees at 7."""


def framing_of(figure: Detection, picture: Box, window: Box) -> Framing | None:
    """How much of a figure its crop shows.

    Args:
        figure: as it was found.
        picture: the frame without letter or pillar bars.
        window: what was cut out around it.
    """
    box = figure.box
    if figure.wide or max(box.width / window.width, box.height / window.height) < SMALL:
        return Framing.WIDE
    if figure.is_grown:
        return None if figure.face is None else _below_face(figure.face, window)
    if box == picture:
        return None  # an imported picture, or a scene
    if intersection(box, window) == box and not _ends_at_an_edge(box, picture):
        return Framing.FULL
    below = None if figure.face is None else _below_face(figure.face, window)
    return below if below in {Framing.HEAD, Framing.HALF} else Framing.PART


def _below_face(face: Box, window: Box) -> Framing | None:
    faces = (window.bottom - face.top) / face.height
    if faces <= HEAD_FACES:
        return Framing.HEAD
    if faces >= FULL_FACES:
        return Framing.FULL
    least, most = HALF_FACES
    return Framing.HALF if least <= faces <= most else None


def _ends_at_an_edge(box: Box, picture: Box) -> bool:
    across, down = EDGE * box.width, EDGE * box.height
    return (
        box.left - picture.left < across
        or picture.right - box.right < across
        or box.top - picture.top < down
        or picture.bottom - box.bottom < down
    )
