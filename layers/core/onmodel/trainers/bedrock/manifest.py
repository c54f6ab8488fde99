"""Bedrock's manifest: its lines, and its limits, which are checked before a job is paid for.

All violations are listed, not only the first, so that they can be corrected together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.trainers.bedrock.limits import LIMITS
from onmodel.trainers.pictures import SUFFIXES, Faults, picture_faults, record_violations

IMAGE_KEY, CAPTION_KEY = "image-ref", "caption"

# botocore's pattern of S3 URIs in AWS's training jobs: no spaces, no Unicode.
S3_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+)+")
S3_URI_LIMIT = 1024
MANIFEST_NAME = re.compile(r"[-A-Za-z0-9_/.]+\.jsonl")


def manifest_line(picture_uri: str, caption: str) -> str:
    return json.dumps({IMAGE_KEY: picture_uri, CAPTION_KEY: caption}, ensure_ascii=False)


def bedrock_manifest(pictures: Iterable[CaptionedPicture]) -> bytes:
    """One line for each picture, each with a line end."""
    return "".join(
        manifest_line(picture.uri, picture.caption) + "\n" for picture in pictures
    ).encode()


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its keys, repeated ones included."""


@dataclass(frozen=True)
class _Judge:
    """What lines are checked against, and the line of each picture so far."""

    pictures: Mapping[str, PictureFacts]
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
        if sorted(keys) != sorted((IMAGE_KEY, CAPTION_KEY)):
            wanted = f'"{IMAGE_KEY}" and "{CAPTION_KEY}"'
            yield "keys", f"has the keys {', '.join(keys) or '(none)'}, not {wanted}"
        values = dict(record)
        if CAPTION_KEY in values:
            yield from self._caption(values[CAPTION_KEY])
        if IMAGE_KEY in values:
            yield from self._image(values[IMAGE_KEY], number)

    def _caption(self, caption: object) -> Faults:
        if not isinstance(caption, str):
            yield "caption", "the caption is no text"
            return
        lowest, highest = (
            LIMITS.dataset.min_caption_characters,
            LIMITS.dataset.max_caption_characters,
        )
        length = len(caption.strip()) if len(caption) <= highest else len(caption)
        if not lowest <= length <= highest:
            yield "caption", f"the caption has {length:,} characters, not {lowest} to {highest:,}"

    def _image(self, uri: object, number: int) -> Faults:
        if not isinstance(uri, str) or len(uri) > S3_URI_LIMIT or not S3_URI.fullmatch(uri):
            yield "uri", f"{uri!r} is no S3 URI that is taken: letters, digits and -!_*'(). only"
            return
        if uri in self.seen:
            yield "repeated", f"{uri} is in line {self.seen[uri]} already"
            return
        self.seen[uri] = number
        if uri not in self.pictures:
            yield "missing", f"{uri} was not found"
            return
        facts = self.pictures[uri]
        suffix = PurePosixPath(uri).suffix.removeprefix(".").lower()
        if facts.format and SUFFIXES.get(suffix) != facts.format:
            yield "suffix", f"{uri} is {facts.format}, which its name does not say"
        for rule, words in picture_faults(facts, LIMITS.dataset):
            yield rule, f"{uri} {words}"


def bedrock_manifest_violations(
    manifest: bytes, pictures: Mapping[str, PictureFacts], *, name: str
) -> tuple[Violation, ...]:
    """All that Bedrock would refuse, in the order of the lines; as the port says."""
    judge = _Judge(pictures)
    lines = _lines(manifest)
    found = [Violation(line=None, rule=rule, detail=words) for rule, words in _file(lines, name)]
    if manifest.startswith(b"\xef\xbb\xbf"):
        found.append(Violation(line=None, rule="bom", detail="begins with a byte order mark"))
        lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
    return (*found, *record_violations(lines, LIMITS.dataset, judge.line))


def _file(lines: list[bytes], name: str) -> Faults:
    if not MANIFEST_NAME.fullmatch(name):
        yield "name", f"the name {name!r} must end in .jsonl and hold only letters, digits, _ - / ."
    if any(line.endswith(b"\r") for line in lines):
        yield "line-ends", "lines end as on Windows (CR LF)"


def _lines(manifest: bytes) -> list[bytes]:
    """The lines; a line end after the last line does not begin another one."""
    return manifest.removesuffix(b"\n").split(b"\n") if manifest else []
