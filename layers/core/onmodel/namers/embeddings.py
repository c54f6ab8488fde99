"""Names a crop after the character of the nearest reference, or abstains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.films import Crop, Naming
from onmodel.contracts.settings import NamingSettings
from onmodel.ports.models import Embedder
from onmodel.ports.namer import ReferencePicture


@dataclass(frozen=True)
class EmbeddingsNamer:
    """A Namer that compares the crops' vectors with those of the references.

    A character's similarity is that of its nearest reference. The nearest character gives the
    name when its similarity reaches `settings.threshold` and is ahead of the next character's by
    `settings.margin`; with two characters equally near it abstains. With a single character only
    the threshold counts, and `Naming.margin` is its similarity.

    Attributes:
        references: by character, `(k, d)` float32, rows of unit length; k may be 0.
        settings: threshold and margin.
    """

    references: Mapping[str, Vectors]
    settings: NamingSettings

    def name(self, crops: Sequence[Crop], vectors: Vectors) -> tuple[Naming, ...]:
        """See `Namer.name`; a crop's answer does not depend on the other crops."""
        characters = sorted(name for name, rows in self.references.items() if len(rows))
        if not characters or not len(crops):
            return tuple(_unknown(crop.crop_id) for crop in crops)
        similarity = np.stack(
            [(vectors @ self.references[name].T).max(axis=1) for name in characters], axis=1
        ).clip(-1, 1)
        return tuple(
            self._decide(crop.crop_id, characters, row)
            for crop, row in zip(crops, similarity, strict=True)
        )

    def _decide(
        self, crop_id: str, characters: Sequence[str], similarity: npt.NDArray[np.float32]
    ) -> Naming:
        ranked = np.argsort(-similarity, kind="stable")
        nearest = float(similarity[ranked[0]])
        runner_up = characters[ranked[1]] if len(ranked) > 1 else None
        ahead = (
            nearest - float(similarity[ranked[1]]) if runner_up is not None else max(0.0, nearest)
        )
        distinct = runner_up is None or (ahead >= self.settings.margin and ahead > 0)
        named = nearest >= self.settings.threshold and distinct
        return Naming(
            crop_id=crop_id,
            character=characters[ranked[0]] if named else None,
            confidence=nearest,
            margin=ahead,
            runner_up=runner_up if named else characters[ranked[0]],
        )


def make_embeddings_namer(
    settings: NamingSettings, references: Sequence[ReferencePicture], embedder: Embedder
) -> EmbeddingsNamer:
    """Embed the references; each picture is paid for once and then cached.

    Args:
        settings: threshold and margin.
        references: of all characters.
        embedder: the one that made the crops' vectors.
    """
    rows: defaultdict[str, list[Vector]] = defaultdict(list)
    for reference in references:
        rows[reference.character].append(embedder.embed(reference.jpeg))
    return EmbeddingsNamer({name: np.stack(found) for name, found in rows.items()}, settings)


def _unknown(crop_id: str) -> Naming:
    return Naming(crop_id=crop_id, character=None, confidence=0.0, margin=0.0)
