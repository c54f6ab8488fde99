"""The base model and the packages that SageMaker jobs read from the studio bucket.

`onmodel trainer prepare` writes them. weights.json and wheels.json are written last: without them a
folder is incomplete. Jobs compare each file with them; preflight compares the sizes.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.keys import slug

BASE_MODEL = "black-forest-labs/FLUX.2-klein-base-4B"
REVISION = "a3b4f4849157f664bdbc776fd7453c2783562f4d"
"""The commit of the model's repository at the hub: the same files for every user and every day."""

WEIGHTS_BYTES = 16_000_000_000
"""Of the files that a job reads; about, for what is said before they are there."""

Sha256 = str
"""64 hexadecimal digits."""


class FolderListing(Contract):
    """What a folder of the bucket holds, by the file's name in it."""

    files: dict[str, Sha256]
    sizes: dict[str, int] = Field(description="bytes; the same names as in files")

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())


class WeightsListing(FolderListing):
    """weights.json."""

    model: str = Field(description="its repository at the hub")
    revision: str
    licence: str = Field(description="as the model card names it, for example apache-2.0")
    origin: Literal["hub", "folder"] = Field(
        description="hub: compared with the hashes that the hub declares"
    )
    notice: str = Field(
        default="", description="written on every picture: of a model that draws nothing but noise"
    )


class WheelsListing(FolderListing):
    """wheels.json."""

    requirements_sha256: Sha256 = Field(description="of trainer/requirements.txt")
    image: str = Field(description="in which pip chose them; another one may need others")
    origin: Literal["hub", "folder"]


def weights_prefix(model: str = BASE_MODEL, revision: str = REVISION) -> str:
    """The folder of a model's weights in the studio bucket, ending in a slash."""
    return f"trainers/sagemaker/weights/{slug(model)}/{revision}/"


def wheels_prefix(requirements_sha256: str) -> str:
    """The folder of the packages of a requirements.txt, ending in a slash."""
    return f"trainers/sagemaker/wheels/{requirements_sha256[:16]}/"


WEIGHTS_LISTING = "weights.json"
WHEELS_LISTING = "wheels.json"
