"""Groups pictures that look alike, and names whoever a person named once. No paid call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NamingSettings
from onmodel.ports.namer import KnownFigure, LookAlikes
from onmodel.vision.look_alike_groups import (
    LookAlikeGroup,
    find_groups,
    least_cosine_of_a_group,
    unit_means,
)
from onmodel.vision.track_groups import Tracks

LEAST_PICTURES = 3
"""Of a group that is shown."""


@dataclass(frozen=True)
class ClusterNamer:
    """A Namer by the vectors that exist already.

    A group is named when a person named one picture of it. A track is named when it is as alike to
    a named picture as pictures of one group are. Two tracks of one frame never get one name.

    Attributes:
        known: pictures that people named, of any film of the production.
        settings: the lead that a name needs over the next character.
    """

    known: Sequence[KnownFigure]
    settings: NamingSettings

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """None: groups are seen by the person who names them."""
        return ()

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`; a crop without a name may have a group."""
        if not crops:
            return ()
        tracks = Tracks.of(crops)
        means = unit_means(tracks, vectors)
        least = least_cosine_of_a_group(tracks, means)
        groups = find_groups(tracks, means, least)
        characters = sorted({known.character for known in self.known})
        scores = self._scores(characters, crops, tracks, means, groups)
        names = (
            tracks.assign(scores, least, self.settings.margin)
            if characters
            else [None] * len(tracks)
        )
        shown = _groups_of_tracks(groups, names, crops, tracks)
        return tuple(
            Naming(
                crop_id=crop.crop_id,
                character=None if (name := names[track]) is None else characters[name],
                confidence=_confidence(scores[track]),
                margin=_lead(scores[track]),
                runner_up=None,
                group=shown.get(int(track)),
            )
            for crop, track in zip(crops, tracks.of_crop, strict=True)
        )

    def _scores(
        self,
        characters: Sequence[str],
        crops: Sequence[Crop],
        tracks: Tracks,
        means: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
        groups: Sequence[LookAlikeGroup],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """`(tracks, characters)`: the greatest cosine to a picture or a group that has the name."""
        scores = np.full((len(tracks), len(characters)), -1.0)
        track_of = {
            crop.crop_id: int(track) for crop, track in zip(crops, tracks.of_crop, strict=True)
        }
        for known in self.known:
            column = characters.index(known.character)
            scores[:, column] = np.maximum(scores[:, column], means @ known.vector)
            track = track_of.get(known.crop_id)
            if track is None:
                continue
            scores[track, column] = 1.0
            for group in groups:
                if track in group.tracks:
                    members = list(group.tracks)
                    alike = means[members] @ means[group.exemplar]
                    scores[members, column] = np.maximum(scores[members, column], alike)
        return scores.clip(-1, 1)


def _groups_of_tracks(
    groups: Sequence[LookAlikeGroup],
    names: Sequence[int | None],
    crops: Sequence[Crop],
    tracks: Tracks,
) -> dict[int, str]:
    """By track without a name, the crop that stands for its group: the exemplar's best one."""
    of_track: dict[int, list[Crop]] = {}
    for crop, track in zip(crops, tracks.of_crop, strict=True):
        of_track.setdefault(int(track), []).append(crop)
    shown: dict[int, str] = {}
    for group in groups:
        left = [track for track in group.tracks if names[track] is None]
        if sum(len(of_track[track]) for track in left) < LEAST_PICTURES:
            continue
        stands = group.exemplar if group.exemplar in left else left[0]
        best = min(of_track[stands], key=lambda crop: (-crop.quality, crop.crop_id))
        shown |= dict.fromkeys(left, best.crop_id)
    return shown


def _confidence(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(scores.max()) if len(scores) else 0.0


def _lead(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    if len(scores) < 2:
        return max(0.0, _confidence(scores))
    second, first = np.sort(scores)[-2:]
    return float(first - second)
