"""Follows the background over the frames of a shot, so that figures can be told from it later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onmodel.contracts.crops import BackgroundMoved
from onmodel.films.looks import SeenFrame
from onmodel.vision.background_movement import WIDTH, background_movement
from onmodel.vision.carrying import Grey, grey_copy


def with_backgrounds(before: SeenFrame | None, frames: Sequence[SeenFrame]) -> list[SeenFrame]:
    """The frames with where their background is.

    Args:
        before: the frame before them, of the same shot, with its own background.
        frames: of one shot, in order of time, with all their figures.
    """
    found = []
    copy_before = _copy(before) if before is not None else None
    for frame in frames:
        copy = _copy(frame)
        moved = None
        if before is not None and copy_before is not None:
            moved = _moved(before, copy_before, frame, copy)
        since = BackgroundMoved(since=frame.frame.timecode_seconds)
        before = replace(frame, background=moved or since)
        copy_before = copy
        found.append(before)
    return found


def _copy(frame: SeenFrame) -> Grey:
    return grey_copy(frame.frame.pixels, WIDTH)


def _moved(
    before: SeenFrame, copy_before: Grey, frame: SeenFrame, copy: Grey
) -> BackgroundMoved | None:
    """The background of a frame, from that of the one before; None where it is not found again."""
    known = before.background
    if known is None:
        return None
    step = background_movement(
        copy_before,
        copy,
        [figure.box for figure in before.answer.detections],
        [figure.box for figure in frame.answer.detections],
        frame.frame.pixels.shape[1] / WIDTH,
    )
    if step is None:
        return None
    across, down = step
    return BackgroundMoved(
        since=known.since,
        across=round(known.across + across, 1),
        down=round(known.down + down, 1),
    )
