"""captions/<crop_id>.json of a dataset: written by caption_crop and check_captions."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.captions import CaptionAnswer
from onmodel.contracts.keys import DatasetKeys
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore

AT_ONCE = 8
"""Threads: botocore keeps ten connections."""


def write_answer(answer: CaptionAnswer, keys: DatasetKeys, studio: ObjectStore) -> None:
    studio.put(keys.caption(answer.crop_id), answer.model_dump_json().encode(), "application/json")


def write_answers(answers: Iterable[CaptionAnswer], keys: DatasetKeys, studio: ObjectStore) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda answer: write_answer(answer, keys, studio), tuple(answers)):
            pass  # raises what a write raised


def read_answer(crop_id: str, keys: DatasetKeys, studio: ObjectStore) -> CaptionAnswer | None:
    """None when the crop has no answer."""
    try:
        return CaptionAnswer.from_stored(studio.get(keys.caption(crop_id)))
    except NotFound:
        return None


def read_answers(
    crop_ids: Iterable[str], keys: DatasetKeys, studio: ObjectStore
) -> dict[str, CaptionAnswer]:
    """The answers that exist, with or without a caption, by crop_id."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda crop: read_answer(crop, keys, studio), tuple(crop_ids))
        return {answer.crop_id: answer for answer in answers if answer is not None}
