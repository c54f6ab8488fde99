"""Check all captions of a dataset together: put right what a rule can, list what is asked again.

No paid call. A repeat finds what is put right, and lists only what was not asked again since.
"""

from __future__ import annotations

from onmodel.contracts.captions import CaptionsChecked
from onmodel.contracts.datasets import DatasetItem, DatasetRequest
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.caption_answers import read_answers, write_answers
from onmodel.datasets.caption_items import caption_item
from onmodel.datasets.caption_repairs import CaptionSet, stripped_caption
from onmodel.datasets.corrected import cast_of, review_pictures
from onmodel.datasets.records import dataset_keys, dataset_settings
from onmodel.films.corrections import read_corrections
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS


def check_captions(
    request: DatasetRequest, *, registry: Registry, studio: ObjectStore, limits: DatasetLimits
) -> CaptionsChecked:
    """Write the captions that a rule put right, and to_caption_again.jsonl.

    Raises:
        EventRefused: there is no such dataset.
    """
    dataset = request.dataset
    keys = dataset_keys(dataset)
    settings = dataset_settings(dataset, studio)
    row = DATASETS.require(registry, dataset.production, dataset.dataset_id)
    items = read_lines(DatasetItem, studio.get(keys.items))
    answers = read_answers((item.crop_id for item in items), keys, studio)
    corrections = read_corrections(dataset.production, registry)
    characters = cast_of(settings.characters, corrections)
    stripped = {
        crop: answer.model_copy(update={"caption": caption})
        for crop, answer in answers.items()
        if answer.caption is not None
        and (caption := stripped_caption(answer.caption, characters, limits)) != answer.caption
    }
    write_answers(stripped.values(), keys, studio)
    answers |= stripped
    reviewed = review_pictures(items, answers, corrections, settings)
    captions = CaptionSet(reviewed.captioned, reviewed.captions, characters)
    again = captions.to_ask_again(
        asked=sum(1 for answer in answers.values() if answer.asked_again),
        most=settings.captions.most_asked_again(row.body.captions_needed),
    )
    names = corrections.names()
    lines = [caption_item(item, keys, names, faults) for item, faults in again]
    studio.put(keys.to_caption_again, write_lines(lines), "application/jsonl")
    return CaptionsChecked(
        stripped=len(stripped),
        to_caption_again=len(lines),
        to_caption_again_key=keys.to_caption_again,
    )
