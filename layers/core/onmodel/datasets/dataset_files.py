"""The files of a new dataset: its pictures, its lines, and what waits for a caption."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from onmodel.contracts.captions import CaptionAnswer
from onmodel.contracts.datasets import DatasetItem, DatasetSummary
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.assembly import Assembly
from onmodel.datasets.caption_answers import write_answer
from onmodel.datasets.caption_items import caption_item
from onmodel.datasets.captioning import Captioner
from onmodel.datasets.known_captions import KnownCaptions
from onmodel.films.corrections import Corrections
from onmodel.formats.jsonl import write_lines
from onmodel.formats.npy import to_npy
from onmodel.ports.storage import Cache, ObjectStore

COPIES_AT_ONCE = 8
"""Threads: a picture is 200 kB read and written, and botocore keeps ten connections."""


@dataclass(frozen=True)
class DatasetFiles:
    """The services that writing needs, and the trainer's limits of captions."""

    studio: ObjectStore
    cache: Cache
    limits: DatasetLimits

    def write(
        self,
        keys: DatasetKeys,
        assembly: Assembly,
        summary: DatasetSummary,
        settings: Settings,
        corrections: Corrections,
    ) -> int:
        """Copy the pictures, write the lines; returns how many captions are missing."""
        names = corrections.names()
        captioner = Captioner(
            settings.captions, settings.characters, self.cache, self.limits, names
        )
        known = KnownCaptions(captioner, corrections)
        with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
            copied = list(pool.map(lambda item: self._copy(item, keys, known), assembly.items))
        items = [item for item, _ in copied]
        waiting = [caption_item(item, keys, names) for item, is_known in copied if not is_known]
        for key, body in (
            (keys.settings, settings.model_dump_json().encode()),
            (keys.summary, summary.model_dump_json(indent=2).encode()),
        ):
            self.studio.put(key, body, "application/json")
        self.studio.put(keys.vectors, to_npy(assembly.vectors), "application/octet-stream")
        self.studio.put(keys.items, write_lines(items), "application/jsonl")
        self.studio.put(keys.left_out, write_lines(assembly.left_out), "application/jsonl")
        self.studio.put(keys.to_caption, write_lines(waiting), "application/jsonl")
        return len(waiting)

    def _copy(
        self, item: DatasetItem, keys: DatasetKeys, known: KnownCaptions
    ) -> tuple[DatasetItem, bool]:
        """The item with its own copy of the picture, and whether its caption is known."""
        picture = self.studio.get(item.key)
        suffix = item.key.rsplit(".", 1)[-1]
        key = keys.picture(item.crop_id, suffix)
        self.studio.put(key, picture, "image/png" if suffix == "png" else "image/jpeg")
        caption = known.of(item, picture)
        if caption is not None:
            answer = CaptionAnswer(crop_id=item.crop_id, caption=caption)
            write_answer(answer, keys, self.studio)
        return item.model_copy(update={"key": key}), caption is not None
