"""The lines of to_caption.jsonl and to_caption_again.jsonl: pictures that wait for a caption."""

from __future__ import annotations

from collections.abc import Mapping

from onmodel.contracts.captions import CaptionItem
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.keys import DatasetKeys


def caption_item(
    item: DatasetItem, keys: DatasetKeys, names: Mapping[str, str], faults: tuple[str, ...] = ()
) -> CaptionItem:
    """The line of a picture that waits for a caption.

    Args:
        item: the picture.
        keys: of its dataset.
        names: of characters whom only people named, by slug.
        faults: of the caption that it has, where it is asked for once more.
    """
    return CaptionItem(
        crop_id=item.crop_id,
        production=keys.production,
        dataset_id=keys.dataset_id,
        character=item.character,
        beside=item.beside,
        framing=item.framing,
        place=item.place,
        worn=item.worn,
        key=item.key,
        character_name=names.get(item.character or "", ""),
        names_beside={slug: names[slug] for slug in item.beside if slug in names},
        faults=faults,
    )
