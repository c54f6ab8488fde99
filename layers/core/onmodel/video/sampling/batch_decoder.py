"""Decodes what the windows need, and chooses the sharpest frame of each window."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame

from onmodel.contracts.films import Shape
from onmodel.video.container.limits import Limits
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.group_decoder import GroupDecoder
from onmodel.video.decode.pictures import PictureRenderer, PictureView
from onmodel.video.gops.batches import Batch
from onmodel.video.gops.windows import NO_WINDOW, Windows, packets_to_decode
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.measurement import measure
from onmodel.video.shots.shot_counter import TimedSignature

logger = logging.getLogger(__name__)

CANDIDATES_PER_WINDOW = 3  # compared for sharpness; more cost time and are rarely chosen

OnLost = Callable[[float, float], None]
"""Called with a span (start, end) of film seconds that could not be decoded."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """A frame whose shot is not known yet, and the signatures of its window's candidates."""

    frame: Frame
    signatures: tuple[TimedSignature, ...]


@dataclass(eq=False)
class _Candidate:
    frame: VideoFrame
    seconds: float
    window: int
    sharpness: float
    view: PictureView


@dataclass(eq=False)
class _GroupState:
    """State kept between the batches of one group of pictures; `keyframe` is its first tick."""

    keyframe: int | None = None
    window_of: dict[int | None, int] = field(
        default_factory=dict
    )  # by tick, for pictures to sample
    best: _Candidate | None = None
    signatures: list[TimedSignature] = field(default_factory=list)  # of the current window
    measured_at: float = -1e9
    broken: bool = False
    window: int = NO_WINDOW  # of the latest picture
    sampled: set[int] = field(default_factory=set)  # windows that have their frame


class BatchDecoder:
    """A single-threaded decoder from batches of packets to sampled frames, in order.

    A damaged packet ends its group: pictures before it are used, and the span from it to the next
    keyframe is reported as lost. A fault that damages no picture is ignored.

    Args:
        table: the film's packet table.
        windows: the windows to sample.
        shapes: of the film, with the part without bars.
        on_lost: called with each span that could not be decoded.
        limits: bound the size of a picture.
    """

    def __init__(
        self,
        table: PacketTable,
        windows: Windows,
        *,
        shapes: Sequence[Shape],
        on_lost: OnLost,
        limits: Limits,
    ) -> None:
        self._table, self._windows, self._on_lost = table, windows, on_lost
        self._shapes, self._limits = shapes, limits
        self._part = 0
        self._latest_sample = -math.inf  # seconds
        self._renderer, self._decoder = self._of_part(0)
        self._spacing = windows.step / CANDIDATES_PER_WINDOW
        self._group = _GroupState()

    def frames(self, batch: Batch) -> Iterator[Sampled]:
        """The sampled frames of the windows that are complete after this batch."""
        if batch.part != self._part:
            self._part = batch.part
            self._renderer, self._decoder = self._of_part(batch.part)
        if batch.head:
            self._group = _GroupState(int(batch.pts[0]) if len(batch.pts) else None)
        group = self._group
        if group.broken:
            self._report_lost(batch, 0)
            return
        for picture in self._decoder.frames(batch, self._plan(batch)):
            self._renderer.read_rotation(picture)
            window = group.window_of.get(picture.pts)
            # where a keyframe is missing, decoders may show pictures in a wrong order
            if window is None or window < group.window:
                continue
            group.window = window
            if group.best is not None and group.best.window != window:
                yield self._sampled(group.best)
            self._measure_candidate(picture, window)
        intact_until = self._end_of(batch)
        if self._decoder.failed is not None:
            group.broken = True
            intact_until = self._report_lost(batch, self._decoder.failed)
        if (batch.last or group.broken) and group.best is not None:
            yield self._sampled(group.best)
        if batch.last or group.broken:
            self._report_missing(intact_until)

    def _of_part(self, number: int) -> tuple[PictureRenderer, GroupDecoder]:
        """What reads the pictures of a part, by its own header."""
        parts = self._table.parts
        table = parts[number].table if parts else self._table
        return PictureRenderer(table, self._shapes), GroupDecoder(table, self._limits)

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

    def _report_lost(self, batch: Batch, failed: int) -> float:
        """Report a batch as lost from a packet on; the second from which on it is."""
        rest = batch.pts[failed:]
        if not len(rest):
            return self._end_of(batch)
        start = float(self._table.seconds(int(rest.min())))
        if batch.head and failed == 0:
            start = self._start_with_window(start)
        self._on_lost(*self._windows.clipped(start, max(self._end_of(batch), start)))
        return start

    def _start_with_window(self, keyframe: float) -> float:
        """Where the loss of a keyframe begins: no earlier picture was decoded for its window."""
        begin = self._windows.start_of(keyframe)
        return keyframe if self._latest_sample >= begin else begin

    def _end_of(self, batch: Batch) -> float:
        """The second at which the pictures of a batch end."""
        if batch.next_keyframe is not None:
            return float(self._table.seconds(batch.next_keyframe))
        if batch.last or not len(batch.pts):
            return max(self._table.duration_seconds, self._latest(batch))
        return self._latest(batch)

    def _latest(self, batch: Batch) -> float:
        return float(self._table.seconds(int(batch.pts.max()))) if len(batch.pts) else 0.0

    def _report_missing(self, until: float) -> None:
        """Report the windows of a group, up to a second, for which the decoder gave no picture."""
        group = self._group
        firsts: dict[int, int] = {}
        for tick, window in group.window_of.items():
            if tick is not None and window not in group.sampled:
                firsts[window] = min(firsts.get(window, tick), tick)
        for window, tick in sorted(firsts.items()):
            start = float(self._table.seconds(tick))
            if tick == group.keyframe:
                start = self._start_with_window(start)
            if start < until:
                self._on_lost(start, min(until, self._windows.end_of(window)))

    def _measure_candidate(self, picture: VideoFrame, window: int) -> None:
        """Measure a candidate of a window, unless one just before it was measured."""
        group, seconds = self._group, float(self._table.seconds(picture.pts or 0))
        if group.best is not None and 0 <= seconds - group.measured_at < self._spacing:
            return
        group.measured_at = seconds
        view = self._renderer.view(picture, self._decoder.aspect_of(picture))
        sharpness, signature = measure(picture, view.coded_picture)
        group.signatures.append(TimedSignature(seconds, signature))
        if group.best is None or sharpness > group.best.sharpness:
            group.best = _Candidate(picture, seconds, window, sharpness, view)

    def _sampled(self, best: _Candidate) -> Sampled:
        """The sharpest frame of the current window, which is complete."""
        group = self._group
        group.sampled.add(best.window)
        self._latest_sample = best.seconds
        signatures, group.best, group.signatures = tuple(group.signatures), None, []
        frame = render_frame(
            self._renderer,
            best.frame,
            best.view,
            timecode_seconds=best.seconds,
            sharpness=best.sharpness,
        )
        return Sampled(frame, signatures)


def render_frame(
    renderer: PictureRenderer,
    decoded: VideoFrame,
    view: PictureView,
    *,
    timecode_seconds: float,
    sharpness: float,
) -> Frame:
    """A frame with the pixels of a decoded picture; its shot number is set later."""
    return Frame(
        timecode_seconds=timecode_seconds,
        pixels=renderer.pixels(decoded, view.display),
        sharpness=sharpness,
        shot=0,
        picture=view.picture,
    )
