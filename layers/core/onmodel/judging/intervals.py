"""Means over scenes and their intervals, by resampling the scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from onmodel.contracts.judging import Interval

RESAMPLINGS = 2000
COVERED = (2.5, 97.5)  # percentiles: 95 of 100 resamplings lie between
SEED = 20_240_517  # the same pictures give the same interval


def interval_over_scenes(values: Mapping[int, Sequence[float]]) -> Interval | None:
    """The mean of the scenes' means, with its percentile bootstrap interval.

    Pictures of one scene depend on each other, so scenes are resampled, not pictures. Source: Efron
    and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentile interval).

    Args:
        values: by scene, what was measured of its pictures. Scenes without a value are left out.

    Returns:
        None without any value. One scene has a mean and no interval.
    """
    means = np.array([np.mean(of_scene) for of_scene in values.values() if len(of_scene)])
    if not len(means):
        return None
    mean = float(means.mean())
    if len(means) == 1:
        return Interval(mean=mean, low=None, high=None, scenes=1)
    drawn = np.random.default_rng(SEED).integers(len(means), size=(RESAMPLINGS, len(means)))
    low, high = np.percentile(means[drawn].mean(axis=1), COVERED)
    return Interval(mean=mean, low=float(low), high=float(high), scenes=len(means))


def difference_over_scenes(
    ours: Mapping[int, Sequence[float]], theirs: Mapping[int, Sequence[float]]
) -> Interval | None:
    """How much more one arm has than another, scene by scene, with its interval.

    Args:
        ours: as for `interval_over_scenes`.
        theirs: of the other arm; only scenes that both have are compared.
    """
    both = [scene for scene in ours if len(ours[scene]) and len(theirs.get(scene, ()))]
    return interval_over_scenes(
        {scene: [float(np.mean(ours[scene]) - np.mean(theirs[scene]))] for scene in both}
    )
