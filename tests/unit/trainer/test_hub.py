from pathlib import Path

import pytest
from fakes.hub import HubFake

from hub import ATTEMPTS, Hub, HubFile, is_wanted
from job import JobError

BIG = "transformer/diffusion_pytorch_model.safetensors"


class Waits(list[float]):
    """Records how long a hub's client would have waited."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


def listed(hub: HubFake, waits: Waits) -> dict[str, HubFile]:
    return {file.name: file for file in Hub(hub.url, waits).files(hub.model, hub.revision)}


def fetch(hub: HubFake, waits: Waits, name: str, target: Path) -> bytes:
    file = listed(hub, waits)[name]
    Hub(hub.url, waits).fetch(hub.model, hub.revision, file, target)
    return target.read_bytes()


def test_files_when_listed_over_pages_then_those_of_the_pipeline_with_their_hashes(
    hub: HubFake, waits: Waits
) -> None:
    files = listed(hub, waits)
    assert set(files) == set(hub.files) - {"teaser.jpg", "flux-2-klein.safetensors"}
    assert files[BIG].declared.startswith("sha256:")
    assert files["README.md"].declared.startswith("git:")
    assert files[BIG].size == 102_400


def test_files_when_the_revision_is_unknown_then_refused_at_once(
    hub: HubFake, waits: Waits
) -> None:
    with pytest.raises(JobError, match="HTTP 404"):
        Hub(hub.url, waits).files(hub.model, "b" * 40)
    assert waits == []


@pytest.mark.parametrize("name", ["../outside.json", "vae/../../outside.json", "/etc/passwd.json"])
def test_files_when_a_name_leaves_the_folder_then_refused(
    hub: HubFake, waits: Waits, name: str
) -> None:
    hub.files[name] = b"{}"
    with pytest.raises(JobError, match="outside the model's folder"):
        listed(hub, waits)


@pytest.mark.parametrize("name", [BIG, "README.md", "tokenizer/merges.txt"])
def test_fetch_when_all_is_well_then_the_content_through_a_redirect(
    hub: HubFake, waits: Waits, tmp_path: Path, name: str
) -> None:
    assert fetch(hub, waits, name, tmp_path / "file") == hub.files[name]
    assert waits == []


@pytest.mark.parametrize("name", [BIG, "README.md"])
def test_fetch_when_the_content_is_another_one_then_refused(
    hub: HubFake, waits: Waits, tmp_path: Path, name: str
) -> None:
    file = listed(hub, waits)[name]
    changed = bytearray(hub.files[name])
    changed[len(changed) // 2] ^= 1
    hub.files[name] = bytes(changed)
    with pytest.raises(JobError, match=f"{name} is not the file that the hub declares"):
        Hub(hub.url, waits).fetch(hub.model, hub.revision, file, tmp_path / "file")


def test_fetch_when_the_connection_ends_early_then_goes_on_there(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    hub.cut = {BIG: [30_000, 40_000]}
    assert fetch(hub, waits, BIG, tmp_path / "file") == hub.files[BIG]
    assert hub.requests == [(BIG, None), (BIG, "bytes=30000-"), (BIG, "bytes=70000-")]


def test_fetch_when_a_part_is_there_then_only_the_rest_is_asked_for(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(hub.files[BIG][:100_000])
    assert fetch(hub, waits, BIG, tmp_path / "file") == hub.files[BIG]
    assert hub.requests == [(BIG, "bytes=100000-")]


def test_fetch_when_the_server_knows_no_ranges_then_begins_again(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    hub.cut, hub.ranges = {BIG: [30_000]}, False
    assert fetch(hub, waits, BIG, tmp_path / "file") == hub.files[BIG]


def test_fetch_when_the_file_stays_truncated_then_given_up(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    hub.cut, hub.ranges = {BIG: [30_000] * 99}, False
    with pytest.raises(JobError, match=r"sends 30,000 of the 102,400 bytes"):
        fetch(hub, waits, BIG, tmp_path / "file")
    assert waits == list(range(1, ATTEMPTS + 1))


def test_fetch_when_the_hub_sends_more_than_it_declares_then_refused(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    file = listed(hub, waits)[BIG]
    hub.files[BIG] += b"more"
    with pytest.raises(JobError, match="longer than the hub declares"):
        Hub(hub.url, waits).fetch(hub.model, hub.revision, file, tmp_path / "file")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "17"}, 17), ({"RateLimit": '"resolvers";r=0;t=55'}, 55), ({}, 1)],
)
def test_fetch_when_there_were_too_many_requests_then_waits_as_asked(
    hub: HubFake, waits: Waits, tmp_path: Path, headers: dict[str, str], wait: float
) -> None:
    hub.statuses = {BIG: [(429, headers)]}
    assert fetch(hub, waits, BIG, tmp_path / "file") == hub.files[BIG]
    assert waits == [wait]


def test_fetch_when_the_hub_is_down_for_long_then_given_up_after_growing_waits(
    hub: HubFake, waits: Waits, tmp_path: Path
) -> None:
    hub.statuses = {BIG: [(503, {})] * 99}
    with pytest.raises(JobError, match="does not answer"):
        fetch(hub, waits, BIG, tmp_path / "file")
    assert waits == [2.0**attempt for attempt in range(ATTEMPTS)]


def test_is_wanted_when_the_weights_stand_in_one_file_too_then_left_out() -> None:
    assert not is_wanted("flux-2-klein-base-4b.safetensors")
    assert is_wanted("text_encoder/model-00001-of-00002.safetensors")
    assert is_wanted("tokenizer/chat_template.jinja")
