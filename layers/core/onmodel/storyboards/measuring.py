"""Measures one drawn picture: its vector, its figures, and the nearest training picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from onmodel.contracts.arrays import Pixels, Vector, Vectors
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.judging import DrawnFigure, Structure
from onmodel.contracts.panels import PanelScore
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.ports.finder import Finder
from onmodel.ports.models import Embedder
from onmodel.ports.storage import ObjectStore
from onmodel.storyboards.picture_questions import PictureQuestions
from onmodel.vision.decoding import decode_picture
from onmodel.vision.drawn_figures import cut_figures, whole
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.scoring import measure_panel
from onmodel.vision.structure import compare_structure


@dataclass(frozen=True, eq=False)
class Compared:
    """A dataset's pictures: `vectors[i]` is of `items[i]`.

    Attributes:
        copy_threshold: similarity to one training picture from which a panel counts as a copy
            whatever its shapes.
    """

    items: Sequence[DatasetItem]
    vectors: Vectors
    copy_threshold: float

    @cached_property
    def by_character(self) -> Mapping[str, Vectors]:
        alone = [None if item.is_group else item.character for item in self.items]
        names = sorted({name for name in alone if name})
        return {name: self.vectors[[each == name for each in alone]] for name in names}

    @cached_property
    def trained(self) -> tuple[Sequence[DatasetItem], Vectors]:
        """Those that were trained on: only they can have been copied."""
        rows = [n for n, item in enumerate(self.items) if item.split == Split.TRAINING]
        return [self.items[row] for row in rows], self.vectors[rows]


@dataclass
class PanelMeasurer:
    """Measures the pictures of one panel; `vectors` holds a row for each picture and figure.

    Attributes:
        compared: the dataset.
        studio: holds the dataset's pictures.
        embedder: of the dataset's model.
        finder: finds figures in the pictures; None: they are not looked for.
        crop: how the dataset's figures were cut.
        finding: how many figures of a picture count.
        questions: asked about each picture; None: no question is asked.
    """

    compared: Compared
    studio: ObjectStore
    embedder: Embedder
    finder: Finder | None
    crop: CropSettings
    finding: FinderSettings
    questions: PictureQuestions | None = None
    vectors: list[Vector] = field(default_factory=list)

    def measure(self, pixels: Pixels, characters: Sequence[str]) -> PanelScore:
        """The score of a picture.

        Args:
            pixels: `(height, width, 3)` uint8, BGR.
            characters: who should be in it, slugs.
        """
        row = self._embed(pixels)
        trained, vectors = self.compared.trained
        score = measure_panel(
            self.vectors[row],
            characters=characters,
            shown=self.compared.by_character,
            crop_ids=[item.crop_id for item in trained],
            training=vectors,
            copy_threshold=self.compared.copy_threshold,
        )
        return score.model_copy(
            update={
                "row": row,
                "figures": self._figures(pixels),
                "structure": self._structure(pixels, score.nearest_crop),
                "answers": self.questions.ask(pixels) if self.questions else None,
            }
        )

    def _embed(self, pixels: Pixels) -> int:
        """Embed (paid) and keep the vector; returns its row."""
        self.vectors.append(self.embedder.embed(encode_for_service(pixels)).astype(np.float32))
        return len(self.vectors) - 1

    def _figures(self, pixels: Pixels) -> tuple[DrawnFigure, ...] | None:
        if self.finder is None:
            return None
        found = self.finder.find(pixels, whole(pixels)).detections
        cut = cut_figures(pixels, found, self.crop, self.finding)
        return tuple(DrawnFigure(box=box, row=self._embed(crop)) for box, crop in cut)

    def _structure(self, pixels: Pixels, nearest: str | None) -> Structure | None:
        if nearest is None:
            return None
        key = next(item.key for item in self.compared.items if item.crop_id == nearest)
        return compare_structure(pixels, decode_picture(self.studio.get(key)).pixels)
