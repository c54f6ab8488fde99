"""The lines of train.jsonl, and what train.py would refuse, checked before a job is paid for.

The pictures are a channel beside the dataset's, so that none is copied for a training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.trainers.pictures import Faults, picture_faults, record_violations
from onmodel.trainers.sagemaker.limits import LIMITS
from onmodel.trainers.sagemaker.tokens import tokens_fault

PICTURES = "../pictures"
"""From the channel `dataset` to the channel `pictures`."""


def sagemaker_manifest(pictures: Iterable[CaptionedPicture]) -> bytes:
    """One line for each picture, each with a line end."""
    return "".join(
        json.dumps(
            {
                "picture": f"{PICTURES}/{PurePosixPath(picture.uri).name}",
                "caption": picture.caption,
            },
            ensure_ascii=False,
        )
        + "\n"
        for picture in pictures
    ).encode()


@dataclass(frozen=True)
class _Judge:
    """What lines are checked against, and the line of each picture so far."""

    pictures: Mapping[str, PictureFacts]
    seen: dict[str, int] = field(default_factory=dict)

    def line(self, line: bytes, number: int) -> Faults:
        try:
            record = json.loads(line.decode())
        except (ValueError, RecursionError) as fault:  # bad UTF-8 is a ValueError too
            yield "json", f"not JSON: {fault}"
            return
        if not isinstance(record, dict) or set(record) != {"picture", "caption"}:
            yield "keys", 'is no JSON object with "picture" and "caption"'
            return
        yield from self._caption(record["caption"])
        yield from self._picture(record["picture"], number)

    def _caption(self, caption: object) -> Faults:
        lowest = LIMITS.dataset.min_caption_characters
        highest = LIMITS.dataset.max_caption_characters
        if not isinstance(caption, str):
            yield "caption", "the caption is no text"
        elif not lowest <= len(caption.strip()) or len(caption) > highest:
            yield (
                "caption",
                f"the caption has {len(caption):,} characters, not {lowest} to {highest:,}",
            )
        elif fault := tokens_fault(caption):
            yield "tokens", f"the caption {fault}"

    def _picture(self, place: object, number: int) -> Faults:
        if not isinstance(place, str) or PurePosixPath(place).parent != PurePosixPath(PICTURES):
            yield "picture", f"{place!r} is no picture of this dataset"
            return
        name = PurePosixPath(place).name
        if name in self.seen:
            yield "repeated", f"{name} is in line {self.seen[name]} already"
            return
        self.seen[name] = number
        if name not in self.pictures:
            yield "missing", f"{name} was not found"
            return
        for rule, words in picture_faults(self.pictures[name], LIMITS.dataset):
            yield rule, f"{name} {words}"


def sagemaker_manifest_violations(
    manifest: bytes, pictures: Mapping[str, PictureFacts]
) -> tuple[Violation, ...]:
    """All that train.py would refuse, in the order of the lines; as the port says."""
    judge = _Judge({PurePosixPath(uri).name: facts for uri, facts in pictures.items()})
    lines = manifest.removesuffix(b"\n").split(b"\n") if manifest else []
    return tuple(record_violations(lines, LIMITS.dataset, judge.line))
