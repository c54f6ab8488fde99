"""The ports to models that detect labels in pictures, embed pictures and describe them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.models import PictureLimits, Reply, Turn
from onmodel.contracts.sampling_settings import EmbeddingSettings

if TYPE_CHECKING:  # NumPy is not installed where nothing is embedded
    from onmodel.contracts.arrays import Vector


class Instance(Contract):
    """One place where a label or a face was found; fractions of the picture, 0 to 1."""

    left: float
    top: float
    width: float
    height: float
    confidence: float = Field(ge=0, le=100)


class Label(Contract):
    name: str
    confidence: float = Field(ge=0, le=100)
    instances: tuple[Instance, ...] = ()
    parents: tuple[str, ...] = ()


class LabelDetector(Protocol):
    """Rekognition DetectLabels. Raises Throttled, ServiceUnavailable, AnswerRefused."""

    def detect(self, jpeg: bytes) -> tuple[Label, ...]: ...


class FaceDetector(Protocol):
    """Rekognition DetectFaces: the box of each face. Raises as LabelDetector does."""

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]: ...


class Embedder(Protocol):
    """A picture's vector. Raises Throttled, ServiceUnavailable, AnswerRefused."""

    model: str
    dimensions: int

    def embed(self, jpeg: bytes) -> Vector: ...


EmbedderOf = Callable[[EmbeddingSettings], Embedder]
"""Makes an embedder in the step, which has read the run's settings."""


class CaptionModel(Protocol):
    """A model that is asked about pictures: for captions, and for boxes of figures.

    Raises AnswerRefused for filtered and empty answers, with what they cost.
    `picture_limits`: of each picture of a turn.
    """

    model: str
    picture_limits: PictureLimits

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply: ...
