"""The sampler: at most one frame of each window, for the least decoding."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import IO

from onmodel.contracts.base import Box
from onmodel.contracts.films import ChunkShots
from onmodel.video.bitstream.reference_flags import reference_mark
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import BOXED, surely_upright
from onmodel.video.container.opening import GuardedFile, Source, binary_file, open_film
from onmodel.video.container.packet_index import describe
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.first_picture import with_first_picture
from onmodel.video.decode.memory import keep_freed_memory
from onmodel.video.decode.pictures import Display
from onmodel.video.gops.batches import BatchSource
from onmodel.video.gops.demuxed_batches import DemuxedBatches
from onmodel.video.gops.table_batches import TableBatches
from onmodel.video.gops.windows import Windows
from onmodel.video.sampling.batch_decoder import BatchDecoder, Lost, Sampled
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.parallel import decode_in_order
from onmodel.video.shots.shot_counter import ShotCounter

logger = logging.getLogger(__name__)


def sample_frames(
    source: Source,
    interval_seconds: float = 1.0,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    *,
    packets: PacketTable | None = None,
    picture: Box | None = None,
    anchor_seconds: float | None = None,
    keyframes_only: bool = False,
    threads: int = 1,
    limits: Limits | None = None,
    on_lost: Lost | None = None,
    on_shots: Callable[[ChunkShots], None] | None = None,
) -> Iterator[Frame]:
    """Yield the sharpest free frame of each window of `interval_seconds`, in order of time.

    Windows are half-open: window k is [start + k·interval, start + (k+1)·interval). Each yields
    at most one frame, bit-identical to what a full decode shows at its timecode.

    Args:
        source: a path, or a seekable binary file such as a RangeReader.
        interval_seconds: length of a window.
        start_seconds: where the first window begins, on the film's clock.
        end_seconds: where sampling ends, exclusive; None for the film's end.
        packets: the film's packet table, from `probe_film`: spares reading the index again.
        picture: the frame without bars, in display pixels; only it is measured.
        anchor_seconds: for chunks: pass 0.0, then windows are counted from there whatever the
            start, and one that reaches over `end_seconds` is left to the chunk that begins in
            it. So chunks together yield what one call over the film would. In a film whose
            table knows no keyframes, a chunk is the groups of pictures that begin in its span.
        keyframes_only: yield every keyframe, and nothing else; the interval does not matter.
        threads: decoders that work at once, each on a group of pictures of its own.
        limits: what a film may measure at most.
        on_lost: told each span (start, end) in seconds that could not be decoded; logged
            otherwise. Called from the decoding threads.
        on_shots: told after the last frame what joins the span's shots to its neighbours'.

    Yields:
        Frames with their timecode, pixels, sharpness and shot.

    Raises:
        FilmRefused: not a film, or one that cannot be decoded.
        ValueError: an impossible interval, span or number of threads.
    """
    end = math.inf if end_seconds is None else end_seconds
    if not (interval_seconds > 0 and 0 <= start_seconds < math.inf and end >= 0 and threads > 0):
        raise ValueError("interval_seconds and threads must be above 0, spans not below 0")
    keep_freed_memory()
    limits, on_lost = limits or Limits(), on_lost or _log_lost
    with ExitStack() as stack:
        file = stack.enter_context(binary_file(source))
        # with several decoders, or further on, the first picture decoded may not be the film's
        first = threads == 1 and start_seconds == 0
        table, batches, pictured = open_batches(file, packets, limits, stack, first=first)
        chunked = anchor_seconds is not None and end < table.duration_seconds - 1e-6
        # nobody could cut such a film at keyframes: its chunks share its groups of pictures
        by_groups = anchor_seconds is not None and packets is not None and not len(packets)
        windows = Windows(
            start=start_seconds,
            end=end,
            step=interval_seconds,
            anchor=start_seconds if anchor_seconds is None else anchor_seconds,
            leave_last=chunked,
            by_groups=by_groups,
        )
        if keyframes_only:
            windows = Windows.of_keyframes(start_seconds, end, by_groups=by_groups)
        display = Display.of_film(table) if pictured else None
        decoders = [
            BatchDecoder(
                table, windows, display=display, picture=picture, on_lost=on_lost, limits=limits
            )
            for _ in range(threads)
        ]
        shots = ShotCounter(batches.hints, start_seconds, end)
        frame_bytes = 3 * table.width * table.height
        sampled = None
        for sampled in decode_in_order(batches.batches(windows), decoders, frame_bytes):
            yield _numbered(sampled, shots)
        if sampled is None and not pictured:
            _refuse_without_picture(file, limits)
        if on_shots is not None:
            on_shots(shots.summary())


def open_batches(
    file: IO[bytes],
    packets: PacketTable | None,
    limits: Limits,
    stack: ExitStack,
    *,
    first: bool = True,
) -> tuple[PacketTable, BatchSource, bool]:
    """The film's table and where its packets come from: ranges if it is complete.

    Args:
        file: the film.
        packets: its table, or None to read the container's header.
        limits: what a film may measure at most.
        stack: closes the container that is opened for films without a complete table.
        first: the film's first picture will be decoded anyway, and can tell what it alone knows.

    Returns:
        Table and packets; and whether the table knows the first picture, not only the header.
    """
    if packets is not None and packets.complete:
        mark = reference_mark(packets.codec, packets.extradata)
        return packets, TableBatches(packets, file, mark), True
    guard = GuardedFile(file)
    container, stream = stack.enter_context(open_film(guard, limits))
    table, pictured = packets, True
    if table is None:
        table = describe(container, stream)
        pictured = not (first and BOXED in table.container and surely_upright(file))
        if pictured:
            table = with_first_picture(table, container, stream)
    mark = reference_mark(table.codec, table.extradata)
    if mark is None:
        logger.info("codec %s: all packets between keyframes are decoded", table.codec)
    return table, DemuxedBatches(container, stream, guard, table, mark), pictured


def _refuse_without_picture(file: IO[bytes], limits: Limits) -> None:
    with open_film(GuardedFile(file), limits) as (container, stream):
        with_first_picture(describe(container, stream), container, stream)


def _log_lost(start: float, end: float) -> None:
    logger.warning("seconds %.3f to %.3f could not be decoded", start, end)


def _numbered(sampled: Sampled, shots: ShotCounter) -> Frame:
    shot = 0
    for look in sampled.looks:
        number = shots.number(look)
        if look.seconds == sampled.frame.timecode_seconds:
            shot = number
    return replace(sampled.frame, shot=shot)
