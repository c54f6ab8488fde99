"""The namer `cluster`: groups for people to name, and names that they gave once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from fakes.crops import numbered_crops

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NamingSettings
from onmodel.namers.cluster import ClusterNamer
from onmodel.ports.namer import KnownFigure


def at(*degrees: float) -> Vectors:
    return np.array(
        [(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees], np.float32
    ).reshape(-1, 2)


def known(crop_id: str, character: str, degrees: float) -> KnownFigure:
    vector: Vector = at(degrees)[0]
    return KnownFigure(crop_id, character, vector)


def name(
    *degrees: float, people: Sequence[KnownFigure] = (), crops: Sequence[Crop] | None = None
) -> tuple[Naming, ...]:
    chosen = numbered_crops(len(degrees)) if crops is None else crops
    return ClusterNamer(people, NamingSettings(kind=("cluster",))).name(chosen, at(*degrees))


ANNA_3, BEN_3 = (0, 4, 8), (90, 94, 98)


def test_name_when_nobody_is_known_then_groups_and_no_names() -> None:
    names = name(*ANNA_3, *BEN_3, 45)
    assert {each.character for each in names} == {None}
    groups = [each.group for each in names]
    assert groups[0] == groups[1] == groups[2] in {"0", "1", "2"}
    assert groups[3] == groups[4] == groups[5] in {"3", "4", "5"}
    assert groups[6] is None


def test_name_when_only_two_are_alike_then_no_group() -> None:
    assert [each.group for each in name(0, 4, 90)] == [None, None, None]


def test_name_when_a_picture_of_a_group_is_named_then_all_of_the_group() -> None:
    names = name(*ANNA_3, *BEN_3, 45, people=[known("2", "anna", 8)])
    assert [each.character for each in names] == ["anna"] * 3 + [None] * 4
    assert [each.group is None for each in names] == [True] * 3 + [False] * 3 + [True]


def test_name_when_the_named_picture_is_of_another_film_then_whoever_looks_like_it() -> None:
    names = name(*ANNA_3, *BEN_3, people=[known("of another film", "ben", 92)])
    assert [each.character for each in names] == [None] * 3 + ["ben"] * 3


def test_name_when_two_names_are_as_near_then_it_abstains() -> None:
    people = [known("a", "anna", 0), known("b", "ben", 20)]
    (name_,) = name(10, people=people)
    assert (name_.character, round(name_.margin, 3)) == (None, 0.0)


def test_name_when_two_figures_of_one_frame_are_alike_then_one_gets_the_name() -> None:
    crops = [crop.model_copy(update={"timecode_seconds": 1.0}) for crop in numbered_crops(2)]
    names = name(0, 6, people=[known("a", "anna", 0)], crops=crops)
    assert [each.character for each in names] == ["anna", None]


def test_name_when_a_group_is_named_twice_differently_then_it_stays_without_a_name() -> None:
    people = [known("0", "anna", 0), known("2", "ben", 8)]
    names = name(*ANNA_3, people=people)
    assert {each.character for each in names} == {None}
    assert len({each.group for each in names}) == 1


def test_name_when_nothing_is_to_be_named_then_no_answers() -> None:
    assert name() == ()
