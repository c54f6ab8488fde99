import json

import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import CaptionedPicture, DatasetItem, Violation
from onmodel.contracts.framing import Framing
from onmodel.datasets.manifest import annotation, annotation_lines, refuse_violations
from onmodel.errors import ManifestRefused

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
        framing=Framing.FULL,
        key="main/datasets/d0001-00000000/pictures/1.jpg",
    ),
    uri="s3://studio/main/datasets/d0001-00000000/pictures/1.jpg",
    caption="Buck says “hello”\u2028to a bird.",
)
STRANGER = CaptionedPicture(
    item=PICTURE.item.model_copy(update={"character": None, "key": "main/2.jpg"}),
    uri="s3://studio/main/2.jpg",
    caption="A bird.",
)


def test_annotation_lines_when_written_then_the_articles_keys_with_lineage() -> None:
    first, second = annotation_lines([PICTURE, STRANGER]).decode("ascii").splitlines()
    assert json.loads(first) == {
        "image_ref": "s3://studio/main/datasets/d0001-00000000/pictures/1.jpg",
        "alt_text": "Buck says “hello”\u2028to a bird.",
        "crop_id": "000012500-0123456789",
        "character": "buck",
        "look": None,
        "film_id": "ep-1-12345678",
        "timecode_seconds": 12.5,
        "box": {"left": 10, "top": 20, "width": 300, "height": 400},
        "beside": [],
        "shot": 4,
        "framing": "full",
        "quality": 0.75,
    }
    assert json.loads(second)["character"] is None


def test_annotation_when_a_person_gave_the_name_of_a_figure_beside_then_not_beside_itself() -> None:
    item = PICTURE.item.model_copy(update={"beside": ("frank", "rinky")})
    renamed = item.model_copy(update={"character": "frank", "replaces": "buck"})
    assert annotation(item, "1.jpg", "")["beside"] == ("frank", "rinky")
    assert annotation(renamed, "1.jpg", "")["beside"] == ("rinky",)


def test_refuse_violations_when_there_are_many_then_counts_and_first_ones() -> None:
    refuse_violations(())
    twenty = tuple(Violation(line=n, rule="blank", detail="blank") for n in range(1, 21))
    with pytest.raises(ManifestRefused, match=r"20 places: line 1: .*; line 20: blank") as all_told:
        refuse_violations(twenty)
    assert "more" not in all_told.value.reason
    many = tuple(Violation(line=n, rule="blank", detail="blank") for n in range(1, 26))
    with pytest.raises(ManifestRefused, match=r"25 places: line 1: blank; .*; and 5 more"):
        refuse_violations(many)
