"""The sampler: at most one frame of each window, for the least decoding."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from onmodel.contracts.base import Box
from onmodel.errors import FilmRefused
from onmodel.video.containers import GuardedFile, Source, binary_file, open_film
from onmodel.video.frames import Frame
from onmodel.video.gops import ContainerGops, Gop, GopSource, TableGops
from onmodel.video.index import describe
from onmodel.video.limits import Limits
from onmodel.video.marks import reference_mark
from onmodel.video.packets import PacketTable
from onmodel.video.pictures import Display, cropped, luma_of, luma_plane, sharpness_of, to_pixels
from onmodel.video.shots import is_cut, signature_of
from onmodel.video.windows import NO_WINDOW, Windows, packets_to_decode

logger = logging.getLogger(__name__)

Lost = Callable[[float, float], None]


def sample_frames(
    source: Source,
    interval_seconds: float = 1.0,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    *,
    packets: PacketTable | None = None,
    picture: Box | None = None,
    anchor_seconds: float | None = None,
    limits: Limits | None = None,
    on_lost: Lost | None = None,
) -> Iterator[Frame]:
    """Yield the best free frame of each window of `interval_seconds`, in order of time.

    Windows are half-open: window k is [start + k·interval, start + (k+1)·interval). Each yields
    at most one frame, which is bit-identical to what a full decode shows at its timecode.

    Args:
        source: a path, or a seekable binary file such as a RangeReader.
        interval_seconds: length of a window.
        start_seconds: where the first window begins, on the film's clock.
        end_seconds: where sampling ends, exclusive; None for the film's end.
        packets: the film's packet table, from `probe_film`: spares reading the index again.
        picture: the frame without bars, so that their edges do not count as sharpness.
        anchor_seconds: for chunks: pass 0.0, then windows are counted from there whatever the
            start, and one that reaches over `end_seconds` is left to the chunk that begins in
            it. So chunks together yield what one call over the film would.
        on_lost: told each span (start, end) in seconds that could not be decoded.

    Raises:
        FilmRefused: not a film, or one that cannot be decoded.
        ValueError: an impossible interval or span.
    """
    if not interval_seconds > 0 or not start_seconds >= 0:
        raise ValueError("interval_seconds must be above 0 and start_seconds not below")
    end = math.inf if end_seconds is None else end_seconds
    windows = Windows(
        start=start_seconds,
        end=end,
        step=interval_seconds,
        anchor=start_seconds if anchor_seconds is None else anchor_seconds,
        leave_last=anchor_seconds is not None
        and not (packets is not None and end >= packets.duration_seconds - 1e-6),
    )
    with ExitStack() as stack:
        file = stack.enter_context(binary_file(source))
        table, gops = _gop_source(file, packets, limits or Limits(), stack)
        worker = _GopWorker(table, windows, picture, on_lost or _log_lost)
        shots = _ShotCounter()
        for gop in gops.gops(table.ticks(start_seconds), _end_tick(table, end)):
            for frame in worker.frames(gop):
                yield shots.number(frame)


def _end_tick(table: PacketTable, end: float) -> int:
    return table.ticks(end) + 1 if math.isfinite(end) else 1 << 62


def _gop_source(
    file: IO[bytes], packets: PacketTable | None, limits: Limits, stack: ExitStack
) -> tuple[PacketTable, GopSource]:
    if packets is not None and packets.complete:
        mark = reference_mark(packets.codec, packets.extradata)
        return packets, TableGops(packets, file, mark)
    guard = GuardedFile(file)
    container, stream = stack.enter_context(open_film(guard, limits))
    table = packets or describe(container, stream)
    mark = reference_mark(table.codec, table.extradata)
    return table, ContainerGops(container, stream, guard, mark)


def _log_lost(start: float, end: float) -> None:
    logger.warning("seconds %.3f to %.3f could not be decoded", start, end)


@dataclass(eq=False)
class _Candidate:
    frame: VideoFrame
    sharpness: float
    shot: int
    signature: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Counted:
    """A frame whose shot is counted within its group, and the group's first signature."""

    frame: Frame
    first: tuple[float, ...]
    last: tuple[float, ...]
    opens_group: bool


class _ShotCounter:
    """Joins the shots of groups: a cut may lie between two of them."""

    def __init__(self) -> None:
        self._base = 0
        self._last: tuple[float, ...] | None = None
        self._reached = 0

    def number(self, counted: _Counted) -> Frame:
        frame = counted.frame
        if counted.opens_group:
            self._base = self._reached
            if self._last is not None and is_cut(self._last, counted.first):
                self._base += 1
        shot = self._base + frame.shot
        self._last, self._reached = counted.last, shot
        return Frame(
            frame.timecode_seconds,
            frame.pixels,
            frame.sharpness,
            shot,
            frame.signature,
            frame.luma,
        )


class _GopWorker:
    """One decoder: decodes what a group's windows need and picks each window's sharpest."""

    def __init__(
        self, table: PacketTable, windows: Windows, picture: Box | None, on_lost: Lost
    ) -> None:
        self._table, self._windows, self._picture, self._on_lost = table, windows, picture, on_lost
        self._display = Display.of(table.width, table.height, table.sample_aspect, table.rotation)
        self._decoder = _open_decoder(table)

    def frames(self, gop: Gop) -> Iterator[_Counted]:
        seconds = self._table.seconds(gop.pts)
        numbers = np.where(gop.shown, self._windows.numbers(seconds), NO_WINDOW)
        left = NO_WINDOW
        if gop.next_keyframe is not None:
            left = self._windows.number(self._table.seconds(gop.next_keyframe))
        feed = packets_to_decode(numbers, gop.reference, left)
        if not feed:
            return
        numbers = np.where(numbers == left, NO_WINDOW, numbers)
        yield from self._picked(
            gop, feed, dict(zip(gop.pts.tolist(), numbers.tolist(), strict=False))
        )

    def _picked(self, gop: Gop, feed: list[int], window_of: dict[int, int]) -> Iterator[_Counted]:
        current, best, shot = NO_WINDOW, None, 0
        first: tuple[float, ...] | None = None
        last: tuple[float, ...] = ()
        opens = True
        for frame in self._decoded(gop, feed):
            signature = _signature(frame)
            if first is None:
                first = signature
            elif is_cut(last, signature):
                shot += 1
            last = signature
            window = window_of.get(frame.pts if frame.pts is not None else -(1 << 62), NO_WINDOW)
            if window != current and best is not None:
                yield _Counted(self._frame(best), first, best.signature, opens)
                opens, best = False, None
            current = window
            if window == NO_WINDOW:
                continue
            candidate = self._candidate(frame, shot, signature)
            if best is None or candidate.sharpness > best.sharpness:
                best = candidate
        if best is not None and first is not None:
            yield _Counted(self._frame(best), first, last, opens)

    def _decoded(self, gop: Gop, feed: list[int]) -> Iterator[VideoFrame]:
        decoder = self._decoder
        decoder.flush_buffers()
        try:
            for index in feed:
                yield from decoder.decode(gop.packet(index))
            yield from decoder.decode(None)
        except av.FFmpegError as fault:
            start = float(self._table.seconds(int(gop.pts[0])))
            end = gop.next_keyframe
            logger.info("decoder: %s", fault)
            self._on_lost(
                start,
                float(self._table.seconds(end if end is not None else int(gop.pts.max()))),
            )

    def _candidate(self, frame: VideoFrame, shot: int, signature: tuple[float, ...]) -> _Candidate:
        luma = cropped(
            luma_plane(frame), self._coded_picture(), (self._table.width, self._table.height)
        )
        return _Candidate(frame, sharpness_of(luma), shot, signature)

    def _coded_picture(self) -> Box | None:
        if self._picture is None or self._display.rotation:
            return None
        picture, scale = self._picture, self._table.width / self._display.width
        return Box(
            left=int(picture.left * scale),
            top=picture.top,
            width=max(1, int(picture.width * scale)),
            height=picture.height,
        )

    def _frame(self, chosen: _Candidate) -> Frame:
        pixels = to_pixels(chosen.frame, self._display)
        return Frame(
            timecode_seconds=float(self._table.seconds(chosen.frame.pts)),
            pixels=pixels,
            sharpness=chosen.sharpness,
            shot=chosen.shot,
            signature=chosen.signature,
            luma=luma_of(pixels),
        )


def _signature(frame: VideoFrame) -> tuple[float, ...]:
    planes = []
    for index in range(3):
        plane = luma_plane(frame) if index == 0 else _chroma(frame, index)
        rows, columns = max(1, plane.shape[0] // 36), max(1, plane.shape[1] // 64)
        points = plane[::rows, ::columns][:36, :64]
        planes.append(points if points.dtype == np.uint8 else (points >> 2).astype(np.uint8))
    return signature_of(*planes)


def _chroma(frame: VideoFrame, index: int) -> Any:
    if len(frame.planes) <= index:
        return np.full((36, 64), 128, np.uint8)
    plane = frame.planes[index]
    kind = np.uint8 if frame.format.components[0].bits <= 8 else np.dtype("<u2")
    return np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width]  # type: ignore[call-overload]


def _open_decoder(table: PacketTable) -> VideoCodecContext:
    try:
        decoder: Any = av.CodecContext.create(table.decoder, "r")
    except (av.FFmpegError, ValueError) as fault:
        raise FilmRefused(f"the codec {table.codec} cannot be decoded here") from fault
    decoder.extradata = table.extradata or None
    decoder.width, decoder.height = table.width, table.height
    decoder.thread_count = 1
    return decoder  # type: ignore[no-any-return]
