"""Thumbnails of crops from the files of their chunks, for the sheets of a review."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

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
