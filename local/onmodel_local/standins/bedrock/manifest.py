"""Checks training data against every limit of Nova Canvas in the Nova user guide."""

from __future__ import annotations

import json
import re
import struct
from concurrent.futures import ThreadPoolExecutor

from onmodel_local.standins.aws_services import AccessRefusedError
from onmodel_local.standins.service import ReadUri

ManifestRecord = dict[str, str]

LEAST_RECORDS, MOST_RECORDS = 5, 10_000
LEAST_CAPTION, MOST_CAPTION = 3, 1024
LEAST_SIDE, MOST_SIDE = 512, 4096
MOST_PIXELS = 12_582_912
MOST_BYTES = 50 * 1024 * 1024
MOST_ASPECT = 4.0
LISTED_FAULTS = 20
_KEYS = {"image-ref", "caption"}
_READERS = 4


class DataRefusedError(ValueError):
    """Raised when training data breaks a limit; the message is the job's failureMessage."""


def read_manifest(text: bytes) -> list[ManifestRecord]:
    """Lines of JSON → records.

    Raises:
        DataRefusedError: no JSON lines, wrong keys, captions or numbers of records.
    """
    try:
        lines = text.decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as fault:
        raise DataRefusedError("Unable to parse Amazon S3 file: it is not UTF-8") from fault
    records: list[ManifestRecord] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if wrong := _line_fault(line, records):
            faults.append(f"line {number}: {wrong}")
    if not LEAST_RECORDS <= len(lines) <= MOST_RECORDS:
        faults.append(f"{len(lines)} records, must be {LEAST_RECORDS} to {MOST_RECORDS}")
    _refuse(faults, "Unable to parse Amazon S3 file; dataset files must conform to JSONL format")
    return records


def _line_fault(line: str, records: list[ManifestRecord]) -> str | None:
    if not line.strip():
        return "blank"
    try:
        record = json.loads(line)
    except ValueError:
        return "no JSON"
    if not isinstance(record, dict) or set(record) != _KEYS:
        return f"keys must be {sorted(_KEYS)}"
    fault = _record_fault(record)
    if fault is None:
        records.append(record)
    return fault


def _record_fault(record: dict[str, object]) -> str | None:
    place, caption = record["image-ref"], record["caption"]
    if not isinstance(place, str) or not isinstance(caption, str):
        return "values must be text"
    if not re.fullmatch(r"s3://[a-z0-9.-]{3,63}/[-a-zA-Z0-9_/.]+", place):
        return f"image-ref {place[:120]!r} is no S3 URI of letters, digits, _ - / ."
    if not LEAST_CAPTION <= len(caption) <= MOST_CAPTION:
        return f"caption has {len(caption)} characters"
    return None


def check_pictures(records: list[ManifestRecord], read: ReadUri) -> None:
    """Read every picture and check its format, bytes, sides, pixels and aspect.

    Raises:
        DataRefusedError: lists the first faults.
    """

    def fault_of(record: ManifestRecord) -> str | None:
        try:
            fault = picture_fault(read(record["image-ref"]))
        except AccessRefusedError as refused:
            fault = str(refused)
        return f"{record['image-ref']}: {fault}" if fault else None

    with ThreadPoolExecutor(_READERS) as pool:
        faults = [fault for fault in pool.map(fault_of, records) if fault]
    _refuse(faults, "Training data validation failed")


def picture_fault(body: bytes) -> str | None:
    """Why Nova Canvas would refuse a picture; None when it would not."""
    if len(body) > MOST_BYTES:
        return f"{len(body)} bytes, at most {MOST_BYTES}"
    size = header_size(body)
    if size is None:
        return "neither PNG nor JPEG"
    short, long = min(size), max(size)
    if short < LEAST_SIDE or long > MOST_SIDE:
        return f"{size[0]} x {size[1]} pixels, sides must be {LEAST_SIDE} to {MOST_SIDE}"
    if size[0] * size[1] > MOST_PIXELS:
        return f"{size[0] * size[1]} pixels, at most {MOST_PIXELS}"
    return "aspect beyond 4:1" if long / short > MOST_ASPECT else None


def header_size(body: bytes) -> tuple[int, int] | None:
    """Width and height from the header, without decoding."""
    if body.startswith(b"\x89PNG\r\n\x1a\n") and len(body) >= 24:
        width, height = struct.unpack(">II", body[16:24])
        return int(width), int(height)
    if not body.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 9 < len(body):
        marker, length = body[place + 1], int.from_bytes(body[place + 2 : place + 4], "big")
        # start-of-frame markers, without the tables that share their range
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[place + 5 : place + 9])
            return int(width), int(height)
        place += 2 + length
    return None


def _refuse(faults: list[str], heading: str) -> None:
    if not faults:
        return
    more = len(faults) - LISTED_FAULTS
    listed = "; ".join(faults[:LISTED_FAULTS]) + (f"; and {more} more" if more > 0 else "")
    raise DataRefusedError(f"{heading}: {listed}")
