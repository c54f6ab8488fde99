"""Whether weights and wheels are complete in the studio bucket, by their listings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from onmodel.contracts.trainings import Finding
from onmodel.contracts.weights import (
    WEIGHTS_LISTING,
    WHEELS_LISTING,
    FolderListing,
    WeightsListing,
    WheelsListing,
    weights_prefix,
    wheels_prefix,
)
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore
from onmodel.trainers.findings import blocking

ListingT = TypeVar("ListingT", bound=FolderListing)

ADVICE = "Bring them with `onmodel trainer prepare`."


def weights(store: ObjectStore) -> Iterator[Finding]:
    """What is missing of the base model."""
    found = _listing(store, f"{weights_prefix()}{WEIGHTS_LISTING}", WeightsListing)
    if found is None:
        yield blocking(
            "weights", "the weights of the base model are not in the studio bucket", ADVICE
        )
    elif missing := _missing(store, weights_prefix(), found):
        yield blocking("weights-incomplete", f"of the base model's weights, {missing}", ADVICE)


def wheels(store: ObjectStore, requirements_sha256: str, image: str) -> Iterator[Finding]:
    """What is missing of the packages that a job installs."""
    prefix = wheels_prefix(requirements_sha256)
    found = _listing(store, f"{prefix}{WHEELS_LISTING}", WheelsListing)
    if found is None:
        yield blocking(
            "wheels", "the packages of the training job are not in the studio bucket", ADVICE
        )
    elif found.files and found.image != image:
        yield blocking(
            "wheels-image",
            f"the packages of the training job were chosen for {found.image}, not for {image}",
            ADVICE,
        )
    elif missing := _missing(store, prefix, found):
        yield blocking("wheels-incomplete", f"of the training job's packages, {missing}", ADVICE)


def _listing(store: ObjectStore, key: str, kind: type[ListingT]) -> ListingT | None:
    """None when it is missing or cannot be read: then the folder is incomplete."""
    try:
        return kind.from_stored(store.get(key))
    except (NotFound, ValidationError):
        return None


def _missing(store: ObjectStore, prefix: str, listing: FolderListing) -> str:
    """Which files are missing or have another size, as the end of a sentence; empty when none."""
    there = {item.key.removeprefix(prefix): item.size for item in store.list(prefix)}
    wrong = [name for name, size in sorted(listing.sizes.items()) if there.get(name) != size]
    if not wrong:
        return ""
    shown = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    return f"{shown} {'is' if len(wrong) == 1 else 'are'} missing or of another size"
