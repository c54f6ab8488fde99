"""Decoding what the windows need, and picking each window's sharpest frame."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame

from onmodel.contracts.base import Box
from onmodel.video.container.limits import Limits
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.group_decoder import GroupDecoder
from onmodel.video.decode.pictures import Display, Painter, turn_of
from onmodel.video.gops.batches import Batch
from onmodel.video.gops.windows import NO_WINDOW, Windows, packets_to_decode
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.measurement import look_at
from onmodel.video.shots.shot_counter import Look

logger = logging.getLogger(__name__)

LOOKS_A_WINDOW = 3  # candidates compared for sharpness; more cost time and rarely win

Lost = Callable[[float, float], None]
"""Told a span (start, end) of film seconds that could not be decoded."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """A frame whose shot is not known yet, and its window's looks, one of which it is."""

    frame: Frame
    looks: tuple[Look, ...]


@dataclass(eq=False)
class _Candidate:
    frame: VideoFrame
    seconds: float
    window: int
    sharpness: float


@dataclass(eq=False)
class _GroupState:
    """What is remembered from batch to batch of one group of pictures."""

    window_of: dict[int | None, int] = field(default_factory=dict)  # of ticks that are wanted
    best: _Candidate | None = None
    looks: list[Look] = field(default_factory=list)  # of the present window
    looked_at: float = -1e9
    broken: bool = False


class BatchDecoder:
    """One single-threaded decoder that turns batches of packets into frames, in order.

    A damaged packet ends its group: what was decoded before it is used, what comes after it up
    to the next keyframe is told as lost. A fault that harms no picture is passed over.

    Args:
        table: the film's.
        windows: what each frame is sampled for.
        display: how its pictures become upright; None asks the first one decoded.
        picture: the part without bars, in display pixels; None is all of it.
        on_lost: told the spans that could not be decoded.
        limits: the largest picture that may be allocated.
    """

    def __init__(
        self,
        table: PacketTable,
        windows: Windows,
        *,
        display: Display | None,
        picture: Box | None,
        on_lost: Lost,
        limits: Limits,
    ) -> None:
        self._table, self._windows, self._on_lost = table, windows, on_lost
        self._picture = picture
        self._painter = None if display is None else Painter(display, picture)
        self._decoder = GroupDecoder(table, limits)
        self._spacing = windows.step / LOOKS_A_WINDOW
        self._group = _GroupState()

    def frames(self, batch: Batch) -> Iterator[Sampled]:
        """The frames that this batch completes; those of its last window wait for its end."""
        if batch.head:
            self._group = _GroupState()
        group = self._group
        if group.broken:
            self._tell_lost(batch, 0)
            return
        for picture in self._decoder.frames(batch, self._plan(batch)):
            painter = self._painter_for(picture)  # whether it is sampled or not
            window = group.window_of.get(picture.pts)
            if window is None:
                continue
            if group.best is not None and group.best.window != window:
                yield self._sampled(group.best)
            self._consider(picture, window, painter)
        if self._decoder.failed is not None:
            group.broken = True
            self._tell_lost(batch, self._decoder.failed)
        if (batch.last or group.broken) and group.best is not None:
            yield self._sampled(group.best)

    def _plan(self, batch: Batch) -> list[int]:
        after = batch.next_keyframe
        ticks = batch.pts if batch.timed else np.sort(batch.pts)
        wanted = self._windows.wanted(
            self._table.seconds(ticks),
            batch.shown,
            None if after is None else float(self._table.seconds(after)),
        )
        if not batch.head and self._windows.keyframes_only:
            wanted[:] = NO_WINDOW
        used = wanted != NO_WINDOW
        self._group.window_of.update(zip(ticks[used].tolist(), wanted[used].tolist(), strict=True))
        if not batch.timed:
            unwanted = batch.last and batch.head and not used.any()
            return [] if unwanted else list(range(len(wanted)))
        return packets_to_decode(wanted, batch.reference, continues=not batch.last)

    def _tell_lost(self, batch: Batch, failed: int) -> None:
        rest = batch.pts[failed:]
        if not len(rest):
            return
        end = batch.next_keyframe
        start = float(self._table.seconds(int(rest.min())))
        stop = float(self._table.seconds(int(rest.max()) if end is None else end))
        self._on_lost(*self._windows.clipped(start, max(stop, start)))

    def _consider(self, picture: VideoFrame, window: int, painter: Painter) -> None:
        """Look at a candidate of a window, unless one just before it was looked at."""
        group, seconds = self._group, float(self._table.seconds(picture.pts or 0))
        if group.best is not None and 0 <= seconds - group.looked_at < self._spacing:
            return
        group.looked_at = seconds
        sharpness, signature = look_at(picture, painter.picture)
        group.looks.append(Look(seconds, signature))
        if group.best is None or sharpness > group.best.sharpness:
            group.best = _Candidate(picture, seconds, window, sharpness)

    def _sampled(self, best: _Candidate) -> Sampled:
        """The best frame of the present window, which is complete."""
        group = self._group
        looks, group.best, group.looks = tuple(group.looks), None, []
        painter = self._painter_for(best.frame)
        frame = render_frame(
            painter, best.frame, timecode_seconds=best.seconds, sharpness=best.sharpness
        )
        return Sampled(frame, looks)

    def _painter_for(self, picture: VideoFrame) -> Painter:
        """The painter of all pictures, which the first one decoded tells how, if need be."""
        if self._painter is None:
            table = self._table
            turn = table.rotation or turn_of(picture)
            display = Display.of(picture.width, picture.height, table.sample_aspect, turn)
            self._painter = Painter(display, self._picture)
        return self._painter


def render_frame(
    painter: Painter, decoded: VideoFrame, *, timecode_seconds: float, sharpness: float
) -> Frame:
    """A sampled frame out of a decoded picture; its shot is set later, in order of time."""
    return Frame(
        timecode_seconds=timecode_seconds,
        pixels=painter.pixels(decoded),
        sharpness=sharpness,
        shot=0,
    )
