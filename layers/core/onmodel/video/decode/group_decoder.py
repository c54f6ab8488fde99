"""Decodes groups of pictures, and finds the packet where damage begins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from onmodel.errors import FilmRefused
from onmodel.video.container.limits import Limits
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.gops.batches import Batch

logger = logging.getLogger(__name__)

# These decoders can refuse a damaged packet. Other decoders set the corrupt flag on undamaged
# pictures too.
_STRICT_CODECS = frozenset({"h264", "hevc"})
_FLAGGED_CORRUPT = "the decoder flagged its picture as corrupt"


class GroupDecoder:
    """A single-threaded decoder that decodes one group of pictures after the other.

    For H.264 and HEVC it is strict: it refuses a damaged packet. Many films have faults that damage
    no picture. When a lenient decoder outputs the refused picture undamaged, it replaces the strict
    one for the rest of the film.

    Attributes:
        failed: index in the last batch of the first packet that could not be decoded, or None.
    """

    def __init__(self, table: PacketTable, limits: Limits) -> None:
        self._table, self._limits = table, limits
        self._reports_damage = self._strict = table.codec in _STRICT_CODECS
        self._decoder = open_decoder(table, limits, strict=self._strict)
        self._unassigned_ticks: list[int] = []  # for pictures that come without a time
        self._aspects: dict[int | None, Fraction | None] = {}  # of the current group, by tick
        self._shown = 0  # pictures of the current group so far
        self._started = False
        self.failed: int | None = None

    def frames(self, batch: Batch, feed: list[int]) -> Iterator[VideoFrame]:
        """The pictures of the packets `feed` of a batch, in presentation order.

        Args:
            batch: the next part of the group, or the next group's first part.
            feed: indices of the packets to decode.
        """
        if not self._prepare(batch, feed):
            return
        position = 0
        while position < len(feed) and self.failed is None:
            packet = batch.packets[feed[position]]
            try:
                if packet is None:
                    raise av.error.InvalidDataError(0, "the file ends before the packet")
                pictures, taken = self._decoder.decode(packet), position + 1
                self._aspects[packet.pts] = self._decoder.sample_aspect_ratio
            except av.FFmpegError as fault:
                decoded_leniently = self._decoded_leniently(batch, feed, position)
                if decoded_leniently is None:
                    self._fail(batch, feed[position], fault)
                    break
                pictures, taken = decoded_leniently
            for picture in pictures:
                if self._accepts(picture):
                    yield picture
                elif not self._strict:
                    # A strict decoder refused the packet and still holds the pictures before it. A
                    # lenient one continued, and what it still holds is damaged.
                    self._fail(batch, _packet_of(batch, picture, feed[position]), _FLAGGED_CORRUPT)
                    return
            position = taken
        if batch.last or self.failed is not None:
            yield from self._flushed(batch)

    def aspect_of(self, picture: VideoFrame) -> Fraction | None:
        """Width of a pixel by its height, as the coded picture says; None if it does not say.

        A decoder outputs pictures late, so its own value may already be that of a later picture.
        """
        return self._aspects.get(picture.pts, self._decoder.sample_aspect_ratio)

    def _prepare(self, batch: Batch, feed: list[int]) -> bool:
        """Prepare for a batch; False if nothing of its group was or will be decoded yet."""
        self.failed = None
        if batch.head:
            self._unassigned_ticks, self._shown, self._started = [], 0, False
            self._aspects = {}
        if not feed and not self._started:
            return False
        if batch.head:
            self._decoder.flush_buffers()
        self._started = True
        if not batch.timed:
            self._unassigned_ticks += np.sort(batch.pts).tolist()
        return True

    def _flushed(self, batch: Batch) -> Iterator[VideoFrame]:
        try:
            pictures = self._decoder.decode(None)
        except av.error.EOFError:  # already flushed by _decoded_leniently
            return
        except av.FFmpegError as fault:
            logger.info("the decoder's last pictures are damaged: %s", fault)
            return
        for picture in pictures:
            if self._accepts(picture):
                yield picture
            elif not self._strict:
                known = len(batch.pts) - 1 if self.failed is None else self.failed
                self._fail(batch, _packet_of(batch, picture, known), _FLAGGED_CORRUPT)
                return

    def _accepts(self, picture: VideoFrame) -> bool:
        """Count a picture, and assign its time if the container has none.

        Returns:
            False when the decoder flagged it as corrupt, for codecs whose flag is reliable.
        """
        self._shown += 1
        if self._unassigned_ticks:
            picture.pts = self._unassigned_ticks.pop(0)
        return not (self._reports_damage and picture.is_corrupt)

    def _fail(self, batch: Batch, index: int, fault: object) -> None:
        self.failed = index
        logger.info("packet at tick %d is damaged: %s", batch.pts[index], fault)

    def _decoded_leniently(
        self, batch: Batch, feed: list[int], position: int
    ) -> tuple[list[VideoFrame], int] | None:
        """Decode the group again with a lenient decoder, up to the refused picture.

        Returns:
            The pictures that were not yielded before, and how many packets of `feed` were decoded;
            None if a picture is damaged, or if the packets before the batch are gone.
        """
        if not (self._strict and batch.head) or batch.packets[feed[position]] is None:
            return None
        decoder = open_decoder(self._table, self._limits, strict=False)
        refused = int(batch.pts[feed[position]])
        pictures: list[VideoFrame] = []
        known, taken, found = self._shown, 0, False
        try:
            while not found:
                flushes = taken == len(feed)
                packet = None if flushes else batch.packets[feed[taken]]
                if packet is None and not (flushes and batch.last):
                    return None
                for frame in decoder.decode(packet):
                    if frame.is_corrupt:
                        return None
                    found = found or frame.pts == refused
                    pictures += [] if known > 0 else [frame]
                    known -= 1
                if flushes and not found:
                    return None
                taken += not flushes
        except av.FFmpegError:
            return None
        logger.info("the film has faults that damage no picture: decoding without strict checks")
        self._strict, self._decoder = False, decoder
        return pictures, taken


def _packet_of(batch: Batch, picture: VideoFrame, index: int) -> int:
    """The index of the packet that a picture came from; `index` if it is not in the batch."""
    found = np.flatnonzero(batch.pts == picture.pts)
    return int(found[0]) if len(found) else index


def open_decoder(table: PacketTable, limits: Limits, *, strict: bool) -> VideoCodecContext:
    """A single-threaded decoder for a film's packets, opened without a container.

    Args:
        table: the film's packet table, with the parameters of the stream.
        limits: bound the size of a picture.
        strict: refuse a damaged packet instead of concealing the damage.

    Raises:
        FilmRefused: FFmpeg has no such decoder, or it refuses the stream's parameters.
    """
    try:
        decoder: Any = av.CodecContext.create(table.decoder, "r")
        decoder.extradata = table.extradata or None
        decoder.width, decoder.height = table.width, table.height
        if table.coded_aspect is not None:
            decoder.sample_aspect_ratio = table.coded_aspect
        decoder.bits_per_coded_sample = table.bits_per_sample
        if table.pixel_format:
            decoder.pix_fmt = table.pixel_format
        if table.codec_tag:
            decoder.codec_tag = table.codec_tag
        # tags of the container; tags in the coded stream replace them
        decoder.colorspace, decoder.color_range = table.colours[:2]
        decoder.color_primaries, decoder.color_trc = table.colours[2:]
        decoder.thread_count = 1
        options = {"max_pixels": str(limits.pixels)}
        if strict:
            options["err_detect"] = "explode"
        if table.codec == "h264":
            # if a stream declares no reorder depth, the decoder otherwise guesses one and may drop
            # pictures
            options["strict"] = "strict"
        decoder.options = options
        decoder.open()
    except (av.FFmpegError, ValueError) as fault:
        logger.info("the decoder %s does not open: %s", table.decoder, fault)
        raise FilmRefused(
            f"the film's codec, {table.codec}, cannot be decoded",
            "Export the film again as MP4 with H.264 and upload that",
        ) from fault
    return decoder  # type: ignore[no-any-return]
