"""Thumbnails of crops from the files of their chunks, for the sheets of a review."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore

READS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""

ID_WITHIN = 120
"""Bytes at the beginning of a line of thumbnails.jsonl in which its id stands."""


def stored_thumbnails(wanted: Mapping[str, str], studio: ObjectStore) -> dict[str, bytes]:
    """JPEG by crop_id; a crop whose file is gone has none.

    Args:
        wanted: the key of thumbnails.jsonl by crop_id.
        studio: holds these files.
    """
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for crop_id, key in wanted.items():
        ids[key].append(crop_id)
    found: dict[str, bytes] = {}
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        for part in pool.map(lambda key: _of_file(key, ids[key], studio), ids):
            found |= part
    return found


def _of_file(key: str, ids: Iterable[str], studio: ObjectStore) -> dict[str, bytes]:
    """A line is parsed only when it is wanted: a file has some megabytes."""
    try:
        lines = studio.get(key).splitlines()
    except NotFound:
        return {}
    heads = {f'"id":"{crop_id}"'.encode(): crop_id for crop_id in ids}
    found = {}
    for line in lines:
        head = line[:ID_WITHIN].replace(b" ", b"")
        crop_id = next((one for mark, one in heads.items() if mark in head), None)
        if crop_id is not None:
            found[crop_id] = base64.b64decode(json.loads(line)["jpeg"])
    return found


PRESIGNED_SECONDS = 3600
"""A page that is open for longer asks for its items again."""


@dataclass(frozen=True)
class PresignedPictures:
    """ReviewPictures of a function: addresses of S3, and sheets that are stored there."""

    studio: ObjectStore

    def address(self, store: ObjectStore, key: str) -> str:
        """See `ReviewPictures.address`."""
        return store.presign(key, PRESIGNED_SECONDS)

    def sheet(self, production: str, name: str, make: Callable[[], bytes]) -> str:
        """See `ReviewPictures.sheet`."""
        key = f"{production}/review/{name}.jpg"
        try:
            self.studio.head(key)
        except NotFound:
            self.studio.put(key, make(), "image/jpeg")
        return self.address(self.studio, key)
