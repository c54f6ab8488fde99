"""Functions for the pool's processes; arguments and results are picklable."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel_local.vision.describing import Description, describe_picture
from onmodel_local.vision.embedding import embed
from onmodel_local.vision.face_vectors import face_vector
from onmodel_local.vision.faces import find_faces
from onmodel_local.vision.finder import FoundFigure, find_figures
from onmodel_local.vision.grid import HEIGHT, WIDTH, Face
from onmodel_local.vision.pictures import Light, decode_pixels, measure_light

SURE_FACE = 0.6
"""YuNet's score from which Rekognition is taken to report a face."""


@dataclass(frozen=True)
class MeasuredPicture:
    """A picture's size, light, figures and faces."""

    width: int
    height: int
    light: Light
    figures: tuple[FoundFigure, ...] = ()
    faces: tuple[Face, ...] = ()


def analyse_figures(body: bytes) -> MeasuredPicture:
    """Raises PictureUnreadableError."""
    picture = decode_pixels(body)
    height, width = picture.shape[:2]
    return MeasuredPicture(
        width, height, measure_light(picture), figures=tuple(find_figures(picture))
    )


def analyse_faces(body: bytes) -> MeasuredPicture:
    """Raises PictureUnreadableError. Boxes are fractions of the picture here."""
    picture = decode_pixels(body)
    height, width = picture.shape[:2]
    return MeasuredPicture(width, height, measure_light(picture), faces=tuple(find_faces(picture)))


def analyse_largest_face(body: bytes) -> tuple[MeasuredPicture, list[float]]:
    """As `analyse_faces`, with the largest sure face first and its vector; [] without one.

    Raises PictureUnreadableError.
    """
    picture = decode_pixels(body)
    height, width = picture.shape[:2]
    sure = [face for face in find_faces(picture) if face.score >= SURE_FACE]
    largest = sorted(sure, key=lambda face: -face.box.width * face.box.height)
    vector = face_vector(picture, largest[0]) if largest else []
    measured = MeasuredPicture(width, height, measure_light(picture), faces=tuple(largest))
    return measured, vector


def picture_size(body: bytes) -> tuple[int, int]:
    """Width and height. Raises PictureUnreadableError."""
    height, width = decode_pixels(body).shape[:2]
    return width, height


def picture_vector(body: bytes, length: int) -> list[float]:
    """Raises PictureUnreadableError."""
    return [float(value) for value in embed(decode_pixels(body), length)]


def fraction(face: Face) -> tuple[float, float, float, float]:
    """Left, top, width and height of a face as fractions of the picture."""
    box = face.box
    return box.left / WIDTH, box.top / HEIGHT, box.width / WIDTH, box.height / HEIGHT


def picture_description(body: bytes) -> Description:
    """Raises PictureUnreadableError."""
    return describe_picture(decode_pixels(body))
