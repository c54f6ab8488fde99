"""Write the trainer's manifest and the annotations beside it, and check every line of it.

The manifest is in the trainer's exact form; the annotations are the article's, with lineage.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import (
    CaptionedPicture,
    DatasetItem,
    DatasetRequest,
    PictureFacts,
    Split,
)
from onmodel.contracts.rows import DatasetStatus
from onmodel.datasets.manifest import annotation_lines, refuse_violations
from onmodel.datasets.records import dataset_keys
from onmodel.errors import ManifestRefused, NotFound
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import DATASETS
from onmodel.vision.picture_header import read_header

READS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""

HEADER_BYTES = 65_536
"""Bytes read of a picture: a JPEG's frame header comes after EXIF data of at most 64 kB."""


def write_manifest(
    request: DatasetRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    rules: TrainersRules,
    clock: Clock,
) -> None:
    """Write manifest.jsonl, validation.jsonl, annotations.jsonl and violations.jsonl.

    Raises:
        ManifestRefused: lines break the trainer's limits; all of them are listed in S3.
    """
    dataset = request.dataset
    keys = dataset_keys(dataset)
    row = DATASETS.require(registry, dataset.production, dataset.dataset_id)
    captions = {
        caption.crop_id: caption.text for caption in read_lines(Caption, studio.get(keys.captions))
    }
    pictures = [
        CaptionedPicture(
            item=item, uri=f"s3://{studio.bucket}/{item.key}", caption=captions[item.crop_id]
        )
        for item in read_lines(DatasetItem, studio.get(keys.items))
        if item.crop_id in captions
    ]
    training = [picture for picture in pictures if picture.item.split == Split.TRAINING]
    validation = [picture for picture in pictures if picture.item.split == Split.VALIDATION]
    trainer = rules[row.body.trainer]
    manifest = trainer.export(training)
    violations = trainer.manifest_violations(
        manifest, picture_facts(training, studio), name=keys.manifest
    )
    studio.put(keys.annotations, annotation_lines(pictures), "application/jsonl")
    studio.put(keys.validation, trainer.export(validation), "application/jsonl")
    studio.put(keys.violations, write_lines(violations), "application/jsonl")
    studio.put(keys.manifest, manifest, "application/jsonl")
    try:
        refuse_violations(violations)
    except ManifestRefused as fault:
        refused = row.with_status(DatasetStatus.REFUSED).with_fields(
            reason=fault.reason, advice=fault.advice
        )
        DATASETS.replace(registry, refused, clock())
        raise
    DATASETS.replace(registry, row.with_fields(trained=len(training)), clock())


def picture_facts(
    pictures: Sequence[CaptionedPicture], studio: ObjectStore
) -> dict[str, PictureFacts]:
    """The facts of each picture file, by its URI; without pictures that do not exist."""
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        facts = list(pool.map(lambda picture: _facts(picture.item.key, studio), pictures))
    return {
        picture.uri: known
        for picture, known in zip(pictures, facts, strict=True)
        if known is not None
    }


def _facts(key: str, studio: ObjectStore) -> PictureFacts | None:
    try:
        size = studio.head(key).size
        header = read_header(studio.read(key, 0, HEADER_BYTES))
    except NotFound:
        return None
    if header is None:
        return PictureFacts(width=0, height=0, size_bytes=size, format=None)
    return PictureFacts(
        width=header.width, height=header.height, size_bytes=size, format=header.format
    )
