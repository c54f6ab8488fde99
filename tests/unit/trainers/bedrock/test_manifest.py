import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import CaptionedPicture, DatasetItem, PictureFacts
from onmodel.trainers.bedrock.limits import LIMITS as TRAINER_LIMITS
from onmodel.trainers.bedrock.manifest import (
    bedrock_manifest,
    bedrock_manifest_violations,
    manifest_line,
)
from onmodel.trainers.pictures import picture_faults

LIMITS = TRAINER_LIMITS.dataset
ITEM = DatasetItem(
    crop_id="000012500-0123456789",
    film_id="ep-1-12345678",
    character="buck",
    timecode_seconds=12.5,
    shot=4,
    box=Box(left=10, top=20, width=300, height=400),
    width=768,
    height=1024,
    quality=0.75,
    key="main/2.jpg",
)
FINE = PictureFacts(width=1024, height=1024, size_bytes=300_000, format="jpeg")


def uri(number: int) -> str:
    return f"s3://studio-1/main/datasets/d0001/pictures/{number}.jpg"


def record(number: int, caption: str = "Buck yawns.") -> bytes:
    return manifest_line(uri(number), caption).encode()


PICTURES = {uri(number): FINE for number in range(20)}
FIVE = [record(number) for number in range(5)]


def lint(
    *lines: bytes, pictures: dict[str, PictureFacts] | None = None, name: str = "a/manifest.jsonl"
) -> list[tuple[int | None, str]]:
    manifest = b"".join(line + b"\n" for line in lines)
    found = bedrock_manifest_violations(
        manifest, PICTURES if pictures is None else pictures, name=name
    )
    assert all(violation.detail for violation in found)
    return [(violation.line, violation.rule) for violation in found]


def test_manifest_violations_when_all_is_well_then_nothing() -> None:
    assert lint(*FIVE) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"", "blank"),
        (b"  \t", "blank"),
        (b"{", "json"),
        (b'{"image-ref": "\xff"}', "json"),
        (b"[" * 50_000, "json"),
        (b'["image-ref", "caption"]', "json"),
        (b"null", "json"),
        (record(9, "Bu"), "caption"),
        (record(9, "B  "), "caption"),
        (record(9, "B" * 1025), "caption"),
        (json.dumps({"image-ref": uri(9), "caption": 5}).encode(), "caption"),
        (json.dumps({"image-ref": None, "caption": "Buck"}).encode(), "uri"),
        (json.dumps({"image-ref": "s3://studio-1/a b.jpg", "caption": "Buck"}).encode(), "uri"),
        (json.dumps({"image-ref": "s3://studio-1/ä.jpg", "caption": "Buck"}).encode(), "uri"),
        (json.dumps({"image-ref": "https://x/a.jpg", "caption": "Buck"}).encode(), "uri"),
        (json.dumps({"image-ref": "s3://studio-1", "caption": "Buck"}).encode(), "uri"),
        (json.dumps({"image-ref": uri(9), "caption": "Buck", "id": 1}).encode(), "keys"),
        (json.dumps({"image-ref": uri(9)}).encode(), "keys"),
        (json.dumps({"image_ref": uri(9), "alt_text": "Buck"}).encode(), "keys"),
        (b'{"image-ref": "%s", "caption": "Buck", "caption": "Bo b"}' % uri(9).encode(), "keys"),
        (record(0), "repeated"),
        (record(77), "missing"),
    ],
)
def test_manifest_violations_when_a_line_is_wrong_then_told_with_its_number(
    line: bytes, rule: str
) -> None:
    assert lint(*FIVE, line, record(10)) == [(6, rule)]


@pytest.mark.parametrize("caption", ["Buc", "B" * 1024])
def test_manifest_violations_when_captions_are_at_their_limits_then_nothing(caption: str) -> None:
    assert lint(*FIVE, record(9, caption)) == []


@pytest.mark.parametrize(
    ("count", "fine"), [(4, False), (5, True), (10_000, True), (10_001, False)]
)
def test_manifest_violations_when_counted_then_5_to_10_000_records(count: int, fine: bool) -> None:
    pictures = {uri(number): FINE for number in range(count)}
    found = lint(*(record(number) for number in range(count)), pictures=pictures)
    assert found == ([] if fine else [(None, "records")])


@pytest.mark.parametrize("manifest", [b"", b"\n"])
def test_manifest_violations_when_empty_then_too_few_records(manifest: bytes) -> None:
    found = bedrock_manifest_violations(manifest, {}, name="manifest.jsonl")
    assert "records" in [violation.rule for violation in found]


@pytest.mark.parametrize("name", ["ünï.jsonl", "my manifest.jsonl", "manifest.json", "a:b.jsonl"])
def test_manifest_violations_when_the_name_has_other_letters_then_told(name: str) -> None:
    assert lint(*FIVE, name=name) == [(None, "name")]


def test_manifest_violations_when_written_on_windows_then_told() -> None:
    assert lint(*FIVE[:4], FIVE[4] + b"\r") == [(None, "line-ends")]
    assert lint(b"\xef\xbb\xbf" + FIVE[0], *FIVE[1:]) == [(None, "bom")]


def test_manifest_violations_when_much_is_wrong_then_all_of_it_is_told() -> None:
    pictures = PICTURES | {uri(2): FINE.model_copy(update={"width": 100, "format": None})}
    found = lint(b"", record(0, "x"), record(2), pictures=pictures, name="no")
    assert found == [
        (None, "name"),
        (None, "records"),
        (1, "blank"),
        (2, "caption"),
        (3, "format"),
        (3, "side"),
        (3, "aspect"),
    ]


def test_manifest_violations_when_the_suffix_lies_then_told() -> None:
    pictures = PICTURES | {uri(4): FINE.model_copy(update={"format": "png"})}
    assert lint(*FIVE, pictures=pictures) == [(5, "suffix")]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"width": 512, "height": 2048}, []),
        ({"width": 511, "height": 512}, ["side"]),
        ({"width": 4096, "height": 3072}, []),
        ({"width": 4096, "height": 3073}, ["pixels"]),
        ({"width": 4097, "height": 1100}, ["side"]),
        ({"width": 512, "height": 2049}, ["aspect"]),
        ({"width": 2049, "height": 512}, ["aspect"]),
        ({"size_bytes": 50 * 1024 * 1024 + 1}, ["bytes"]),
        ({"format": "webp"}, ["format"]),
        ({"format": "png"}, []),
        ({"width": 0, "height": 0, "format": None}, ["format", "side"]),
    ],
)
def test_picture_faults_when_at_and_over_each_limit_then_told_over_it(
    changes: dict[str, object], rules: list[str]
) -> None:
    facts = FINE.model_copy(update=changes)
    assert [rule for rule, _ in picture_faults(facts, LIMITS)] == rules


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_manifest_violations_when_given_any_bytes_then_violations_never_an_error(
    lines: list[bytes],
) -> None:
    found = bedrock_manifest_violations(b"\n".join(lines), PICTURES, name="manifest.jsonl")
    assert found


def test_export_when_written_then_a_line_a_picture_each_ended() -> None:
    picture = CaptionedPicture(item=ITEM, uri="s3://studio/main/2.jpg", caption="Buck – „hallo“")
    assert bedrock_manifest([]) == b""
    line = '{"image-ref": "s3://studio/main/2.jpg", "caption": "Buck – „hallo“"}\n'
    assert bedrock_manifest([picture, picture]) == (line * 2).encode()
