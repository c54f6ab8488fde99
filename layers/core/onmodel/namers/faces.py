"""Names figures after the faces on the references, by a collection of known faces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.keys import face_collections
from onmodel.contracts.namers import NamingSettings
from onmodel.namers.face_collection import (
    CALLS_AT_ONCE,
    FaceCollection,
    face_id,
    sha256_bytes,
)
from onmodel.namers.reading import ask_about_each
from onmodel.ports.faces import FaceCollections
from onmodel.ports.models import FaceDetector
from onmodel.ports.namer import LookAlikes, NamingTask, ReferencePicture
from onmodel.vision.track_groups import Tracks

LEAST_CONFIDENCE = 90.0
"""Percent, of a face on a reference."""

SEARCHES_PER_TRACK = 3
"""Of the best pictures: more of them would be paid for and say the same."""


@dataclass(frozen=True)
class FacesNamer:
    """A Namer that searches the faces of the best pictures of each track in a collection.

    A track's similarity to a character is the median over its pictures with a face. Names are given
    in the order of their lead; two tracks of one frame never get one name. A track whose searched
    pictures all show a face is none of the characters whose faces are unlike them all.

    Attributes:
        collection: of the references.
        task: settings, and the pictures of figures.
        same: pairs of characters that have one picture both.
    """

    collection: FaceCollection
    task: NamingTask
    same: tuple[tuple[str, str], ...] = ()

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """Pairs with the same picture; others are told apart or left without a name."""
        limit = self.task.naming.faces.threshold / 100
        return tuple(LookAlikes(first, second, 1.0, limit) for first, second in self.same)

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`."""
        if self.collection.references and crops:
            self._make_collection()
        characters = self.collection.characters
        if not characters or not crops:
            return tuple(_abstention(crop.crop_id) for crop in crops)
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
        return sha256_bytes(jpeg), sum(face.confidence >= LEAST_CONFIDENCE for face in found)

    usable: dict[str, ReferencePicture] = {}
    of_picture: defaultdict[bytes, set[str]] = defaultdict(set)
    counted = ask_about_each(task.references, count_faces)
    for reference, answer in zip(task.references, counted, strict=True):
        if answer is None:
            continue
        picture, faces = answer
        if faces == 1:
            usable[face_id(reference.character, picture)] = reference
            of_picture[picture].add(reference.character)
        else:
            shown = "no face" if faces == 0 else f"{faces} faces, cut it down to one"
            task.notice(f"Reference {reference.name} names nobody by face: it shows {shown}.")
    prefix = face_collections(stack, task.production)
    same = {pair for shown in of_picture.values() for pair in combinations(sorted(shown), 2)}
    return FacesNamer(FaceCollection(prefix, usable, collections), task, tuple(sorted(same)))


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
