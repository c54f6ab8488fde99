import json

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem
from onmodel.datasets.manifest import CaptionedPicture, annotation_lines, manifest_lines
from onmodel.trainers.bedrock.jobs import manifest_line

PICTURE = CaptionedPicture(
    item=DatasetItem(
        crop_id="000012500-0123456789",
        film_id="ep-1-12345678",
        character="buck",
        timecode_seconds=12.5,
        shot=4,
        box=Box(left=10, top=20, width=300, height=400),
        width=768,
        height=1024,
        quality=0.75,
        key="main/datasets/d0001-00000000/pictures/1.jpg",
    ),
    bucket="studio",
    caption="Buck says “hello”\u2028to a bird.",
)
STRANGER = CaptionedPicture(
    PICTURE.item.model_copy(update={"character": None, "key": "main/2.jpg"}), "studio", "A bird."
)


def test_manifest_lines_when_written_then_the_trainers_line_each_ended() -> None:
    lines = manifest_lines([STRANGER, STRANGER], manifest_line)
    assert lines == b'{"image-ref": "s3://studio/main/2.jpg", "caption": "A bird."}\n' * 2


def test_manifest_lines_when_there_are_none_then_empty() -> None:
    assert manifest_lines([], manifest_line) == b""


def test_annotation_lines_when_written_then_the_articles_keys_with_lineage() -> None:
    first, second = annotation_lines([PICTURE, STRANGER]).decode("ascii").splitlines()
    assert json.loads(first) == {
        "image_ref": "s3://studio/main/datasets/d0001-00000000/pictures/1.jpg",
        "alt_text": "Buck says “hello”\u2028to a bird.",
        "crop_id": "000012500-0123456789",
        "character": "buck",
        "film_id": "ep-1-12345678",
        "timecode_seconds": 12.5,
        "box": {"left": 10, "top": 20, "width": 300, "height": 400},
        "shot": 4,
        "quality": 0.75,
    }
    assert json.loads(second)["character"] is None
