"""Names tracks after the character of the nearest reference, or abstains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NameThreshold, NamingSettings
from onmodel.namers.reading import ask_about_each
from onmodel.namers.threshold import (
    LEAST_CHARACTERS,
    LEAST_SIMILARITY,
    MOST_TRACKS,
    Scores,
    count_misnamed,
    measure_limits,
)
from onmodel.ports.models import Embedder
from onmodel.ports.namer import LookAlikes, ReferencePicture
from onmodel.vision.alike_tracks import join_alike_tracks, raise_to_groups
from onmodel.vision.comparison import Comparison, learn_comparison
from onmodel.vision.light import balance_jpeg
from onmodel.vision.look_alike_groups import unit_means
from onmodel.vision.looks import nearest_looks
from onmodel.vision.track_groups import Tracks

SHOT_WEIGHT = 0.5
"""What a shot's mean counts, by a reference's 1: it holds the shot's figures too.

Only shots with several figures in one frame are used: the mean of a single one is that figure.
"""

PICTURES_PER_TRACK = 4
"""Of the best quality, that are embedded: more of them are paid for and say the same."""

EMBEDDED_AT_ONCE = 16
"""Threads. One waits 0.3 s for a vector and works 20 ms for it: about so many keep a processor
busy. The rate of the account bounds them as well."""


@dataclass(frozen=True)
class EmbeddingsNamer:
    """A Namer that compares vectors of the crops with those of the references.

    The crops of a track have one vote: the mean of their similarities to each character, which are
    those to its nearest reference. Names are given in the order of their lead over the next
    character. Two tracks that are to be seen in one frame never get one name.

    With a threshold in the settings, a name needs that cosine and the margin. Without one, vectors
    are compared as `vision.comparison` says, and tracks that look like one figure raise each
    other's similarities (`vision.alike_tracks`). The threshold is measured: tracks show
    how alike they are to characters that they are not, and so do the references. A track that is
    more alike to two characters than to others may be either, and gets no name.

    Attributes:
        references: by character, `(k, d)` float32, rows of unit length; k may be 0.
        settings: threshold and margin.
        figure: embeds the figure of a crop, like the references. None: the crops' own vectors are
            compared, which hold the background as well, and looks are not told.
        looks: by character, the look of each of its references.
        threshold: takes what a name needed in the film, each time crops are named.
    """

    references: Mapping[str, Vectors]
    settings: NamingSettings
    figure: Callable[[Crop], Vector] | None = None
    looks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    threshold: Callable[[NameThreshold], None] | None = None

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`."""
        characters = sorted(name for name, rows in self.references.items() if len(rows))
        if not characters or not len(crops):
            return tuple(_unknown(crop.crop_id) for crop in crops)
        tracks = Tracks.of(crops)
        if self.figure is not None:
            vectors = self._figure_vectors(self.figure, crops, tracks)
        scores, names, least = self._decide(characters, tracks, vectors)
        if self.threshold is not None:
            self.threshold(self._needed(characters, tracks, vectors, names, least))
        looks = self._looks(characters, tracks, vectors, names)
        return tuple(
            _naming(crop.crop_id, characters, scores[track], names[track], looks[track])
            for crop, track in zip(crops, tracks.of_crop, strict=True)
        )

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """See `Namer.look_alikes`."""
        limit = self.settings.threshold or LEAST_SIMILARITY
        found = []
        named = sorted(name for name, rows in self.references.items() if len(rows))
        for first, second in combinations(named, 2):
            nearest = float((self.references[first] @ self.references[second].T).max())
            if nearest >= limit:
                found.append(LookAlikes(first, second, nearest, limit))
        return tuple(found)

    def _needed(
        self,
        characters: Sequence[str],
        tracks: Tracks,
        vectors: Vectors,
        names: Sequence[int | None],
        least: float,
    ) -> NameThreshold:
        """What a name needed, and its error as it would be for figures without references."""

        def without(character: int) -> list[int | None]:
            others = [name for place, name in enumerate(characters) if place != character]
            return self._decide(others, tracks, vectors)[1]

        can_try = len(characters) >= LEAST_CHARACTERS and len(tracks) <= MOST_TRACKS
        tried, misnamed = count_misnamed(names, without) if can_try else (0, 0)
        return NameThreshold(
            similarity=least,
            margin=self.settings.margin,
            measured=self.settings.threshold is None and len(characters) > 1,
            tried=tried,
            misnamed=misnamed,
        )

    def _looks(
        self,
        characters: Sequence[str],
        tracks: Tracks,
        vectors: Vectors,
        names: Sequence[int | None],
    ) -> list[str]:
        """Each track's look; '' without a name, or where it is not sure."""
        if self.figure is None or not self.looks:
            return [""] * len(tracks)
        by_character = [
            nearest_looks(tracks, vectors, self.references[name], self.looks[name])
            for name in characters
        ]
        return [
            "" if name is None else by_character[name][track] for track, name in enumerate(names)
        ]

    def _figure_vectors(
        self, figure: Callable[[Crop], Vector], crops: Sequence[Crop], tracks: Tracks
    ) -> Vectors:
        """The vectors of the tracks' best figures; the other crops get the mean of their track."""
        chosen = tracks.best([crop.quality for crop in crops], PICTURES_PER_TRACK)
        with ThreadPoolExecutor(EMBEDDED_AT_ONCE) as threads:
            embedded = np.stack(list(threads.map(figure, [crops[place] for place in chosen])))
        sums = np.zeros((len(tracks), embedded.shape[1]))
        np.add.at(sums, tracks.of_crop[chosen], embedded)
        vectors = sums[tracks.of_crop]
        vectors[chosen] = embedded
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def _decide(
        self, characters: Sequence[str], tracks: Tracks, vectors: Vectors
    ) -> tuple[Scores, list[int | None], float]:
        """Each track's similarity to each character, the place of its name or None, the least."""
        margin, threshold = self.settings.margin, self.settings.threshold
        plain = Comparison(np.zeros((0, vectors.shape[1])), np.zeros(0))
        if threshold is not None or len(characters) == 1:
            scores = self._scores(characters, tracks, vectors, plain)
            least = LEAST_SIMILARITY if threshold is None else threshold
            return scores, tracks.assign(scores, least, margin), least
        names: list[int | None] = [None] * len(tracks)
        for _ in range(2):  # the tracks that were named teach more about the differences
            comparison = self._comparison(characters, tracks, vectors, names)
            alone = self._scores(characters, tracks, vectors, comparison)
            means = np.asarray(unit_means(tracks, vectors), np.float32)
            groups = join_alike_tracks(tracks, comparison.apply(means))
            scores = raise_to_groups(alone, groups)
            compared = [comparison.apply(self.references[name]) for name in characters]
            least, most_next = measure_limits(tracks, scores, compared)
            names = tracks.assign(scores, least, margin, most_next)
        return scores, names, least

    def _comparison(
        self,
        characters: Sequence[str],
        tracks: Tracks,
        vectors: Vectors,
        names: Sequence[int | None],
    ) -> Comparison:
        means = tracks.means(vectors)
        groups = [self.references[character] for character in characters]
        for place, character in enumerate(characters):
            named = [means[track] for track, name in enumerate(names) if name == place]
            if named:
                groups.append(np.stack([self.references[character].mean(axis=0), *named]))
        shots = [means[list(shot)].mean(axis=0) for shot in tracks.together if len(shot) > 1]
        if len(shots) > 2:
            groups.append((SHOT_WEIGHT * np.stack(shots)).astype(np.float32))
        return learn_comparison(groups, vectors.shape[1])

    def _scores(
        self, characters: Sequence[str], tracks: Tracks, vectors: Vectors, comparison: Comparison
    ) -> Scores:
        compared = comparison.apply(vectors)
        similarity = np.stack(
            [
                (compared @ comparison.apply(self.references[name]).T).max(axis=1)
                for name in characters
            ],
            axis=1,
        ).clip(-1, 1)
        return tracks.means(similarity)


def make_embeddings_namer(
    settings: NamingSettings,
    references: Sequence[ReferencePicture],
    embedder: Embedder,
    figure: Callable[[Crop], bytes],
    threshold: Callable[[NameThreshold], None] | None = None,
) -> EmbeddingsNamer:
    """Embed the references; each picture is paid for once and then cached.

    Without a threshold, and with several characters, figures are compared without their background
    and in balanced light. A threshold of the settings, and the fixed one of a single character, is
    for the crops' own vectors.

    Args:
        settings: threshold and margin.
        references: of all characters.
        embedder: the one that made the crops' vectors.
        figure: the figure of a crop alone, a JPEG.
        threshold: takes what a name needed in a film.
    """
    measured = settings.threshold is None and _are_several(references)

    def embed_figure(jpeg: bytes) -> Vector:
        return embedder.embed(balance_jpeg(jpeg))

    embed = embed_figure if measured else embedder.embed
    rows: defaultdict[str, list[Vector]] = defaultdict(list)
    looks: defaultdict[str, list[str]] = defaultdict(list)
    for reference, vector in zip(references, ask_about_each(references, embed), strict=True):
        if vector is not None:
            rows[reference.character].append(vector)
            looks[reference.character].append(reference.look)
    return EmbeddingsNamer(
        {name: np.stack(found) for name, found in rows.items()},
        settings,
        (lambda crop: embed_figure(figure(crop))) if measured else None,
        looks,
        threshold,
    )


def _are_several(references: Sequence[ReferencePicture]) -> bool:
    """Whether two characters have a picture that can be used; no more of them are read."""
    usable: set[str] = set()
    for reference in references:
        if reference.character not in usable and reference.read() is not None:
            usable.add(reference.character)
            if len(usable) > 1:
                return True
    return False


def _naming(
    crop_id: str, characters: Sequence[str], scores: Scores, name: int | None, look: str
) -> Naming:
    ranked = np.argsort(-scores, kind="stable")
    place = int(ranked[0]) if name is None else name
    others = [int(other) for other in ranked if int(other) != place]
    confidence = float(np.clip(scores[place], -1, 1))
    runner_up = characters[others[0]] if others else None
    ahead = confidence - float(scores[others[0]]) if others else confidence
    return Naming(
        crop_id=crop_id,
        character=None if name is None else characters[name],
        confidence=confidence,
        margin=max(0.0, ahead),
        runner_up=characters[place] if name is None else runner_up,
        look=look,
    )


def _unknown(crop_id: str) -> Naming:
    return Naming(crop_id=crop_id, character=None, confidence=0.0, margin=0.0)
