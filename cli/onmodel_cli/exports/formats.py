"""The formats in which a dataset is exported, and their catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from onmodel.contracts.datasets import CaptionedPicture, PictureFacts
from onmodel.datasets.manifest import annotation
from onmodel.errors import RefusedError
from onmodel.ports.trainer import TrainerRules
from onmodel.vision.picture_header import read_header
from onmodel.wiring import trainer_rules
from onmodel_cli.exports.coco import Coco
from onmodel_cli.exports.dataset import DatasetPicture, ExportedDataset
from onmodel_cli.exports.layout import (
    ExportFormat,
    Plain,
    by_split,
    json_lines,
    lineage,
    split_folder,
)

UNNAMED = "unnamed"
"""The folder of pictures whose figure has no name."""


class ImageFolder(Plain):
    """Hugging Face's: a folder for each split with metadata.jsonl, caption in the column `text`."""

    def path(self, picture: DatasetPicture) -> str:
        return f"{split_folder(picture)}/{picture.file_name}"

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        for split, pictures in by_split(dataset):
            lines = (
                {"file_name": picture.file_name, "text": picture.caption, **lineage(picture)}
                for picture in pictures
            )
            yield f"{split}/metadata.jsonl", json_lines(lines)


class Kohya(Plain):
    """kohya-ss sd-scripts: folders `<repeats>_<character>`, the caption of each picture as .txt."""

    def path(self, picture: DatasetPicture) -> str:
        folder = picture.item.character or UNNAMED
        return f"{split_folder(picture)}/1_{folder}/{picture.file_name}"

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        for picture in dataset.pictures:
            text = f"{picture.caption}\n"
            yield f"{self.path(picture).rpartition('.')[0]}.txt", text.encode()


class Annotations(Plain):
    """annotations.jsonl with `image_ref` and `alt_text`, and the lineage of each picture.

    Args:
        prefix: stands before each path; '' for paths within the folder.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        lines = (
            annotation(picture.item, joined(self.prefix, self.path(picture)), picture.caption)
            | {"film": picture.film, "timecode": picture.timecode, "split": picture.item.split}
            for picture in dataset.pictures
        )
        yield "annotations.jsonl", json_lines(lines)


class BedrockManifest(Plain):
    """manifest.jsonl as Bedrock's training takes it, and validation.jsonl.

    Bedrock takes addresses in S3 only: those of the pictures in the studio bucket, or below
    `prefix`, where the folder is to be copied.
    """

    def __init__(self, prefix: str = "") -> None:
        if prefix and not prefix.startswith("s3://"):
            raise RefusedError(
                f"{prefix} is no address in S3, and Bedrock takes no other",
                "Write --prefix s3://BUCKET/FOLDER, or leave it out",
            )
        self.prefix = prefix
        self.rules: TrainerRules = trainer_rules()["bedrock"]

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        for name, is_trained_on in (("manifest.jsonl", True), ("validation.jsonl", False)):
            yield name, self.rules.export(self._captioned(dataset, is_trained_on=is_trained_on))

    def notices(self, dataset: ExportedDataset, folder: Path) -> Iterator[str]:
        facts = {
            self._uri(picture, dataset): _facts(folder / self.path(picture))
            for picture in dataset.pictures
        }
        manifest = (folder / "manifest.jsonl").read_bytes()
        for found in self.rules.manifest_violations(manifest, facts, name="manifest.jsonl"):
            yield f"Bedrock would refuse manifest.jsonl, {found}"

    def _captioned(
        self, dataset: ExportedDataset, *, is_trained_on: bool
    ) -> Iterator[CaptionedPicture]:
        for picture in dataset.pictures:
            if picture.is_trained_on is is_trained_on:
                yield CaptionedPicture(
                    item=picture.item, uri=self._uri(picture, dataset), caption=picture.caption
                )

    def _uri(self, picture: DatasetPicture, dataset: ExportedDataset) -> str:
        if self.prefix:
            return joined(self.prefix, self.path(picture))
        return f"s3://{dataset.bucket}/{picture.item.key}"


def format_called(name: str, prefix: str) -> ExportFormat:
    """The format of this name. Raises RefusedError for a prefix that it cannot have."""
    if name == "bedrock":
        return BedrockManifest(prefix)
    if name == "annotations":
        return Annotations(prefix)
    if prefix:
        raise RefusedError(f"The format {name} has relative paths alone", "Leave out --prefix")
    return WITHOUT_PREFIX[name]()


WITHOUT_PREFIX: Mapping[str, type[Plain]] = {
    "onmodel": Plain,
    "imagefolder": ImageFolder,
    "kohya": Kohya,
    "coco": Coco,
}


def joined(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path}" if prefix else path


def _facts(picture: Path) -> PictureFacts:
    body = picture.read_bytes()
    header = read_header(body)
    if header is None:
        return PictureFacts(width=0, height=0, size_bytes=len(body), format=None)
    return PictureFacts(
        width=header.width, height=header.height, size_bytes=len(body), format=header.format
    )
