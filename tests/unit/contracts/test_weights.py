import re

from onmodel.contracts.weights import REVISION, FolderListing, weights_prefix, wheels_prefix


def test_prefixes_when_made_then_safe_folders_below_the_trainer() -> None:
    assert weights_prefix() == (
        f"trainers/sagemaker/weights/black-forest-labs-flux-2-klein-base-4b/{REVISION}/"
    )
    assert wheels_prefix("0123456789abcdef" * 4) == "trainers/sagemaker/wheels/0123456789abcdef/"


def test_revision_when_pinned_then_a_commit_and_no_branch() -> None:
    assert re.fullmatch("[0-9a-f]{40}", REVISION)


def test_listing_when_summed_then_bytes_of_all_files() -> None:
    listing = FolderListing(files={"a": "0" * 64, "b": "1" * 64}, sizes={"a": 3, "b": 4})
    assert listing.bytes == 7
