"""The sampler: at most one frame per window, with as little decoding as possible."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import IO

from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.contracts.films import ChunkShots, Shape
from onmodel.video.bitstream.reference_flags import reference_test
from onmodel.video.container.joined_files import file_span
from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import (
    ISO_BMFF,
    bytes_after_film,
    declares_no_rotation,
)
from onmodel.video.container.opening import ErrorRecordingFile, Source, binary_file, open_container
from onmodel.video.container.packet_index import read_packet_table
from onmodel.video.container.packet_table import FilmPart, PacketTable
from onmodel.video.container.table_columns import table_from_header
from onmodel.video.decode.first_picture import with_first_picture
from onmodel.video.decode.keyframes import may_flag_all
from onmodel.video.decode.measured_table import with_pictures
from onmodel.video.decode.memory import keep_freed_memory
from onmodel.video.gops.batches import BatchSource
from onmodel.video.gops.demuxed_batches import DemuxedBatches
from onmodel.video.gops.joined_batches import JoinedBatches
from onmodel.video.gops.table_batches import TableBatches
from onmodel.video.gops.windows import Windows
from onmodel.video.sampling.batch_decoder import BatchDecoder, OnLost, Sampled
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
    shapes: Sequence[Shape] = (),
    anchor_seconds: float | None = None,
    keyframes_only: bool = False,
    threads: int = 1,
    limits: Limits | None = None,
    on_lost: OnLost | None = None,
    on_shots: Callable[[ChunkShots], None] | None = None,
) -> Iterator[Frame]:
    """Yield the sharpest decoded frame of each window of `interval_seconds`, in order of time.

    Windows are half-open: window k is [start + k·interval, start + (k+1)·interval). Each yields
    at most one frame, bit-identical to the frame of a full decode at its timecode.

    Args:
        source: a path, or a seekable binary file such as a RangeReader.
        interval_seconds: length of a window.
        start_seconds: start of the first window on the film's clock.
        end_seconds: end of sampling, exclusive; None for the film's end.
        packets: the film's packet table, from `inspect_film`; saves reading the index again.
        shapes: sizes of the film's pictures with their part without bars, in which sharpness and
            cuts are measured; a picture of another size is measured as a whole.
        anchor_seconds: 0.0 for a chunk of a film. Windows are then counted from there, and one that
            extends beyond `end_seconds` is left to the next chunk, so all chunks together yield the
            same frames as one call over the film.
        keyframes_only: yield every keyframe and no other frame; the interval is not used.
        threads: decoders in parallel, each with its own group of pictures.
        limits: the largest values that the film may have.
        on_lost: called with each span (start, end) in seconds that could not be decoded, from the
            decoding threads; None logs the span.
        on_shots: called after the last frame with what joins the span's shots to its neighbours'.

    Yields:
        Frames with their timecode, pixels, sharpness and shot.

    Raises:
        FilmRefused: the source is not a film, or cannot be decoded.
        ValueError: interval, span or number of threads is out of range.
    """
    end = math.inf if end_seconds is None else end_seconds
    if not (interval_seconds > 0 and 0 <= start_seconds < math.inf and end >= 0 and threads > 0):
        raise ValueError("interval_seconds and threads must be above 0, spans not below 0")
    keep_freed_memory()
    limits, on_lost = limits or Limits(), on_lost or _log_lost
    with ExitStack() as stack:
        file = stack.enter_context(binary_file(source))
        # otherwise the first decoded picture may not be the first picture of the film
        first = threads == 1 and start_seconds == 0
        table, batches, first_picture_known = open_batches(
            file, packets, limits, stack, first=first
        )
        chunked = anchor_seconds is not None and end < table.duration_seconds - 1e-6
        windows = Windows(
            start=start_seconds,
            end=end,
            step=interval_seconds,
            anchor=start_seconds if anchor_seconds is None else anchor_seconds,
            leave_last=chunked,
        )
        if keyframes_only:
            windows = Windows.of_keyframes(start_seconds, end)
        decoders = [
            BatchDecoder(table, windows, shapes=shapes, on_lost=on_lost, limits=limits)
            for _ in range(threads)
        ]
        shots = ShotCounter(batches.hints, start_seconds, end)
        largest = max((shape.width * shape.height for shape in shapes), default=0)
        frame_bytes = 3 * max(table.width * table.height, largest)
        sampled = None
        for sampled in decode_in_order(batches.batches(windows), decoders, frame_bytes):
            yield _numbered(sampled, shots)
        if sampled is None and not first_picture_known:
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
    """The film's packet table, and the source of its packets: byte ranges if it is complete.

    Args:
        file: the film.
        packets: its packet table; None reads it, of MP4 and MOV the header only.
        limits: the largest values that the film may have.
        stack: closes the container that is opened for films without a complete table.
        first: the film's first picture will be the first one decoded, so its size and rotation
            need not be read beforehand.

    Returns:
        Table, packets, and whether the table has the facts of the first picture.
    """
    if packets is None:
        with ExitStack() as opened:
            recorder = ErrorRecordingFile(file)
            container, stream = opened.enter_context(open_container(recorder, limits))
            table = table_from_header(container, stream)
            wrong = may_flag_all(table.codec, table.decoder) or bytes_after_film(file)
            if ISO_BMFF in container.format.name and not wrong:
                known = not (first and declares_no_rotation(file))
                if known:
                    table = with_first_picture(table, container, stream)
                stack.push(opened.pop_all())
                return table, _demuxed(container, stream, recorder, table), known
        packets = with_pictures(file, read_packet_table(file, limits), limits)
    if packets.parts:
        return packets, JoinedBatches(packets, partial(_part_batches, file, limits)), True
    if packets.complete:
        is_reference = reference_test(packets.codec, packets.extradata)
        return packets, TableBatches(packets, file, is_reference), True
    recorder = ErrorRecordingFile(file)
    container, stream = stack.enter_context(open_container(recorder, limits, packets.stream_index))
    return packets, _demuxed(container, stream, recorder, packets), True


@contextmanager
def _part_batches(file: IO[bytes], limits: Limits, part: FilmPart) -> Iterator[BatchSource]:
    with ExitStack() as stack:
        span = file_span(file, part.start, part.end)
        _, batches, _ = open_batches(span, part.table, limits, stack)
        yield batches


def _demuxed(
    container: InputContainer,
    stream: VideoStream,
    recorder: ErrorRecordingFile,
    table: PacketTable,
) -> DemuxedBatches:
    is_reference = reference_test(table.codec, table.extradata)
    if is_reference is None:
        logger.info("codec %s: all packets between keyframes are decoded", table.codec)
    return DemuxedBatches(container, stream, recorder, table, is_reference)


def _refuse_without_picture(file: IO[bytes], limits: Limits) -> None:
    with open_container(ErrorRecordingFile(file), limits) as (container, stream):
        with_first_picture(table_from_header(container, stream), container, stream)


def _log_lost(start: float, end: float) -> None:
    logger.warning("seconds %.3f to %.3f could not be decoded", start, end)


def _numbered(sampled: Sampled, shots: ShotCounter) -> Frame:
    shot = 0
    for candidate in sampled.signatures:
        number = shots.number(candidate)
        if candidate.seconds == sampled.frame.timecode_seconds:
            shot = number
    return replace(sampled.frame, shot=shot)
