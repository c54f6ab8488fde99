"""Names figures after the faces on the references, by a collection of known faces."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.keys import face_collections
from onmodel.contracts.namers import NamingSettings
from onmodel.errors import NotFound, ServiceUnavailable
from onmodel.namers.reading import ask_about_each
from onmodel.ports.faces import FaceCollections
from onmodel.ports.models import FaceDetector
from onmodel.ports.namer import LookAlikes, NamingTask, ReferencePicture
from onmodel.vision.track_groups import Tracks

LEAST_CONFIDENCE = 90.0
"""Percent, of a face on a reference."""

SEARCHES_PER_TRACK = 3
"""Of the best pictures: more of them would be paid for and say the same."""

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
        return self.prefix + _digest(*(_sha256(face.encode()) for face in sorted(self.references)))

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
        if jpeg is None or _face(reference.character, _sha256(jpeg)) != face:
            raise ServiceUnavailable(f"reference {reference.name} changed while it was used")
        return self.collections.add(self.id, face, jpeg)

    def _disturbed(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"the face collection {self.id} is deleted while it is used")

    def matches(self, jpeg: bytes) -> Mapping[str, float] | None:
        """Characters that the largest face is like, with the greatest similarity, 0 to 1.

        None when there is no face. Faces that are not of these references do not count.
        """
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


@dataclass(frozen=True)
class FacesNamer:
    """A Namer that searches the faces of the best pictures of each track in a collection.

    A track's similarity to a character is the median over its pictures with a face. Names are given
    in the order of their lead; two tracks of one frame never get one name. A track whose searched
    pictures all show a face is none of the characters whose faces are unlike them all.

    Attributes:
        collection: of the references.
        task: settings, and the pictures of figures.
    """

    collection: FaceCollection
    task: NamingTask

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """None: characters whose faces are alike are told apart or left without a name."""
        return ()

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`."""
        characters = sorted({each.character for each in self.collection.references.values()})
        if not characters or not crops:
            return tuple(_abstention(crop.crop_id) for crop in crops)
        self._make_collection()
        tracks = Tracks.of(crops)
        found = self._similarities(characters, crops, tracks)
        scores = np.zeros((len(tracks), len(characters)))
        for track, pictures in found.items():
            if faces := [each for each in pictures if each is not None]:
                scores[track] = np.median(np.array(faces), axis=0)
        settings: NamingSettings = self.task.naming
        names = tracks.assign(scores, settings.faces.threshold / 100, settings.margin)
        return tuple(
            _naming(
                crop.crop_id, characters, scores[track], names[track],
                _ruled_out(characters, found.get(int(track), ())),
            )
            for crop, track in zip(crops, tracks.of_crop, strict=True)
        )  # fmt: skip

    def _make_collection(self) -> None:
        self.collection.make()
        self.collection.delete_earlier()
        for face, why in self.collection.refused.items():
            name = self.collection.references[face].name
            self.task.notice(f"Reference {name} names nobody by face: Rekognition says {why}.")

    def _similarities(
        self, characters: Sequence[str], crops: Sequence[Crop], tracks: Tracks
    ) -> Mapping[int, Sequence[Sequence[float] | None]]:
        """By track, for each searched picture its face's similarity to each character.

        0 where the face is not like a character's; None for a picture without a face.
        """
        asked = _best_of_each_track(crops, tracks)
        found: defaultdict[int, list[Sequence[float] | None]] = defaultdict(list)
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            answers = pool.map(lambda place: self._search(crops[place]), asked)
            for place, matches in zip(asked, answers, strict=True):
                found[int(tracks.of_crop[place])].append(
                    None
                    if matches is None
                    else [matches.get(character, 0.0) for character in characters]
                )
        return found

    def _search(self, crop: Crop) -> Mapping[str, float] | None:
        return self.collection.matches(self.task.figure(crop))


def make_faces_namer(
    task: NamingTask, stack: str, detector: FaceDetector, collections: FaceCollections
) -> FacesNamer:
    """A namer for a production's references: those that show exactly one face.

    Args:
        task: what is named; a notice tells of each reference that cannot be used.
        stack: its name, the beginning of the ids of its collections.
        detector: counts the faces of references.
        collections: where known faces are.
    """

    def count_faces(jpeg: bytes) -> tuple[bytes, int]:
        found = detector.detect(jpeg)
        return _sha256(jpeg), sum(face.confidence >= LEAST_CONFIDENCE for face in found)

    usable: dict[str, ReferencePicture] = {}
    counted = ask_about_each(task.references, count_faces)
    for reference, answer in zip(task.references, counted, strict=True):
        if answer is None:
            continue
        picture, faces = answer
        if faces == 1:
            usable[_face(reference.character, picture)] = reference
        else:
            shown = "no face" if faces == 0 else f"{faces} faces, cut it down to one"
            task.notice(f"Reference {reference.name} names nobody by face: it shows {shown}.")
    prefix = face_collections(stack, task.production)
    return FacesNamer(FaceCollection(prefix, usable, collections), task)


def _face(character: str, picture: bytes) -> str:
    """The id of a reference's face: 32 hex digits, by its character and its picture's SHA-256."""
    return _digest(_sha256(character.encode()), picture)


def _digest(*parts: bytes) -> str:
    """32 hex digits of some SHA-256."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _best_of_each_track(crops: Sequence[Crop], tracks: Tracks) -> list[int]:
    """Places of the crops that are searched."""
    of_track: defaultdict[int, list[int]] = defaultdict(list)
    best_first: Iterable[int] = sorted(
        range(len(crops)), key=lambda place: (-crops[place].quality, crops[place].crop_id)
    )
    for place in best_first:
        if len(of_track[int(tracks.of_crop[place])]) < SEARCHES_PER_TRACK:
            of_track[int(tracks.of_crop[place])].append(place)
    return [place for places in of_track.values() for place in places]


def _naming(
    crop_id: str,
    characters: Sequence[str],
    scores: Sequence[float],
    name: int | None,
    ruled_out: tuple[str, ...],
) -> Naming:
    ranked = sorted(range(len(characters)), key=lambda place: -scores[place])
    best = ranked[0] if name is None else name
    others = [place for place in ranked if place != best]
    ahead = scores[best] - (scores[others[0]] if others else 0.0)
    seen = characters[best] if scores[best] > 0 else None
    return Naming(
        crop_id=crop_id,
        character=None if name is None else characters[name],
        confidence=float(scores[best]),
        margin=max(0.0, float(ahead)),
        runner_up=seen if name is None else (characters[others[0]] if others else None),
        ruled_out=ruled_out if name is None else (),
    )


def _ruled_out(
    characters: Sequence[str], pictures: Sequence[Sequence[float] | None]
) -> tuple[str, ...]:
    """Characters whom no face of a track is like; nobody where a picture shows no face."""
    faces = [each for each in pictures if each is not None]
    if len(faces) < len(pictures):
        return ()
    return tuple(
        character
        for place, character in enumerate(characters)
        if faces and all(face[place] == 0 for face in faces)
    )


def _abstention(crop_id: str) -> Naming:
    return Naming(crop_id=crop_id, character=None, confidence=0.0, margin=0.0)
