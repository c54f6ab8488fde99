"""The port to namers of the characters in crops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NameThreshold, NamingSettings
from onmodel.contracts.sampling_settings import EmbeddingSettings

if TYPE_CHECKING:  # wiring imports this module also where NumPy is not installed
    from onmodel.contracts.arrays import Vector, Vectors


@dataclass(frozen=True)
class ReferencePicture:
    """A picture of a character. Thousands of them do not fit into memory: each is read when needed.

    Attributes:
        character: slug of the character.
        read: the JPEG, as `vision.encoding.encode_for_service` makes it; None when the picture
            cannot be used. Several threads may call it, and each call reads the file again.
        name: for people: the character's folder and the file's name, or the place in a film.
        look: of the character on it, as captions write it; '' when nobody named it.
    """

    character: str
    read: Callable[[], bytes | None]
    name: str = ""
    look: str = ""


@dataclass(frozen=True)
class LookAlikes:
    """Two characters whose references are as alike as pictures of one character should be.

    Attributes:
        first, second: slugs of the characters.
        similarity: the greatest of their references, a cosine.
        limit: from which it counts as alike.
    """

    first: str
    second: str
    similarity: float
    limit: float


class Namer(Protocol):
    """Names the character that each crop shows, or abstains."""

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """Characters that the namer may take for each other, by their references alone."""
        ...

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """One answer for each crop, in their order; the same crops give the same answers.

        Crops of one track get one name, crops of one frame different ones.

        Args:
            crops: of one film, or of one group of it.
            vectors: `(len(crops), d)` float32, rows of unit length, in the order of `crops`.

        Raises:
            Throttled, ServiceUnavailable, AnswerRefused: from the service that is called.
        """
        ...


@dataclass(frozen=True, eq=False)
class KnownFigure:
    """A picture of which a person said whom it shows.

    Attributes:
        crop_id: of the picture.
        character: slug of the character.
        vector: `(d,)` float32, of unit length.
    """

    crop_id: str
    character: str
    vector: Vector


@dataclass(frozen=True)
class NamingTask:
    """What a namer is made for.

    Attributes:
        production: whose crops are named.
        naming: which namers, and their thresholds.
        embedding: the settings that the crops' vectors were made with.
        references: all of the production.
        figure: the figure of a crop alone, as `vision.encoding.encode_for_service` makes it.
        known: pictures that people named.
        notice: takes a sentence for the film's report, such as why a reference is not used.
        threshold: takes what a name needed in a film, each time crops were named by vectors.
    """

    production: str
    naming: NamingSettings
    embedding: EmbeddingSettings
    references: Sequence[ReferencePicture]
    figure: Callable[[Crop], bytes]
    notice: Callable[[str], None]
    known: Sequence[KnownFigure] = ()
    threshold: Callable[[NameThreshold], None] | None = None


NamerOf = Callable[[NamingTask], Namer]
"""Makes the namer that the settings choose."""
