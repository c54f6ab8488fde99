"""The port to collections of known faces."""

from __future__ import annotations

from typing import Protocol

from onmodel.contracts.base import Contract


class FaceMatch(Contract):
    """A face of a collection that is like a searched one.

    Attributes:
        face: the id that it was added with.
        similarity: in percent.
    """

    face: str
    similarity: float


class FaceCollections(Protocol):
    """Rekognition's face collections. Raises Throttled, ServiceUnavailable, AccessDenied.

    `add` and `search` are paid for; the others are not.
    """

    def create(self, collection: str) -> None:
        """No error when it exists."""
        ...

    def faces(self, collection: str) -> frozenset[str]:
        """The ids of its faces. Raises NotFound when there is no such collection."""
        ...

    def add(self, collection: str, face: str, jpeg: bytes) -> str:
        """Add the largest face of a picture.

        Args:
            collection: its id.
            face: an id for it: letters, digits, `_ . - :`, at most 255.
            jpeg: the picture.

        Returns:
            Why there is no face that can be used; '' when it was added.

        Raises:
            NotFound: there is no such collection.
        """
        ...

    def search(self, collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        """Faces like the largest one of a picture; None when it shows no face.

        Raises:
            NotFound: there is no such collection.
        """
        ...

    def ids(self, prefix: str) -> tuple[str, ...]:
        """The collections whose ids begin so."""
        ...

    def delete(self, collection: str) -> None:
        """No error when there is none."""
        ...
