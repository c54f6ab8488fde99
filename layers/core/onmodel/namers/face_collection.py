"""The face collection of a production's references, which the namer `faces` searches."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from onmodel.errors import NotFound, ServiceUnavailable
from onmodel.ports.faces import FaceCollections
from onmodel.ports.namer import ReferencePicture

CALLS_AT_ONCE = 8
"""Threads. The rate of the account bounds them as well."""

MOST_CREATIONS = 3
"""Of the collection by one namer, when somebody deletes it meanwhile."""


@dataclass
class FaceCollection:
    """The collection of a production's references: its id says which faces it has.

    It is made when it is missing, whoever deleted it. Earlier collections of the production, of
    references that have changed since, are deleted.

    Attributes:
        prefix: of the ids of the production's collections.
        references: whose faces it has, by the ids of the faces.
        collections: the service.
        refused: by face, why the service does not take it.
    """

    prefix: str
    references: Mapping[str, ReferencePicture]
    collections: FaceCollections
    refused: dict[str, str] = field(default_factory=dict)
    _creations: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def id(self) -> str:
        return self.prefix + _digest(
            *(sha256_bytes(face.encode()) for face in sorted(self.references))
        )

    @property
    def characters(self) -> list[str]:
        """Those with a face that the service took; the faces of the others are unknown."""
        taken = self.references.keys() - self.refused.keys()
        return sorted({self.references[face].character for face in taken})

    def make(self) -> None:
        """Add what is missing; nothing is paid for when it is complete.

        Raises:
            ServiceUnavailable: it was deleted again and again meanwhile, or a reference changed.
        """
        with self._lock:
            try:
                self._complete()
            except NotFound as fault:
                raise self._disturbed() from fault

    def delete_earlier(self) -> None:
        """Delete the production's collections of other references."""
        for collection in self.collections.ids(self.prefix):
            if collection != self.id:
                self.collections.delete(collection)

    def _complete(self) -> None:
        try:
            known = self.collections.faces(self.id)
        except NotFound:
            self._creations += 1
            if self._creations > MOST_CREATIONS:
                raise self._disturbed() from None
            self.collections.create(self.id)
            known = frozenset()
        missing = [face for face in self.references if face not in known]
        with ThreadPoolExecutor(CALLS_AT_ONCE) as threads:
            for face, why in zip(missing, threads.map(self._add, missing), strict=True):
                if why:
                    self.refused[face] = why

    def _add(self, face: str) -> str:
        reference = self.references[face]
        jpeg = reference.read()
        if jpeg is None or face_id(reference.character, sha256_bytes(jpeg)) != face:
            raise ServiceUnavailable(f"reference {reference.name} changed while it was used")
        return self.collections.add(self.id, face, jpeg)

    def _disturbed(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"the face collection {self.id} is deleted while it is used")

    def matches(self, jpeg: bytes) -> Mapping[str, float] | None:
        """Characters that the largest face is like, with the greatest similarity, 0 to 1.

        None when there is no face. Faces that are not of these references do not count.
        """
        with self._lock:
            pass  # nobody searches while faces are added: an answer without them would be kept
        try:
            found = self.collections.search(self.id, jpeg)
        except NotFound:  # a colleague, or a run with other references, deleted it
            self.make()
            try:
                found = self.collections.search(self.id, jpeg)
            except NotFound as fault:
                raise self._disturbed() from fault
        if found is None:
            return None
        best: defaultdict[str, float] = defaultdict(float)
        for match in found:
            if (reference := self.references.get(match.face)) is not None:
                character = reference.character
                best[character] = max(best[character], match.similarity / 100)
        return best


def face_id(character: str, picture: bytes) -> str:
    """The id of a reference's face: 32 hex digits, by its character and its picture's SHA-256."""
    return _digest(sha256_bytes(character.encode()), picture)


def _digest(*parts: bytes) -> str:
    """32 hex digits of some SHA-256."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def sha256_bytes(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
