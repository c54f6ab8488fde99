"""The families agree with the settings, and with what the template lets a person choose."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from template_model import read_template

from onmodel.contracts.embedding import NOVA, TITAN, EmbeddingFamily, embedding_family
from onmodel.contracts.sampling_settings import EmbeddingSettings


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("amazon.titan-embed-image-v1", TITAN),
        ("amazon.titan-embed-image-v1:0", TITAN),
        ("amazon.nova-2-multimodal-embeddings-v1:0", NOVA),
        ("amazon.titan-embed-text-v2:0", None),
        ("amazon.nova-pro-v1:0", None),
        ("us.amazon.nova-pro-v1:0", None),
    ],
)
def test_family_when_a_model_is_named_then_the_template_takes_the_same_ones(
    model: str, family: EmbeddingFamily | None
) -> None:
    assert embedding_family(model) is family
    pattern = read_template().body["Parameters"]["EmbeddingModelId"]["AllowedPattern"]
    assert (re.fullmatch(pattern, model) is not None) is (family is not None)


def test_families_when_put_together_then_all_dimensions_of_the_settings() -> None:
    allowed = get_args(EmbeddingSettings.model_fields["dimensions"].annotation)
    assert {*TITAN.dimensions, *NOVA.dimensions} == set(allowed)
