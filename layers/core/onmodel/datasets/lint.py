"""Every limit of the trainer's manifest, judged before a job is started and paid for.

All violations are listed, not the first: whoever corrects a dataset does it once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from onmodel.contracts.datasets import PictureFacts, Violation
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.manifest import ManifestLine
from onmodel.errors import ManifestRefused

TOLD = 20
"""Violations in an error's message; the whole list goes beside the manifest."""

# botocore's pattern of S3 URIs in AWS's training jobs: no spaces, no Unicode.
S3_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+)+")
S3_URI_LIMIT = 1024
MANIFEST_NAME = re.compile(r"[-A-Za-z0-9_/.]+\.jsonl")
SUFFIXES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}

Faults = Iterator[tuple[str, str]]
"""Rule and words."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as they stand, repeated ones included."""


@dataclass(frozen=True)
class _Judge:
    """What lines are judged by, and in which line each picture was seen."""

    limits: DatasetLimits
    pictures: Mapping[str, PictureFacts]
    image_key: str
    caption_key: str
    seen: dict[str, int] = field(default_factory=dict)

    def line(self, line: bytes, number: int) -> Faults:
        if not line.strip():
            yield "blank", "blank"
            return
        try:
            record = json.loads(line.decode(), object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as fault:  # bad UTF-8 is a ValueError too
            yield "json", f"not JSON: {fault}"
            return
        if not isinstance(record, _Pairs):
            yield "json", "not a JSON object"
            return
        keys = [key for key, _ in record]
        if sorted(keys) != sorted((self.image_key, self.caption_key)):
            wanted = f'"{self.image_key}" and "{self.caption_key}"'
            yield "keys", f"has the keys {', '.join(keys) or '(none)'}, not {wanted}"
        values = dict(record)
        if self.caption_key in values:
            yield from self._caption(values[self.caption_key])
        if self.image_key in values:
            yield from self._image(values[self.image_key], number)

    def _caption(self, caption: object) -> Faults:
        if not isinstance(caption, str):
            yield "caption", "the caption is no text"
            return
        lowest, highest = self.limits.min_caption_characters, self.limits.max_caption_characters
        length = len(caption.strip()) if len(caption) <= highest else len(caption)
        if not lowest <= length <= highest:
            yield "caption", f"the caption has {length:,} characters, not {lowest} to {highest:,}"

    def _image(self, uri: object, number: int) -> Faults:
        if not isinstance(uri, str) or len(uri) > S3_URI_LIMIT or not S3_URI.fullmatch(uri):
            yield "uri", f"{uri!r} is no S3 URI that is taken: letters, digits and -!_*'(). only"
            return
        if uri in self.seen:
            yield "repeated", f"{uri} stands in line {self.seen[uri]} already"
            return
        self.seen[uri] = number
        if uri not in self.pictures:
            yield "missing", f"{uri} was not found"
            return
        facts = self.pictures[uri]
        suffix = PurePosixPath(uri).suffix.removeprefix(".").lower()
        if facts.format and SUFFIXES.get(suffix) != facts.format:
            yield "suffix", f"{uri} is {facts.format}, which its name does not say"
        for rule, words in picture_faults(facts, self.limits):
            yield rule, f"{uri} {words}"


def lint_manifest(
    manifest: bytes,
    pictures: Mapping[str, PictureFacts],
    *,
    limits: DatasetLimits,
    manifest_line: ManifestLine,
    name: str = "manifest.jsonl",
) -> tuple[Violation, ...]:
    """All that the trainer would refuse, in the order of the lines.

    Args:
        manifest: the file.
        pictures: what is known of each picture, by its S3 URI; one that is missing here is a
            violation, for nobody has seen it.
        limits: the trainer's.
        manifest_line: the trainer's; tells which keys a line must have.
        name: key of the file.
    """
    judge = _Judge(limits, pictures, *_keys(manifest_line))
    lines = _lines(manifest)
    found = [Violation(line=None, rule=rule, detail=words) for rule, words in _file(lines, name)]
    if manifest.startswith(b"\xef\xbb\xbf"):
        found.append(Violation(line=None, rule="bom", detail="begins with a byte order mark"))
        lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
    lowest, highest = limits.min_records, limits.max_records
    count = sum(1 for line in lines if line.strip())
    if not lowest <= count <= highest:
        words = f"{count:,} records, the trainer takes {lowest:,} to {highest:,}"
        found.append(Violation(line=None, rule="records", detail=words))
    found += [
        Violation(line=number, rule=rule, detail=words)
        for number, line in enumerate(lines, 1)
        for rule, words in judge.line(line, number)
    ]
    return tuple(found)


def refuse_violations(violations: tuple[Violation, ...]) -> None:
    """Do nothing for none.

    Raises:
        ManifestRefused: naming how many there are, and the first.
    """
    if violations:
        more = f"; and {len(violations) - TOLD:,} more" if len(violations) > TOLD else ""
        told = "; ".join(str(violation) for violation in violations[:TOLD])
        raise ManifestRefused(
            f"the manifest breaks the trainer's limits in {len(violations):,} places: {told}{more}",
            "Correct or leave out these pictures and run the training again",
        )


def picture_faults(facts: PictureFacts, limits: DatasetLimits) -> Faults:
    """Which limits a picture breaks."""
    formats = sorted({SUFFIXES.get(suffix, suffix) for suffix in limits.formats})
    if facts.format not in formats:
        yield "format", f"is {facts.format or 'no picture'}, not {' or '.join(formats)}"
    if facts.size_bytes > limits.max_picture_bytes:
        yield "bytes", f"has {facts.size_bytes:,} bytes, more than {limits.max_picture_bytes:,}"
    short, long = sorted((facts.width, facts.height))
    size = f"has {facts.width:,} x {facts.height:,} pixels"
    if short < limits.min_side or long > limits.max_side:
        yield "side", f"{size}, each side must have {limits.min_side:,} to {limits.max_side:,}"
    if short * long > limits.max_pixels:
        yield "pixels", f"{size}, more than {limits.max_pixels:,} in all"
    if long > short * limits.max_aspect:
        yield "aspect", f"{size}, its long side is over {limits.max_aspect:g} times the short"


def _file(lines: list[bytes], name: str) -> Faults:
    if not MANIFEST_NAME.fullmatch(name):
        yield "name", f"the name {name!r} must end in .jsonl and hold only letters, digits, _ - / ."
    if any(line.endswith(b"\r") for line in lines):
        yield "line-ends", "lines end as on Windows (CR LF)"


def _lines(manifest: bytes) -> list[bytes]:
    """A newline ends a line, it does not begin one."""
    return manifest.removesuffix(b"\n").split(b"\n") if manifest else []


def _keys(manifest_line: ManifestLine) -> tuple[str, str]:
    """Which key of a trainer's line holds the picture, and which the caption."""
    sample = json.loads(manifest_line("s3://sample/picture.png", "a sample"))
    by_value = {value: key for key, value in sample.items()}
    return by_value["s3://sample/picture.png"], by_value["a sample"]
