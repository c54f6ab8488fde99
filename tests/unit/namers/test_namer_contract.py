"""What the port promises, held by every namer of the catalogue; and the catalogue itself."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from fakes.crops import numbered_crops
from fakes.embedder import FakeEmbedder
from fakes.faces import FakeFaces, InMemoryFaceCollections, face
from fakes.references import read, reference
from fakes.training_in_memory import picture
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NamerKind, NamingSettings
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.namers import NAMERS, NamerServices, make_namer
from onmodel.namers.cluster import ClusterNamer
from onmodel.namers.embeddings import EmbeddingsNamer
from onmodel.namers.faces import FacesNamer
from onmodel.namers.in_order import NamersInOrder
from onmodel.ports.namer import KnownFigure, LookAlikes, Namer, NamingTask, ReferencePicture

EMBEDDING = EmbeddingSettings(dimensions=256)
CHARACTERS = ("big-buck", "frank", "gimera")
REFERENCES = [reference(name, picture(i)) for i, name in enumerate(CHARACTERS)]


PERSONS = {picture(i): name for i, name in enumerate(CHARACTERS)}
"""Whose face a picture shows: a reference's own, and nobody's."""


def services() -> NamerServices:
    return NamerServices(
        embedder=lambda settings: FakeEmbedder(settings.dimensions),
        faces=lambda: FakeFaces((face(0.2, 0.2, 0.5, 0.5),)),
        collections=lambda: InMemoryFaceCollections(PERSONS.get),
        stack="onmodel",
    )


def task(
    kind: str | tuple[str, ...], references: Sequence[ReferencePicture] = REFERENCES
) -> NamingTask:
    """The figure of crop i is picture i."""
    return NamingTask(
        production="bunny",
        naming=NamingSettings.model_validate({"kind": kind}),
        embedding=EMBEDDING,
        references=references,
        figure=lambda crop: picture(int(crop.crop_id)),
        notice=lambda _: None,
        known=[
            KnownFigure(each.name, each.character, embedded([read(each)])[0]) for each in references
        ],
    )


def namer(kind: str, references: Sequence[ReferencePicture] = REFERENCES) -> Namer:
    return NAMERS[kind](task(kind, references), services())


def embedded(pictures: Sequence[bytes]) -> Vectors:
    embedder = FakeEmbedder(EMBEDDING.dimensions)
    return np.stack([embedder.embed(each) for each in pictures])


unit_vectors = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 8), st.just(256)), elements=st.floats(-1, 1, width=32)
).map(lambda rows: (rows + 1e-3) / np.linalg.norm(rows + 1e-3, axis=1, keepdims=True))


@pytest.mark.parametrize("kind", NAMERS)
@given(vectors=unit_vectors)
def test_name_when_crops_are_anything_then_one_answer_each_of_a_known_character_or_none(
    kind: str, vectors: Vectors
) -> None:
    crops = numbered_crops(len(vectors))
    answers = namer(kind).name(crops, vectors.astype(np.float32))
    assert [answer.crop_id for answer in answers] == [crop.crop_id for crop in crops]
    assert {answer.character for answer in answers} <= {*CHARACTERS, None}


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_a_crop_is_a_reference_then_its_character(kind: str) -> None:
    vectors = embedded([read(each) for each in REFERENCES])
    answers = namer(kind).name(numbered_crops(len(REFERENCES)), vectors)
    assert [answer.character for answer in answers] == list(CHARACTERS)


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_a_crop_is_unlike_every_reference_then_it_abstains(kind: str) -> None:
    known = embedded([read(each) for each in REFERENCES]).astype(np.float64)
    stranger = np.random.default_rng(0).standard_normal(256)
    for _ in range(2):  # the second time for what rounding leaves
        stranger -= known.T @ np.linalg.lstsq(known.T, stranger, rcond=None)[0]
    stranger /= np.linalg.norm(stranger)
    (crop,) = numbered_crops(1)
    unknown = crop.model_copy(update={"crop_id": "29"})
    (answer,) = namer(kind).name([unknown], stranger[None, :].astype(np.float32))
    assert answer.character is None


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_there_are_no_references_then_it_abstains(kind: str) -> None:
    vectors = embedded([picture(7), picture(8)])
    answers = namer(kind, []).name(numbered_crops(2), vectors)
    assert [(answer.crop_id, answer.character) for answer in answers] == [("0", None), ("1", None)]


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_there_are_no_crops_then_no_answers(kind: str) -> None:
    assert namer(kind).name((), np.zeros((0, 256), np.float32)) == ()


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_asked_again_then_the_same_answers(kind: str) -> None:
    crops, vectors = numbered_crops(2), embedded([picture(0), picture(9)])
    asked = namer(kind)
    assert asked.name(crops, vectors) == asked.name(crops, vectors)


def test_catalogue_when_read_then_has_a_namer_for_every_kind_of_the_settings() -> None:
    assert set(NAMERS) == set(typing.get_args(NamerKind))


class Knows:
    """A namer that gives each crop the character that a test says, by its id."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.asked: list[str] = []

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        return (LookAlikes("big-buck", "frank", 0.9, 0.65),)

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        assert len(crops) == len(vectors)
        self.asked = [crop.crop_id for crop in crops]
        return tuple(
            Naming(crop_id=each, character=self.names.get(each), confidence=0.5, margin=0.1)
            for each in self.asked
        )


def in_order(
    first: Mapping[str, str], second: Mapping[str, str], crops: Sequence[Crop]
) -> tuple[list[str | None], list[str]]:
    """The names, and which crops the second namer was asked about."""
    last = Knows(second)
    namer = NamersInOrder((Knows(first), last))
    names = namer.name(crops, np.zeros((len(crops), 256), np.float32))
    assert namer.look_alikes() == last.look_alikes()  # the same pair of both namers is one
    return [each.character for each in names], last.asked


def test_names_when_the_first_namer_abstains_then_the_second_is_asked_about_the_rest() -> None:
    names, asked = in_order({"0": "frank"}, {"1": "buck"}, numbered_crops(3))
    assert names == ["frank", "buck", None]
    assert asked == ["1", "2"]


def test_names_when_both_namers_mean_one_character_in_one_frame_then_the_first_counts() -> None:
    crops = [
        crop.model_copy(update={"timecode_seconds": 1.0 if crop.crop_id < "2" else 2.0})
        for crop in numbered_crops(3)
    ]
    names, _ = in_order({"0": "frank"}, {"1": "frank", "2": "frank"}, crops)
    assert names == ["frank", None, "frank"]


class SeesAlike(Knows):
    """A namer to which other characters look alike too."""

    def look_alikes(self) -> tuple[LookAlikes, ...]:
        surer = LookAlikes("big-buck", "frank", 1.0, 0.9)
        return surer, LookAlikes("frank", "rinky", 0.7, 0.65)


def test_look_alikes_when_two_namers_have_a_pair_then_told_once_as_the_first_says_it() -> None:
    pairs = NamersInOrder((SeesAlike({}), Knows({}))).look_alikes()
    assert pairs == SeesAlike({}).look_alikes()
    turned = NamersInOrder((Knows({}), SeesAlike({}))).look_alikes()
    assert turned == (*Knows({}).look_alikes(), SeesAlike({}).look_alikes()[1])


class RulesOut(Knows):
    """A namer that names nobody, and rules one character out."""

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        answers = super().name(crops, vectors)
        return tuple(each.model_copy(update={"ruled_out": ("buck",)}) for each in answers)


def test_names_when_the_first_namer_ruled_a_character_out_then_the_second_cannot_name_it() -> None:
    namer = NamersInOrder((RulesOut({}), Knows({"0": "buck", "1": "frank"})))
    names = namer.name(numbered_crops(2), np.zeros((2, 256), np.float32))
    assert [each.character for each in names] == [None, "frank"]


def test_names_when_a_person_named_a_group_then_nobody_is_ruled_out() -> None:
    vectors = embedded([picture(0)])
    known = KnownFigure("0", "buck", vectors[0])
    cluster = ClusterNamer([known], NamingSettings())
    namer = NamersInOrder((RulesOut({}), cluster), by_people=frozenset({1}))
    (name,) = namer.name(numbered_crops(1), vectors)
    assert name.character == "buck"


def test_make_namer_when_two_kinds_are_set_then_in_their_order() -> None:
    made = make_namer(task(("faces", "embeddings")), services())
    assert isinstance(made, NamersInOrder)
    assert [type(each) for each in made.namers] == [FacesNamer, EmbeddingsNamer]
    assert made.by_people == frozenset()
    made = make_namer(task(("faces", "cluster")), services())
    assert isinstance(made, NamersInOrder)
    assert made.by_people == {1}
