"""The catalogue of namers: the setting `naming.kind` names some, NAMERS makes each.

A new namer is one file in this package, one line in NAMERS, its section in `contracts.namers`, and,
where it calls a new service, an adapter, a field of NamerServices and the right to call it in
template.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.namers.cluster import ClusterNamer
from onmodel.namers.embeddings import make_embeddings_namer
from onmodel.namers.faces import make_faces_namer
from onmodel.namers.in_order import NamersInOrder
from onmodel.ports.faces import FaceCollections
from onmodel.ports.models import EmbedderOf, FaceDetector
from onmodel.ports.namer import Namer, NamingTask


@dataclass(frozen=True)
class NamerServices:
    """The services that namers call; those of faces are made when they are first used.

    Attributes:
        embedder: makes the embedder of some settings.
        faces: finds faces on references.
        collections: where known faces are.
        stack: name of the stack whose collections these are.
    """

    embedder: EmbedderOf
    faces: Callable[[], FaceDetector]
    collections: Callable[[], FaceCollections]
    stack: str


NAMERS: Mapping[str, Callable[[NamingTask, NamerServices], Namer]] = {
    "embeddings": lambda task, services: make_embeddings_namer(
        task.naming,
        task.references,
        services.embedder(task.embedding),
        task.figure,
        task.threshold,
    ),
    "faces": lambda task, services: make_faces_namer(
        task, services.stack, services.faces(), services.collections()
    ),
    "cluster": lambda task, _: ClusterNamer(task.known, task.naming),
}


def make_namer(task: NamingTask, services: NamerServices) -> Namer:
    """The namers that the settings name, as one."""
    kinds = task.naming.kind
    made = tuple(NAMERS[kind](task, services) for kind in kinds)
    by_people = frozenset(place for place, kind in enumerate(kinds) if kind == "cluster")
    return made[0] if len(made) == 1 else NamersInOrder(made, by_people)
