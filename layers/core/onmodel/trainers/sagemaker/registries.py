"""Whether SageMaker can pull the training image in a region, as far as its address tells.

AWS keeps its images in a registry of an account in each region:
https://aws.github.io/deep-learning-containers/reference/region_availability/. Whether a registry
has this tag, or another account's registry lets us in, shows only when a job starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from onmodel.contracts.trainings import Finding
from onmodel.trainers.findings import blocking, warning

ADDRESS = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<image>.+)"
)

_EVERYWHERE = "763104351884"
_OF_OPT_IN_REGIONS = {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-3": "364406365360",
    "ap-south-2": "772153158452",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-7": "590183813437",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-2": "380420809688",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
}
_REGIONS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ap-northeast-1 ap-northeast-2 ap-south-1"
    " ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2"
    " eu-west-3 sa-east-1"
)
AWS_ACCOUNTS = dict.fromkeys(_REGIONS.split(), _EVERYWHERE) | _OF_OPT_IN_REGIONS
"""AWS's account for its images, by region; a region that is missing here is not known."""


def image_address(image: str, region: str) -> str:
    """The address of one of AWS's own images, given by its name; a whole address stays as it is."""
    if "/" in image:
        return image
    suffix = ".cn" if region.startswith("cn-") else ""
    account = AWS_ACCOUNTS.get(region, _EVERYWHERE)
    return f"{account}.dkr.ecr.{region}.amazonaws.com{suffix}/{image}"


def registry(image: str, region: str) -> Iterator[Finding]:
    """What is wrong with the place of an image, for jobs in this region."""
    found = ADDRESS.fullmatch(image)
    if found is None:
        yield warning(
            "image-unknown",
            f"the training image {image} is in no registry of ECR",
            "Check that SageMaker may pull it, or update the stack with TrainingImage.",
        )
    elif found["region"] != region:
        yield blocking(
            "image-region",
            f"the training image is in {found['region']}; jobs in {region} cannot pull it",
            f"Update the stack with the address of an image in {region} as TrainingImage, or with"
            f" {found['image']} for AWS's own.",
        )
    elif found["account"] in set(AWS_ACCOUNTS.values()):
        yield from _of_aws(found, region)


def _of_aws(found: re.Match[str], region: str) -> Iterator[Finding]:
    known = AWS_ACCOUNTS.get(region)
    if known is None:
        yield warning(
            "image-unknown",
            f"it is not known in which registry AWS keeps its images in {region}",
            "Look it up in AWS's list of Deep Learning Containers, and update the stack with the"
            " whole address as TrainingImage.",
        )
    elif known != found["account"]:
        yield blocking(
            "image-account",
            f"AWS keeps its images in {region} in the registry of account {known}",
            f"Update the stack with TrainingImage={found['image']}.",
        )
