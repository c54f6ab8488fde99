"""What similarity a name needs, measured on one production, and how often that may be wrong.

Nobody says who is who in a film. But a track whose nearest character is far ahead of the next one
is surely not that next one, and references of two characters show two figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.vision.track_groups import Tracks

Scores = npt.NDArray[np.float64]
"""(tracks, characters): similarities."""

LEAST_SIMILARITY = 0.65
"""Of a single character, whose threshold cannot be measured: there is no other to compare with."""

OTHERS_SHARE = 0.8
"""A name needs more similarity than this share of tracks has with a character that it is not."""

REFERENCES_SHARE = 0.25
"""And more than this share of references has with another character's references."""

BETWEEN = 0.5
"""How far from the similarity of different characters to that of sure names the threshold lies."""

NEXT_BETWEEN = 0.4
"""How far, likewise, the next character's similarity may lie: with more, a figure may be either.

References of two characters that look alike, or of one figure under two names, raise it. Chosen on
the half "tune" of bench/characters.py.
"""

SURE_MARGIN = 0.1
"""Lead from which a track says how alike different characters are, before any name is given."""

LEAST_CHARACTERS = 3
"""With references, from which the error is estimated: two others are left to be taken for."""

MOST_LEFT_OUT, MOST_TRACKS = 8, 1500
"""Characters that are tried, those of most tracks, and tracks of a film: about 1 s each."""


def measure_limits(
    tracks: Tracks, scores: Scores, references: Sequence[Vectors]
) -> tuple[float, float]:
    """What a similarity must reach to be more than that of different characters.

    Args:
        tracks: of the film.
        scores: `(tracks, characters)`, two characters or more.
        references: by character, as they are compared.

    Returns:
        The least similarity of a name, and that to the next character from which it may be either.
    """
    surely = {
        track: name
        for track, name in enumerate(tracks.assign(scores, -1.0, SURE_MARGIN))
        if name is not None
    }
    own = [float(scores[track, name]) for track, name in surely.items()]
    others = [float(np.delete(scores[track], name).max()) for track, name in surely.items()]
    between = [
        np.max([(rows @ other.T).max(axis=1) for other in references if other is not rows], axis=0)
        for rows in references
    ]
    least = float(np.quantile(np.concatenate(between), REFERENCES_SHARE))
    if not others:
        return max(LEAST_SIMILARITY, least), max(LEAST_SIMILARITY, least)
    different = max(least, float(np.quantile(others, OTHERS_SHARE)))
    further = max(0.0, float(np.median(own)) - different)
    return different + BETWEEN * further, different + NEXT_BETWEEN * further


def count_misnamed(
    names: Sequence[int | None], left_out: Callable[[int], Sequence[int | None]]
) -> tuple[int, int]:
    """Make each character a stranger in turn: how many of its tracks are named after another one.

    On drawn films, whose strangers are known, it was at most 3 percent of the tracks away from the
    truth (docs/decisions/alike-tracks-raise-each-other.md).

    Args:
        names: by track, the place of its character, or None.
        left_out: the names that all tracks get without the references of a character.

    Returns:
        The tracks of the characters that were tried, and how many of these got another name.
    """
    sizes = Counter(name for name in names if name is not None)
    tried = misnamed = 0
    for character, tracks in sizes.most_common(MOST_LEFT_OUT):
        without = left_out(character)
        tried += tracks
        misnamed += sum(
            name == character and other is not None
            for name, other in zip(names, without, strict=True)
        )
    return tried, misnamed
