"""What the port promises, held by every namer of the catalogue; and the catalogue itself."""

from __future__ import annotations

import typing
from collections.abc import Sequence

import numpy as np
import pytest
from fakes.crops import numbered_crops
from fakes.embedder import FakeEmbedder
from fakes.training_in_memory import picture
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.settings import EmbeddingSettings, NamingSettings
from onmodel.namers import NAMERS, NamerServices, make_namer
from onmodel.ports.namer import Namer, ReferencePicture

EMBEDDING = EmbeddingSettings(dimensions=256)
CHARACTERS = ("big-buck", "frank", "gimera")
REFERENCES = [ReferencePicture(name, picture(i)) for i, name in enumerate(CHARACTERS)]


def services() -> NamerServices:
    return NamerServices(embedder=lambda settings: FakeEmbedder(settings.dimensions))


def namer(kind: str, references: Sequence[ReferencePicture] = REFERENCES) -> Namer:
    settings = NamingSettings.model_validate({"kind": kind})
    return NAMERS[kind](settings, EMBEDDING, references, services())


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
    vectors = embedded([reference.jpeg for reference in REFERENCES])
    answers = namer(kind).name(numbered_crops(len(REFERENCES)), vectors)
    assert [answer.character for answer in answers] == list(CHARACTERS)


@pytest.mark.parametrize("kind", NAMERS)
def test_name_when_a_crop_is_unlike_every_reference_then_it_abstains(kind: str) -> None:
    known = embedded([reference.jpeg for reference in REFERENCES]).astype(np.float64)
    stranger = np.random.default_rng(0).standard_normal(256)
    for _ in range(2):  # the second time for what rounding leaves
        stranger -= known.T @ np.linalg.lstsq(known.T, stranger, rcond=None)[0]
    stranger /= np.linalg.norm(stranger)
    (answer,) = namer(kind).name(numbered_crops(1), stranger[None, :].astype(np.float32))
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
    kinds = typing.get_args(NamingSettings.model_fields["kind"].annotation)
    assert set(NAMERS) == set(kinds)


def test_make_namer_when_the_kind_is_set_then_that_namer_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = object()
    monkeypatch.setitem(NAMERS, "other", lambda *_: made)  # type: ignore[arg-type]
    settings = NamingSettings().model_copy(update={"kind": "other"})
    assert make_namer(settings, EMBEDDING, REFERENCES, services()) is made
