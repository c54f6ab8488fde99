"""The picture that is on the screen at a moment of a film."""

from __future__ import annotations

from contextlib import ExitStack
from typing import BinaryIO

from onmodel.video.container.limits import Limits
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.gops.windows import Windows
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.sampler import open_batches, sample_frames

_HALF_MILLISECOND = (
    0.0005  # times are written in milliseconds; pictures are at least that far apart
)
_SEARCHED_SECONDS = 10.0  # before the moment, in films whose keyframes are not known


def picture_at(
    source: BinaryIO, seconds: float, packets: PacketTable, *, limits: Limits | None = None
) -> Frame | None:
    """The picture that is shown at `seconds`: the last one that begins by then.

    Args:
        source: the film, a seekable binary file.
        seconds: film time. Before the first picture it is the first one.
        packets: the film's packet table.
        limits: the largest values that the film may have.

    Returns:
        None from the film's end on, and where the picture cannot be decoded.

    Raises:
        FilmRefused: as `sample_frames`.
    """
    if not 0 <= seconds < packets.duration_seconds:
        return None
    begin = _last_time(source, seconds + _HALF_MILLISECOND, packets, limits or Limits())
    step = 2 * _HALF_MILLISECOND
    if begin is None:
        return next(sample_frames(source, step, packets=packets, limits=limits), None)
    start = max(0.0, begin - _HALF_MILLISECOND)
    found = sample_frames(source, step, start, start + step, packets=packets, limits=limits)
    return next(found, None)


def _last_time(
    source: BinaryIO, seconds: float, packets: PacketTable, limits: Limits
) -> float | None:
    """When the last picture begins that does so by `seconds`; no picture is decoded."""
    keyframes = packets.seconds(packets.pts[packets.keyframe & ~packets.discard])
    earlier = keyframes[keyframes <= seconds]
    start = float(earlier.max()) if len(earlier) else max(0.0, seconds - _SEARCHED_SECONDS)
    windows = Windows(start, seconds, 2 * _HALF_MILLISECOND, anchor=0.0)
    times: list[float] = []
    with ExitStack() as stack:
        _, groups, _ = open_batches(source, packets, limits, stack)
        for batch in groups.batches(windows):
            shown = packets.seconds(batch.pts[batch.shown])
            times += shown[shown <= seconds].tolist()
    return max(times, default=None)
