"""Decoding what the windows need, and picking each window's sharpest frame."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from onmodel.contracts.base import Box
from onmodel.errors import FilmRefused
from onmodel.video.frames import Frame
from onmodel.video.gops import Batch
from onmodel.video.limits import Limits
from onmodel.video.looks import look_at
from onmodel.video.packets import PacketTable
from onmodel.video.pictures import Display, Painter
from onmodel.video.shots import is_cut
from onmodel.video.windows import NO_WINDOW, Windows, packets_to_decode

logger = logging.getLogger(__name__)

LOOKS_A_WINDOW = 3  # candidates compared for sharpness; more cost time and rarely win
# decoders that tell a damaged packet at once when asked to; others' flags cry wolf
_EXACT = frozenset({"h264", "hevc"})
_NOTHING: npt.NDArray[np.float32] = np.zeros(0, np.float32)

Lost = Callable[[float, float], None]
"""Told a span (start, end) of film seconds that could not be decoded."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """A frame whose shot is counted within its group of pictures, and how groups join.

    Attributes:
        opens: it is the first frame of its group.
        first, last: signatures of the group's first picture and of the last one looked at.
        cuts: seen in the group so far.
    """

    frame: Frame
    opens: bool
    first: npt.NDArray[np.float32]
    last: npt.NDArray[np.float32]
    cuts: int


@dataclass(eq=False)
class _Candidate:
    frame: VideoFrame
    seconds: float
    window: int
    sharpness: float
    cuts: int
    signature: npt.NDArray[np.float32]


@dataclass(eq=False)
class _GroupState:
    """What is remembered from batch to batch of one group of pictures."""

    window_of: dict[int, int] = field(default_factory=dict)
    clock: list[int] = field(default_factory=list)  # ticks still to be given to shown pictures
    best: _Candidate | None = None
    first: npt.NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    last: npt.NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    looked_at: float = -1e9
    cuts: int = 0
    opened: bool = False
    broken: bool = False
    done: int = NO_WINDOW
    started: bool = False


class BatchDecoder:
    """One single-threaded decoder that turns batches of packets into frames, in order.

    A damaged packet ends its group: what was decoded before it is used, what comes after it up
    to the next keyframe is told as lost. A fault that harms no picture is passed over.
    """

    def __init__(
        self,
        table: PacketTable,
        windows: Windows,
        picture: Box | None,
        on_lost: Lost,
        limits: Limits,
    ) -> None:
        self._table, self._windows, self._on_lost = table, windows, on_lost
        display = Display.of(table.width, table.height, table.sample_aspect, table.rotation)
        self._painter = Painter(display, picture)
        self._limits = limits
        self._marks_damage = self._strict = table.codec in _EXACT
        self._decoder = open_decoder(table, limits, exact=self._strict)
        self._group = _GroupState()

    def frames(self, batch: Batch) -> Iterator[Sampled]:
        """The frames that this batch completes; those of its last window wait for its end."""
        if batch.head:
            self._group = _GroupState()
        group = self._group
        if group.broken:
            self._tell_lost(batch, 0)
            return
        feed = self._plan(batch)
        for frame in self._decoded(batch, feed):
            yield from self._looked(frame)
        if batch.last:
            yield from self._closed(NO_WINDOW)

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
        self._group.window_of.update(zip(ticks.tolist(), wanted.tolist(), strict=True))
        if not batch.timed:
            if batch.last and batch.head and (wanted == NO_WINDOW).all():
                return []
            self._group.clock += ticks.tolist()
            return list(range(len(wanted)))
        return packets_to_decode(wanted, batch.reference, continues=not batch.last)

    def _decoded(self, batch: Batch, feed: list[int]) -> Iterator[VideoFrame]:
        """Decode packets; a damaged one is told as lost with all that follows it."""
        if not feed and not self._group.started:
            return
        self._group.started = True
        if batch.head:
            self._decoder.flush_buffers()
        failed = None
        for position, index in enumerate(feed):
            packet = batch.packets[index]
            try:
                if packet is None:
                    raise av.error.InvalidDataError(0, "the file ends before the packet")
                yield from self._sound(self._decoder.decode(packet))
            except av.FFmpegError as fault:
                if packet is not None and batch.head and self._is_harmless(batch, feed, position):
                    yield from self._again(batch, feed)
                    return
                failed = index
                logger.info("packet at tick %d is damaged: %s", batch.pts[index], fault)
                break
        if batch.last or failed is not None:
            yield from self._drained()
        if failed is not None:
            self._group.broken = True
            self._tell_lost(batch, failed)

    def _drained(self) -> Iterator[VideoFrame]:
        try:
            yield from self._sound(self._decoder.decode(None))
        except av.FFmpegError as fault:
            logger.info("the decoder's last pictures are damaged: %s", fault)

    def _sound(self, frames: list[VideoFrame]) -> Iterator[VideoFrame]:
        """Frames that the decoder did not mark as damaged, when its marks can be trusted.

        A strict decoder has refused the damaged packet by then; a forgiving one goes on, so the
        first damaged frame ends the group.
        """
        for frame in frames:
            if self._group.clock:
                frame.pts = self._group.clock.pop(0)
            if not (self._marks_damage and frame.is_corrupt):
                yield frame
            elif not self._strict:
                raise av.error.InvalidDataError(0, "a damaged picture")

    def _is_harmless(self, batch: Batch, feed: list[int], position: int) -> bool:
        """Whether a forgiving decoder shows the pictures up to here undamaged.

        A strict one also refuses broken side information, which many films carry.
        """
        if not self._strict:
            return False
        forgiving = open_decoder(self._table, self._limits, exact=False)
        target = int(batch.pts[feed[position]])
        seen = False
        try:
            for index in [*feed[: position + 1], None]:
                packet = None if index is None else batch.packets[index]
                for frame in forgiving.decode(packet):
                    if frame.is_corrupt:
                        return False
                    seen = seen or frame.pts == target
        except av.FFmpegError:
            return False
        return seen

    def _again(self, batch: Batch, feed: list[int]) -> Iterator[VideoFrame]:
        """Decode a group anew with a forgiving decoder, which stays; skip what was yielded."""
        logger.info("this film's packets carry harmless faults: decoding without strict checks")
        self._strict = False
        self._decoder = open_decoder(self._table, self._limits, exact=False)
        group = self._group
        done, group.best = group.done, None
        for pts, window in group.window_of.items():
            if NO_WINDOW < window <= done:
                group.window_of[pts] = NO_WINDOW
        group.looked_at = -1e9
        yield from self._decoded(batch, feed)

    def _tell_lost(self, batch: Batch, failed: int) -> None:
        rest = batch.pts[failed:]
        if not len(rest):
            return
        end = batch.next_keyframe
        start = float(self._table.seconds(int(rest.min())))
        stop = float(self._table.seconds(int(rest.max()) if end is None else end))
        self._on_lost(max(start, self._windows.start), min(max(stop, start), self._windows.end))

    def _looked(self, frame: VideoFrame) -> Iterator[Sampled]:
        """Take a decoded frame as a candidate of its window; yield the window before it."""
        group = self._group
        if frame.pts is None:
            return
        window = group.window_of.get(frame.pts, NO_WINDOW)
        if window == NO_WINDOW:
            return
        seconds = float(self._table.seconds(frame.pts))
        yield from self._closed(window)
        spacing = self._windows.step / LOOKS_A_WINDOW
        if group.best is not None and 0 <= seconds - group.looked_at < spacing:
            return
        group.looked_at = seconds
        sharpness, signature = look_at(frame, self._painter.picture)
        if not len(group.first):
            group.first = signature
        elif is_cut(group.last, signature):
            group.cuts += 1
        group.last = signature
        if group.best is None or sharpness > group.best.sharpness:
            group.best = _Candidate(frame, seconds, window, sharpness, group.cuts, signature)

    def _closed(self, window: int) -> Iterator[Sampled]:
        """The best frame of the present window, once a picture of another one is there."""
        group, best = self._group, self._group.best
        if best is None or best.window == window:
            return
        group.best, group.done = None, best.window
        frame = self._painter.frame(
            best.frame,
            timecode_seconds=best.seconds,
            sharpness=best.sharpness,
            shot=best.cuts,
            signature=best.signature,
        )
        opens, group.opened = not group.opened, True
        yield Sampled(frame, opens, group.first, group.last, group.cuts)


def open_decoder(table: PacketTable, limits: Limits, *, exact: bool) -> VideoCodecContext:
    """A single-threaded decoder for a film's packets, apart from any container.

    Args:
        table: what the container's header says of the stream.
        limits: the largest picture it may allocate.
        exact: refuse a damaged packet instead of hiding the damage.

    Raises:
        FilmRefused: this build has no such decoder, or it refuses the stream's parameters.
    """
    try:
        decoder: Any = av.CodecContext.create(table.decoder, "r")
        decoder.extradata = table.extradata or None
        decoder.width, decoder.height = table.width, table.height
        if table.codec_tag:
            decoder.codec_tag = table.codec_tag
        # a film's own tags win; these are what only the container knows
        decoder.colorspace, decoder.color_range = table.colours[:2]
        decoder.color_primaries, decoder.color_trc = table.colours[2:]
        decoder.thread_count = 1
        options = {"max_pixels": str(limits.pixels)}
        if exact:
            options["err_detect"] = "explode"
        if table.codec == "h264":
            # without a declared reorder depth H.264 decoders guess one and drop pictures
            options["strict"] = "strict"
        decoder.options = options
        decoder.open()
    except (av.FFmpegError, ValueError) as fault:
        raise FilmRefused(
            f"the codec {table.codec} cannot be decoded ({fault})",
            "Export the film again as MP4 with H.264 and upload that",
        ) from fault
    return decoder  # type: ignore[no-any-return]
