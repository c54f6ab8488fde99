"""The embedding models that can be called. Only data; adapters/embedders.py has their requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EmbeddingFamily:
    """Models that share the shape of their requests and answers.

    `prefix` begins their ids; `dimensions` are the lengths that a vector may have.
    """

    prefix: str
    dimensions: tuple[int, ...]


TITAN = EmbeddingFamily("amazon.titan-embed-image-v", (256, 384, 1024))
NOVA = EmbeddingFamily("amazon.nova-2-multimodal-embeddings-v", (256, 384, 1024, 3072))


def embedding_family(model: str) -> EmbeddingFamily | None:
    """The family of a model's id; None for a model whose requests are not known."""
    return next((family for family in (TITAN, NOVA) if model.startswith(family.prefix)), None)
