import pytest

from onmodel.trainers.sagemaker.registries import image_address, registry

NAME = "pytorch:2.13-cu133-amzn2023-sagemaker"


def codes(image: str, region: str) -> list[tuple[str, bool]]:
    return [(finding.code, finding.blocking) for finding in registry(image, region)]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{NAME}"),
        ("eu-south-1", f"692866216735.dkr.ecr.eu-south-1.amazonaws.com/{NAME}"),
        ("cn-north-1", f"727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/{NAME}"),
    ],
)
def test_address_when_an_image_is_named_then_in_the_registry_of_the_region(
    region: str, expected: str
) -> None:
    assert image_address(NAME, region) == expected
    assert codes(expected, region) == []


def test_address_when_whole_then_as_it_is() -> None:
    mine = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    assert image_address(mine, "us-east-1") == mine


@pytest.mark.parametrize(
    ("image", "region", "expected"),
    [
        (image_address(NAME, "us-east-1"), "eu-west-1", [("image-region", True)]),
        (f"763104351884.dkr.ecr.eu-south-1.amazonaws.com/{NAME}", "eu-south-1",
         [("image-account", True)]),
        (image_address(NAME, "xx-new-1"), "xx-new-1", [("image-unknown", False)]),
        ("public.ecr.aws/deep-learning-containers/pytorch:2.13", "us-east-1",
         [("image-unknown", False)]),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "eu-west-1", []),
    ],
)  # fmt: skip
def test_registry_when_looked_at_then_what_can_be_known(
    image: str, region: str, expected: list[tuple[str, bool]]
) -> None:
    assert codes(image, region) == expected
