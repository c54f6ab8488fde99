"""The catalogue of namers: the setting `naming.kind` names one, NAMERS makes it.

A new namer is one file in this package, one line in NAMERS, its settings in `contracts.settings`,
and, where it calls a new service, an adapter, a field of NamerServices and the right to call it in
template.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.settings import EmbeddingSettings, NamingSettings
from onmodel.namers.embeddings import make_embeddings_namer
from onmodel.ports.models import EmbedderOf
from onmodel.ports.namer import Namer, ReferencePicture


@dataclass(frozen=True)
class NamerServices:
    """The services that namers call."""

    embedder: EmbedderOf


_MakeNamer = Callable[
    [NamingSettings, EmbeddingSettings, Sequence[ReferencePicture], NamerServices], Namer
]

NAMERS: Mapping[str, _MakeNamer] = {
    "embeddings": lambda naming, embedding, references, services: make_embeddings_namer(
        naming, references, services.embedder(embedding)
    ),
}


def make_namer(
    naming: NamingSettings,
    embedding: EmbeddingSettings,
    references: Sequence[ReferencePicture],
    services: NamerServices,
) -> Namer:
    """The namer that `naming.kind` names.

    Args:
        naming: kind and thresholds.
        embedding: the settings that the crops' vectors were made with.
        references: of all characters of the production.
        services: what namers call.
    """
    return NAMERS[naming.kind](naming, embedding, references, services)
