"""The result cache: services that are not called, nor paid, again for the same content.

Two processes that ask for the same content at the same time both pay:
docs/decisions/calls-at-the-same-time-pay-twice.md. NumPy is imported where a vector is read:
functions that cache only text run without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from onmodel.contracts.models import RefusedReply, Reply, Turn
from onmodel.errors import AnswerRefused
from onmodel.money.paid_answers import cache_key, find_paid, keep_paid, warn_corrupt
from onmodel.money.usage import UsageMeter, bedrock_item
from onmodel.ports.faces import FaceCollections, FaceMatch
from onmodel.ports.models import (
    CaptionModel,
    Embedder,
    FaceDetector,
    Instance,
    Label,
    LabelDetector,
)
from onmodel.ports.storage import Cache

if TYPE_CHECKING:
    from onmodel.contracts.arrays import Vector

DETECT_LABELS = "rekognition.detect-labels"
DETECT_FACES = "rekognition.detect-faces"
DETECT_CUSTOM_LABELS = "rekognition.detect-custom-labels"
INDEX_FACES = "rekognition.index-faces"
SEARCH_FACES = "rekognition.search-faces-by-image"
UNIT_TOLERANCE = 1e-3  # float32 rounding of 1,024 squares stays far below

_LABELS = TypeAdapter(tuple[Label, ...])
_FACES = TypeAdapter(tuple[Instance, ...])
_MATCHES: TypeAdapter[tuple[FaceMatch, ...] | None] = TypeAdapter(tuple[FaceMatch, ...] | None)

_REPLIES: TypeAdapter[Reply | RefusedReply] = TypeAdapter(Reply | RefusedReply)

_AnswerT = TypeVar("_AnswerT")


class CachedLabelDetector:
    """A LabelDetector that pays once for the same bytes."""

    def __init__(self, detector: LabelDetector, cache: Cache, meter: UsageMeter) -> None:
        self._detector = detector
        self._answers = _Answers(DETECT_LABELS, _LABELS, cache, meter)

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        return self._answers.of("labels", jpeg, self._detector.detect)


class CachedCustomLabels:
    """A LabelDetector over one Custom Labels model that asks once for the same bytes."""

    def __init__(
        self, detector: LabelDetector, model: str, cache: Cache, meter: UsageMeter
    ) -> None:
        self._detector = detector
        self._model = model
        self._answers = _Answers(DETECT_CUSTOM_LABELS, _LABELS, cache, meter)

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        parameters = {"model": self._model}
        return self._answers.of("custom-labels", jpeg, self._detector.detect, parameters)


class CachedFaceDetector:
    """A FaceDetector that pays once for the same bytes."""

    def __init__(self, detector: FaceDetector, cache: Cache, meter: UsageMeter) -> None:
        self._detector = detector
        self._answers = _Answers(DETECT_FACES, _FACES, cache, meter)

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        return self._answers.of("faces", jpeg, self._detector.detect)


class CachedFaceCollections:
    """FaceCollections that pay once for the same search, and for a face that cannot be added.

    A face that was added is known by the collection itself, which may be deleted: its answer is
    not cached. The id of a collection says which faces it has, so that a search of another set of
    faces is another search.
    """

    def __init__(self, collections: FaceCollections, cache: Cache, meter: UsageMeter) -> None:
        self._collections = collections
        self._cache = cache
        self._meter = meter
        self.create = collections.create
        self.faces = collections.faces
        self.ids = collections.ids
        self.delete = collections.delete

    def add(self, collection: str, face: str, jpeg: bytes) -> str:
        key = cache_key("face-refused", INDEX_FACES, {}, jpeg)
        if (kept := find_paid(self._cache, key, self._meter)) is not None:
            kept.count(INDEX_FACES)
            return kept.value.decode()
        refused = self._collections.add(collection, face, jpeg)
        self._meter.count_paid(INDEX_FACES)
        if refused:
            keep_paid(self._cache, key, refused.encode(), self._meter)
        return refused

    def search(self, collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        answers = _Answers(SEARCH_FACES, _MATCHES, self._cache, self._meter)
        return answers.of(
            "face-search",
            jpeg,
            lambda picture: self._collections.search(collection, picture),
            {"collection": collection},
        )


@dataclass(frozen=True)
class _Answers(Generic[_AnswerT]):
    """Cached answers about pictures, of one item of the price book."""

    item: str
    adapter: TypeAdapter[_AnswerT]
    cache: Cache
    meter: UsageMeter

    def of(
        self,
        kind: str,
        jpeg: bytes,
        ask: Callable[[bytes], _AnswerT],
        parameters: Mapping[str, Any] | None = None,
    ) -> _AnswerT:
        key = cache_key(kind, self.item, parameters or {}, jpeg)
        if (kept := find_paid(self.cache, key, self.meter)) is not None:
            try:
                answer = self.adapter.validate_json(kept.value)
            except ValidationError:
                warn_corrupt(key)
            else:
                kept.count(self.item)
                return answer
        answer = ask(jpeg)
        self.meter.count_paid(self.item)
        keep_paid(self.cache, key, self.adapter.dump_json(answer), self.meter)
        return answer


class CachedEmbedder:
    """An Embedder that pays once for the same bytes."""

    def __init__(self, embedder: Embedder, cache: Cache, meter: UsageMeter) -> None:
        self.model = embedder.model
        self.dimensions = embedder.dimensions
        self._embedder = embedder
        self._cache = cache
        self._meter = meter
        self._item = bedrock_item(embedder.model)

    def embed(self, jpeg: bytes) -> Vector:
        key = cache_key("embedding", self.model, {"dimensions": self.dimensions}, jpeg)
        if (kept := find_paid(self._cache, key, self._meter)) is not None:
            vector = _to_unit_vector(kept.value, self.dimensions)
            if vector is not None:
                kept.count(self._item)
                return vector
            warn_corrupt(key)
        vector = self._embedder.embed(jpeg)
        self._meter.count_paid(self._item)
        keep_paid(self._cache, key, vector.astype("<f4").tobytes(), self._meter)
        return vector


class CachedAnswers:
    """A CaptionModel that pays once for the same question about the same picture, or about none.

    Where there is a picture, the first turn has it. A filtered or empty answer that was paid for
    is kept as well: the same question is not answered better, and would be paid for again.

    Args:
        model: that is asked.
        parameters: of the model, on which its answer depends beside the question.
        cache: keeps the answers.
        meter: counts the tokens.
    """

    def __init__(
        self, model: CaptionModel, parameters: Mapping[str, Any], cache: Cache, meter: UsageMeter
    ) -> None:
        self.model = model.model
        self.picture_limits = model.picture_limits
        self._asked = model
        self._parameters = parameters
        self._cache = cache
        self._meter = meter

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply:
        key = self._key(turns, system)
        if (kept := find_paid(self._cache, key, self._meter)) is not None:
            try:
                stored = _REPLIES.validate_json(kept.value, extra="ignore")
            except ValidationError:
                warn_corrupt(key)
            else:
                for use in stored.usage:
                    kept.count(use.item, use.paid)
                return _usable(stored)
        reply: Reply | RefusedReply
        try:
            reply = self._asked.ask(turns, system)
        except AnswerRefused as refusal:
            if not refusal.usage:  # nothing was answered: the call itself was refused
                raise
            reply = RefusedReply(refused=str(refusal), usage=refusal.usage)
        for use in reply.usage:
            self._meter.count_paid(use.item, use.paid)
        keep_paid(self._cache, key, reply.model_dump_json().encode(), self._meter)
        return _usable(reply)

    def _key(self, turns: Sequence[Turn], system: str) -> str:
        picture = turns[0].picture
        if picture is not None and picture.data is None:
            raise ValueError("the picture of the first turn has no bytes")
        shown = picture.data if picture and picture.data else b""
        said = {"system": system, "turns": [[turn.role, turn.text] for turn in turns]}
        return cache_key("answer", self.model, {**self._parameters, **said}, shown)


def _usable(reply: Reply | RefusedReply) -> Reply:
    """Raises AnswerRefused for a refused one."""
    if isinstance(reply, RefusedReply):
        raise AnswerRefused(reply.refused, reply.usage)
    return reply


def _to_unit_vector(kept: bytes, dimensions: int) -> Vector | None:
    """None for anything but `dimensions` little-endian float32 of unit length."""
    if len(kept) != dimensions * 4:
        return None
    import numpy as np

    vector: Vector = np.frombuffer(kept, dtype="<f4").astype(np.float32)
    length = float(np.linalg.norm(vector))
    return vector if abs(length - 1) <= UNIT_TOLERANCE else None  # NaN compares false
