"""Packets of a group of pictures in, sound pictures out; and where the damage begins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
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

# decoders that tell a damaged packet at once when asked to; others' flags cry wolf
_EXACT = frozenset({"h264", "hevc"})
_MARKED = "the decoder marked its picture"


class GroupDecoder:
    """One single-threaded decoder of one group of pictures after the other.

    Where the codec can, it is strict and refuses a damaged packet. Many films carry faults that
    harm no picture: once a forgiving decoder shows the refused picture undamaged, that one stays.

    Attributes:
        failed: index in the last batch of the first packet that could not be decoded, or None.
    """

    def __init__(self, table: PacketTable, limits: Limits) -> None:
        self._table, self._limits = table, limits
        self._marks_damage = self._strict = table.codec in _EXACT
        self._decoder = open_decoder(table, limits, exact=self._strict)
        self._clock: list[int] = []  # ticks still to be given to shown pictures
        self._shown = 0  # pictures of the present group so far
        self._started = False
        self.failed: int | None = None

    def frames(self, batch: Batch, feed: list[int]) -> Iterator[VideoFrame]:
        """The pictures that the packets `feed` of a batch show, in order of time.

        Args:
            batch: the next part of the group, or the next group's first part.
            feed: indices of its packets that are decoded.
        """
        if not self._begins(batch, feed):
            return
        position = 0
        while position < len(feed) and self.failed is None:
            packet = batch.packets[feed[position]]
            try:
                if packet is None:
                    raise av.error.InvalidDataError(0, "the file ends before the packet")
                pictures, taken = self._decoder.decode(packet), position + 1
            except av.FFmpegError as fault:
                forgiven = self._forgiven(batch, feed, position)
                if forgiven is None:
                    self._fail(batch, feed[position], fault)
                    break
                pictures, taken = forgiven
            for picture in pictures:
                if self._takes(picture):
                    yield picture
                elif not self._strict:
                    # A strict decoder has refused the packet and holds what came before it; this
                    # one has gone on, and holds what was made out of the damage.
                    self._fail(batch, _shown_by(batch, picture, feed[position]), _MARKED)
                    return
            position = taken
        if batch.last or self.failed is not None:
            yield from self._drained(batch)

    def _begins(self, batch: Batch, feed: list[int]) -> bool:
        """Make ready for a batch; False when nothing of its group is decoded yet."""
        self.failed = None
        if batch.head:
            self._clock, self._shown, self._started = [], 0, False
        if not feed and not self._started:
            return False
        if batch.head:
            self._decoder.flush_buffers()
        self._started = True
        if not batch.timed:
            self._clock += np.sort(batch.pts).tolist()
        return True

    def _drained(self, batch: Batch) -> Iterator[VideoFrame]:
        try:
            pictures = self._decoder.decode(None)
        except av.error.EOFError:  # it was drained to see whether a fault is harmless
            return
        except av.FFmpegError as fault:
            logger.info("the decoder's last pictures are damaged: %s", fault)
            return
        for picture in pictures:
            if self._takes(picture):
                yield picture
            elif not self._strict:
                known = len(batch.pts) - 1 if self.failed is None else self.failed
                self._fail(batch, _shown_by(batch, picture, known), _MARKED)
                return

    def _takes(self, picture: VideoFrame) -> bool:
        """Count a picture and give it its time, where it brings none.

        Returns:
            False when the decoder marked it as damaged, and its marks can be trusted.
        """
        self._shown += 1
        if self._clock:
            picture.pts = self._clock.pop(0)
        return not (self._marks_damage and picture.is_corrupt)

    def _fail(self, batch: Batch, index: int, fault: object) -> None:
        self.failed = index
        logger.info("packet at tick %d is damaged: %s", batch.pts[index], fault)

    def _forgiven(
        self, batch: Batch, feed: list[int], position: int
    ) -> tuple[list[VideoFrame], int] | None:
        """Decode the group anew with a forgiving decoder until it shows the refused picture.

        Returns:
            The pictures that were not shown before, and how many of `feed` they took; None when
            the fault is damage, or the group's start is no longer at hand.
        """
        if not (self._strict and batch.head) or batch.packets[feed[position]] is None:
            return None
        decoder = open_decoder(self._table, self._limits, exact=False)
        refused = int(batch.pts[feed[position]])
        pictures: list[VideoFrame] = []
        known, taken, found = self._shown, 0, False
        try:
            while not found:
                drains = taken == len(feed)
                packet = None if drains else batch.packets[feed[taken]]
                if packet is None and not (drains and batch.last):
                    return None
                for frame in decoder.decode(packet):
                    if frame.is_corrupt:
                        return None
                    found = found or frame.pts == refused
                    pictures += [] if known > 0 else [frame]
                    known -= 1
                if drains and not found:
                    return None
                taken += not drains
        except av.FFmpegError:
            return None
        logger.info("this film's packets carry harmless faults: decoding without strict checks")
        self._strict, self._decoder = False, decoder
        return pictures, taken


def _shown_by(batch: Batch, picture: VideoFrame, index: int) -> int:
    """The packet of a batch that a picture came from; `index` when it came from none of them."""
    found = np.flatnonzero(batch.pts == picture.pts)
    return int(found[0]) if len(found) else index


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
