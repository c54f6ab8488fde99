"""What every ObjectStore keeps: the fake and S3."""

from __future__ import annotations

import base64
import hashlib

import pytest
from awscrt.checksums import crc64nvme
from fakes.object_store import InMemoryObjectStore

from onmodel.adapters.s3 import S3ObjectStore
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore, VersionedStore

FILM = bytes(range(256)) * 40


@pytest.fixture(params=["fake", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "fake":
        return InMemoryObjectStore("studio")
    aws = request.getfixturevalue("aws")
    client = aws("s3")
    client.create_bucket(Bucket="studio")
    client.put_bucket_versioning(Bucket="studio", VersioningConfiguration={"Status": "Enabled"})
    return S3ObjectStore(client, "studio")


def test_get_when_put_then_same_bytes(store: ObjectStore) -> None:
    store.put("main/a.bin", FILM, "video/mp4")
    assert store.get("main/a.bin") == FILM
    assert store.bucket == "studio"


def test_head_when_put_then_size_etag_version_and_checksum(store: ObjectStore) -> None:
    store.put("main/a.bin", FILM, "video/mp4")
    info = store.head("main/a.bin")
    whole = base64.b64encode(crc64nvme(FILM).to_bytes(8, "big")).decode()
    assert (info.key, info.size) == ("main/a.bin", len(FILM))
    assert info.etag == hashlib.md5(FILM).hexdigest()
    assert info.version_id
    assert info.checksum_crc64nvme in {None, whole}
    assert info.last_modified is not None
    assert info.last_modified.tzinfo is not None


@pytest.mark.parametrize("ask", ["head", "get"])
def test_missing_key_when_asked_then_not_found(store: ObjectStore, ask: str) -> None:
    with pytest.raises(NotFound):
        getattr(store, ask)("main/nothing")


def test_version_when_replaced_then_both_are_readable(store: ObjectStore) -> None:
    store.put("film.mp4", b"first", "video/mp4")
    first = store.head("film.mp4").version_id
    store.put("film.mp4", b"second!", "video/mp4")
    assert store.get("film.mp4") == b"second!"
    assert store.get("film.mp4", first) == b"first"
    assert store.head("film.mp4", first).size == 5
    assert store.read("film.mp4", 1, 3, first) == b"ir"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, 100), (99, 356), (10_000, 10_240), (10_200, 99_999), (5, 5), (9, 4),
     (10_240, 10_300), (50_000, 50_001)],
)  # fmt: skip
def test_read_when_asked_for_a_range_then_slice(store: ObjectStore, start: int, end: int) -> None:
    store.put("film.mp4", FILM, "video/mp4")
    assert store.read("film.mp4", start, end) == FILM[start : max(start, end)]


def test_list_when_more_keys_then_prefix_in_order(store: ObjectStore) -> None:
    for key in ("b/2", "b/10", "a/1", "b/ü", "c"):
        store.put(key, key.encode(), "text/plain")
    assert [info.key for info in store.list("b/")] == ["b/10", "b/2", "b/ü"]
    assert [info.size for info in store.list("b/")] == [4, 3, 4]
    assert list(store.list("nothing/")) == []


def test_delete_prefix_when_keys_then_only_those_go_and_versions_stay(store: ObjectStore) -> None:
    for key in ("run/1", "run/2", "runs"):
        store.put(key, b"x", "text/plain")
    version = store.head("run/1").version_id
    assert store.delete_prefix("run/") == 2
    assert [info.key for info in store.list("")] == ["runs"]
    assert store.get("run/1", version) == b"x"
    with pytest.raises(NotFound):
        store.get("run/1")
    assert store.delete_prefix("run/") == 0


def test_presign_when_called_then_link_names_key_and_expiry(store: ObjectStore) -> None:
    link = store.presign("report/index.html", 900)
    assert "report/index.html?" in link
    assert "X-Amz-Expires=900" in link


def test_versions_when_replaced_and_deleted_then_all_are_listed_with_the_marker(
    store: VersionedStore,
) -> None:
    store.put("bunny/a", b"first", "text/plain")
    store.put("bunny/a", b"second!", "text/plain")
    store.put("bunny/b", b"b", "text/plain")
    store.put("bunnyhop/a", b"another's", "text/plain")
    store.delete_prefix("bunny/a")
    found = list(store.versions("bunny/"))
    assert sorted((one.key, one.size) for one in found) == [
        ("bunny/a", 0), ("bunny/a", 5), ("bunny/a", 7), ("bunny/b", 1)
    ]  # fmt: skip
    assert len({one.version_id for one in found if one.key == "bunny/a"}) == 3


def test_versions_when_deleted_then_gone_for_good_and_no_other_is(store: VersionedStore) -> None:
    store.put("bunny/a", b"first", "text/plain")
    first = store.head("bunny/a").version_id
    store.put("bunny/a", b"second!", "text/plain")
    store.put("bunnyhop/a", b"another's", "text/plain")
    assert store.delete_versions(store.versions("bunny/")) == 2
    assert list(store.versions("bunny/")) == []
    with pytest.raises(NotFound):
        store.get("bunny/a", first)
    assert store.get("bunnyhop/a") == b"another's"
    assert store.delete_versions([]) == 0
