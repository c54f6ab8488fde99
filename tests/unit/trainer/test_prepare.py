import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fakes.hub import HubFake

from bucket_folder import BucketFolder
from hub import Hub
from job import JobError, sha256
from onmodel.contracts.weights import WeightsListing, WheelsListing
from prepare import (
    main,
    named_licence,
    weights_from_folder,
    weights_from_hub,
    wheels_from_folder,
)

BUCKET = "studio"
BIG = "transformer/diffusion_pytorch_model.safetensors"
PREFIX = "trainers/sagemaker/weights/klein/aaaa/"
WANTED = {
    "README.md",
    "LICENSE.md",
    "model_index.json",
    "transformer/config.json",
    BIG,
    "tokenizer/merges.txt",
    "vae/diffusion_pytorch_model.safetensors",
}


def prepare(hub: HubFake, s3: Any, scratch: Path) -> None:
    weights_from_hub(
        Hub(hub.url, lambda _: None),
        hub.model,
        hub.revision,
        BucketFolder(BUCKET, PREFIX, s3),
        Path(tempfile.mkdtemp(dir=scratch)),
    )


def stored(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", [])
    return {
        item["Key"].removeprefix(PREFIX): s3.get_object(Bucket=BUCKET, Key=item["Key"])[
            "Body"
        ].read()
        for item in listed
    }


def test_weights_when_copied_from_the_hub_then_files_hashes_sizes_and_licence(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    prepare(hub, s3, tmp_path)
    objects = stored(s3)
    listing = WeightsListing.model_validate_json(objects.pop("weights.json"))
    assert objects == {name: hub.files[name] for name in WANTED}
    assert listing.files == {name: hashlib.sha256(hub.files[name]).hexdigest() for name in WANTED}
    assert listing.sizes == {name: len(hub.files[name]) for name in WANTED}
    assert (listing.model, listing.revision) == (hub.model, hub.revision)
    assert (listing.licence, listing.origin) == ("apache-2.0", "hub")


def test_weights_when_copied_a_second_time_then_nothing_is_fetched(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    prepare(hub, s3, tmp_path)
    hub.requests.clear()
    prepare(hub, s3, tmp_path)
    assert hub.requests == []


def test_weights_when_a_file_is_a_byte_different_then_no_listing_and_the_others_are_kept(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    hub.declared = {"vae/diffusion_pytorch_model.safetensors": "0" * 64}
    with pytest.raises(JobError, match="is not the file that the hub declares"):
        prepare(hub, s3, tmp_path)
    assert set(stored(s3)) == WANTED - {"vae/diffusion_pytorch_model.safetensors"}

    hub.declared.clear()
    hub.requests.clear()
    prepare(hub, s3, tmp_path)
    assert set(hub.fetched()) == {"README.md", "vae/diffusion_pytorch_model.safetensors"}
    assert set(stored(s3)) == {*WANTED, "weights.json"}


def test_weights_when_an_object_was_deleted_then_only_that_file_is_fetched_again(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    prepare(hub, s3, tmp_path)
    s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}{BIG}")
    hub.requests.clear()
    prepare(hub, s3, tmp_path)
    assert set(hub.fetched()) == {"README.md", BIG}
    assert stored(s3)[BIG] == hub.files[BIG]


def test_weights_when_an_object_was_not_uploaded_by_us_then_fetched(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{BIG}", Body=b"x" * len(hub.files[BIG]))
    prepare(hub, s3, tmp_path)
    assert stored(s3)[BIG] == hub.files[BIG]


def test_weights_when_another_model_was_there_then_none_of_its_files_stays(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    other = "transformer/diffusion_pytorch_model-00001-of-00002.safetensors"
    for name in (other, "weights.json"):
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{name}", Body=b"null")
    beside = "trainers/sagemaker/weights/klein/aaaab/model"
    s3.put_object(Bucket=BUCKET, Key=beside, Body=b"another revision")
    prepare(hub, s3, tmp_path)
    assert set(stored(s3)) == {*WANTED, "weights.json"}
    assert s3.get_object(Bucket=BUCKET, Key=beside)["Body"].read() == b"another revision"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"LICENSE.md": None}, "no LICENSE"), ({"README.md": b"# A model\n"}, "names no licence"),
     ({"README.md": None}, "names no licence")],
)  # fmt: skip
def test_weights_when_the_licence_is_missing_then_refused_before_a_weight_is_fetched(
    hub: HubFake, s3: Any, tmp_path: Path, change: dict[str, bytes | None], message: str
) -> None:
    for name, content in change.items():
        hub.files.pop(name)
        hub.files |= {name: content} if content else {}
    with pytest.raises(JobError, match=message):
        prepare(hub, s3, tmp_path)
    assert stored(s3) == {}


@pytest.fixture
def own(hub: HubFake, tmp_path: Path) -> Path:
    """The model in a folder of the user's machine, with files that no job reads."""
    for name, content in hub.files.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_bytes(content)
    return tmp_path / "own"


def test_weights_when_given_in_a_folder_then_uploaded_and_said_to_be_from_there(
    own: Path, hub: HubFake, s3: Any
) -> None:
    weights_from_folder(own, hub.model, hub.revision, BucketFolder(BUCKET, PREFIX, s3))
    objects = stored(s3)
    listing = WeightsListing.model_validate_json(objects.pop("weights.json"))
    assert objects == {name: hub.files[name] for name in WANTED}
    assert (listing.origin, listing.model, listing.licence) == ("folder", hub.model, "apache-2.0")
    assert hub.requests == []


def test_weights_when_given_with_their_own_listing_then_called_what_they_are(
    own: Path, hub: HubFake, s3: Any
) -> None:
    files = {name: sha256(own / name) for name in WANTED}
    told = {"model": "me/mine", "revision": "7", "licence": "CC0-1.0", "files": files}
    (own / "weights.json").write_text(json.dumps(told))
    weights_from_folder(own, hub.model, hub.revision, BucketFolder(BUCKET, PREFIX, s3))
    listing = WeightsListing.model_validate_json(stored(s3)["weights.json"])
    assert (listing.model, listing.revision, listing.licence) == ("me/mine", "7", "CC0-1.0")

    (own / BIG).write_bytes(b"another")
    with pytest.raises(JobError, match=BIG):
        weights_from_folder(own, hub.model, hub.revision, BucketFolder(BUCKET, PREFIX, s3))


@pytest.mark.parametrize(
    ("missing", "message"),
    [("model_index.json", "no model_index.json"), ("LICENSE.md", "no LICENSE"),
     ("README.md", "names no licence")],
)  # fmt: skip
def test_weights_when_the_folder_lacks_a_file_then_refused(
    own: Path, hub: HubFake, s3: Any, missing: str, message: str
) -> None:
    (own / missing).unlink()
    with pytest.raises(JobError, match=message):
        weights_from_folder(own, hub.model, hub.revision, BucketFolder(BUCKET, PREFIX, s3))
    assert stored(s3) == {}


def test_weights_when_another_model_is_there_then_the_hub_s_replaces_it(
    own: Path, hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    weights_from_folder(own, "me/mine", "7", BucketFolder(BUCKET, PREFIX, s3))
    prepare(hub, s3, tmp_path)
    listing = WeightsListing.model_validate_json(stored(s3)["weights.json"])
    assert (listing.model, listing.origin) == (hub.model, "hub")


def test_wheels_when_given_in_a_folder_then_uploaded_with_the_requirements_they_are_for(
    s3: Any, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "notes.txt").write_bytes(b"no wheel")
    wheels_from_folder(
        tmp_path, tmp_path / "requirements.txt", "image:1", BucketFolder(BUCKET, PREFIX, s3)
    )
    listing = WheelsListing.model_validate_json(stored(s3)["wheels.json"])
    assert listing.files == {"a-1-py3-none-any.whl": hashlib.sha256(b"wheel").hexdigest()}
    assert listing.requirements_sha256 == hashlib.sha256(b"a==1\n").hexdigest()
    assert (listing.image, listing.origin) == ("image:1", "folder")


def test_named_licence_when_the_card_has_another_licence_s_name_then_that(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text('---\nlicense: other\nlicense_name: "flux-non-commercial"\n---\n')
    assert named_licence(card) == "flux-non-commercial"


def test_main_when_the_hub_s_file_differs_then_one_sentence_for_failure_reason(
    hub: HubFake, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.declared = {BIG: "0" * 64}
    failure = tmp_path / "output" / "failure"
    failure.parent.mkdir()
    status = main(
        ["--bucket", BUCKET, "--model", hub.model, "--revision", hub.revision, "--image", "i",
         "--weights-prefix", PREFIX, "--wheels-prefix", "w/", "--only", "weights",
         "--hub", hub.url, "--failure", str(failure)]
    )  # fmt: skip
    assert status == 1
    assert failure.read_text().startswith(f"{BIG} is not the file that the hub declares")
    assert "Traceback" not in capsys.readouterr().err


def test_main_when_run_again_after_a_failure_then_complete_and_the_failure_is_gone(
    hub: HubFake, s3: Any, tmp_path: Path
) -> None:
    failure = tmp_path / "failure"
    failure.write_text("of the run before")
    status = main(
        ["--bucket", BUCKET, "--model", hub.model, "--revision", hub.revision, "--image", "i",
         "--weights-prefix", PREFIX, "--wheels-prefix", "w/", "--only", "weights",
         "--hub", hub.url, "--failure", str(failure)]
    )  # fmt: skip
    assert status == 0
    assert not failure.exists()
    assert "weights.json" in stored(s3)
