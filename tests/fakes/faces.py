"""A FaceDetector and FaceCollections whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Callable

from onmodel.errors import NotFound
from onmodel.ports.faces import FaceMatch
from onmodel.ports.models import Instance


def face(
    left: float, top: float, width: float, height: float, confidence: float = 99.0
) -> Instance:
    """One face's box, in fractions of the picture."""
    return Instance(left=left, top=top, width=width, height=height, confidence=confidence)


class FakeFaces:
    """Answers the same faces for every picture."""

    def __init__(self, answer: tuple[Instance, ...] = ()) -> None:
        self._answer = answer
        self.pictures: list[bytes] = []

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        self.pictures.append(jpeg)
        return self._answer


class InMemoryFaceCollections:
    """FaceCollections where a picture shows the face that a test says.

    Args:
        shown: the person whose face is the largest of a picture; None: no face.
        similarity: of two pictures of one person, in percent.
    """

    def __init__(
        self, shown: Callable[[bytes], str | None] = lambda _: None, similarity: float = 99.0
    ) -> None:
        self.shown = shown
        self.similarity = similarity
        self.kept: dict[str, dict[str, str]] = {}
        self.added: list[str] = []
        self.searched: list[bytes] = []

    def create(self, collection: str) -> None:
        self.kept.setdefault(collection, {})

    def faces(self, collection: str) -> frozenset[str]:
        return frozenset(self._found(collection))

    def add(self, collection: str, face: str, jpeg: bytes) -> str:
        known = self._found(collection)
        self.added.append(face)
        person = self.shown(jpeg)
        if person is None:
            return "no face"
        known[face] = person
        return ""

    def search(self, collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        known = self._found(collection)
        self.searched.append(jpeg)
        person = self.shown(jpeg)
        if person is None:
            return None
        return tuple(
            FaceMatch(face=face, similarity=self.similarity)
            for face, other in known.items()
            if other == person
        )

    def ids(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(each for each in self.kept if each.startswith(prefix)))

    def delete(self, collection: str) -> None:
        self.kept.pop(collection, None)

    def _found(self, collection: str) -> dict[str, str]:
        if collection not in self.kept:
            raise NotFound(collection)
        return self.kept[collection]
