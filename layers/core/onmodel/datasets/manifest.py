"""The annotations beside a trainer's manifest, and the refusal of a manifest with faults."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from onmodel.contracts.datasets import CaptionedPicture, DatasetItem, Violation
from onmodel.errors import ManifestRefused

VIOLATIONS_IN_A_MESSAGE = 20
"""Violations named in the message; violations.jsonl beside the manifest has all."""


def annotation_lines(pictures: Iterable[CaptionedPicture]) -> bytes:
    """The article's annotations (`image_ref`, `alt_text`) with the source of each picture.

    `character` is null for an unnamed figure; `beside` has the other characters to be seen; `box`
    is the figure in the film's pixels; `framing` is null where it is not known.
    ASCII, so that no line separator hidden in a caption can split a record.
    """
    return "".join(
        json.dumps(annotation(picture.item, picture.uri, picture.caption)) + "\n"
        for picture in pictures
    ).encode()


def annotation(item: DatasetItem, image_ref: str, alt_text: str) -> dict[str, Any]:
    """One line of the annotations."""
    return {
        "image_ref": image_ref,
        "alt_text": alt_text,
        "crop_id": item.crop_id,
        "character": item.character,
        "look": item.worn or None,
        "beside": item.also_seen,
        "film_id": item.film_id,
        "timecode_seconds": item.timecode_seconds,
        "box": item.box.model_dump(include={"left", "top", "width", "height"}),
        "shot": item.shot,
        "framing": item.framing,
        "quality": item.quality,
    }


def refuse_violations(violations: tuple[Violation, ...]) -> None:
    """Refuse a manifest that has violations.

    Raises:
        ManifestRefused: naming how many there are, and the first.
    """
    if violations:
        first = violations[:VIOLATIONS_IN_A_MESSAGE]
        left = len(violations) - len(first)
        more = f"; and {left:,} more" if left else ""
        listed = "; ".join(str(violation) for violation in first)
        raise ManifestRefused(
            f"the manifest breaks the trainer's limits in {len(violations):,} places:"
            f" {listed}{more}",
            "Correct or leave out these pictures and run the training again",
        )
