"""The captions of a dataset's pictures for which no model has to be asked."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import DatasetItem
from onmodel.datasets.captioning import Captioner
from onmodel.datasets.corrected import called, caption_by_a_person, cast_of, renamed_caption
from onmodel.films.corrections import Corrections


@dataclass(frozen=True)
class KnownCaptions:
    """Finds them among what people wrote and what was paid for before."""

    captioner: Captioner
    corrections: Corrections

    def of(self, item: DatasetItem, picture: bytes) -> Caption | None:
        """The cached one, which stands again when a person's is taken back; else a person's."""
        written = caption_by_a_person(item.crop_id, self.corrections)
        return self._of_the_model(item, picture) or written

    def _of_the_model(self, item: DatasetItem, picture: bytes) -> Caption | None:
        """Of a renamed picture also the one for its name before."""
        crop_id = item.crop_id
        caption = self.captioner.known(crop_id, item, picture)
        if caption is not None or item.replaces is None or item.character is None:
            return caption
        was = item.model_copy(update={"character": item.named})
        before = self.captioner.known(crop_id, was, picture)
        if before is None or item.named is None:
            return None
        cast = cast_of(self.captioner.characters, self.corrections)
        names = called(item.character, cast), [called(item.named, cast)]
        return renamed_caption(before, *names)
