from __future__ import annotations

import numpy as np

from onmodel.video.sampling.mixtures import (
    AT_BORDERS,
    SmallPicture,
    borders_of,
    mixture,
    mixtures_at_borders,
)


def scene(seed: int, moved: int = 0) -> np.ndarray:
    """(90, 160) float32: blocks of chance, shifted sideways."""
    blocks = np.random.default_rng(seed).uniform(20, 230, (18, 48)).repeat(5, 0).repeat(5, 1)
    return blocks[:, 40 + moved : 200 + moved].astype(np.float32)


def small(pictures: list[np.ndarray]) -> list[SmallPicture]:
    return [SmallPicture.of(float(index), each) for index, each in enumerate(pictures)]


def mixed(first: np.ndarray, share: float, last: np.ndarray) -> str:
    before, now, after = small([first, share * first + (1 - share) * last, last])
    return mixture([before], now, [after])


def test_mixture_when_two_pictures_dissolve_then_shares_and_times_are_told():
    words = "70% of the picture at 0.000 s and 30% of that at 2.000 s"
    assert mixed(scene(1), 0.7, scene(2)) == words


def test_mixture_when_a_picture_fades_to_black_then_told():
    assert mixed(scene(1), 0.6, np.zeros((90, 160), np.float32)).startswith("60% of the picture")


def test_mixture_when_less_than_a_tenth_of_the_other_picture_shows_then_none():
    assert mixed(scene(1), 0.95, scene(2)) == ""


def test_mixture_when_the_dissolve_takes_two_samples_then_both_are_told():
    one, other = scene(1), scene(2)
    pictures = small([one, 0.7 * one + 0.3 * other, 0.3 * one + 0.7 * other, other])
    told = [mixture(pictures[:i], pictures[i], pictures[i + 1 :]) for i in range(4)]
    assert [bool(words) for words in told] == [False, True, True, False]


def test_mixture_when_the_camera_pans_or_the_light_changes_then_none():
    pan = small([scene(1, moved) for moved in (0, 20, 40)])
    light = small([scene(1) * share for share in (1, 0.8, 0.6)])
    cut = small([scene(1), scene(2), scene(3)])
    for before, now, after in (pan, light, cut):
        assert mixture([before], now, [after]) == ""


def test_mixture_when_pictures_have_other_shapes_then_none():
    before, now, after = small([scene(1), (scene(1) + scene(2)) / 2, scene(2)[:70]])
    assert mixture([before], now, [after]) == ""


def test_mixtures_at_borders_when_a_film_is_cut_anywhere_then_each_mixture_is_told_once():
    one, other = scene(1), scene(2)
    film = [*([one] * 5), 0.7 * one + 0.3 * other, 0.3 * one + 0.7 * other, *([other] * 5)]
    pictures = small(film)
    whole = {
        float(i): words
        for i in range(len(film))
        if (words := mixture(pictures[:i], pictures[i], pictures[i + 1 :]))
    }
    assert sorted(whole) == [5.0, 6.0]
    for border in range(1, len(film)):
        found: dict[float, str] = {}
        borders = []
        for chunk in (pictures[:border], pictures[border:]):
            borders.append(borders_of(chunk[:AT_BORDERS], chunk[-AT_BORDERS:]))
            for i, each in enumerate(chunk):
                words = mixture(chunk[:i], each, chunk[i + 1 :])
                found |= {each.seconds: words} if words else {}
        assert found | mixtures_at_borders(borders) == whole


def test_mixtures_at_borders_when_chunks_have_no_borders_then_none():
    empty = borders_of([], [])
    assert mixtures_at_borders([empty, empty]) == {}
