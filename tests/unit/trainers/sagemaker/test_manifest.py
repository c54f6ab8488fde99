import json

import pytest

from onmodel.contracts.datasets import PictureFacts
from onmodel.trainers.sagemaker.manifest import sagemaker_manifest_violations

FACTS = PictureFacts(width=768, height=512, size_bytes=90_000, format="jpeg")
URIS = {f"s3://studio/main/datasets/d1/pictures/{n}.jpeg": FACTS for n in range(6)}


def line(number: int, **changes: object) -> bytes:
    told = {"picture": f"../pictures/{number}.jpeg", "caption": "Buck smiles"} | changes
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def rules(changed: bytes) -> list[tuple[int | None, str]]:
    lines = changed + b"".join(line(number) for number in range(1, 6))
    return [(found.line, found.rule) for found in sagemaker_manifest_violations(lines, URIS)]


def test_violations_when_all_is_well_then_none() -> None:
    assert rules(line(0)) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (b"{\n", "json"),
        (b'"text"\n', "keys"),
        (line(0, seed=1), "keys"),
        (line(0, caption=7), "caption"),
        (line(0, caption="  a "), "caption"),
        (line(0, caption="x" * 1025), "caption"),
        (line(0, caption="絵" * 400), "tokens"),
        (line(0, picture="pictures/0.jpeg"), "picture"),
        (line(0, picture="../pictures/../../secret"), "picture"),
        (line(0, picture=None), "picture"),
        (line(9), "missing"),
    ],
)
def test_violations_when_a_line_is_wrong_then_told_with_its_line(changed: bytes, rule: str) -> None:
    assert rules(changed) == [(1, rule)]


def test_violations_when_a_picture_is_repeated_then_the_second_line_is_told() -> None:
    assert rules(line(1)) == [(2, "repeated")]


def test_violations_when_there_are_too_few_then_told() -> None:
    (few,) = sagemaker_manifest_violations(line(0), URIS)
    assert (few.line, few.rule) == (None, "records")
