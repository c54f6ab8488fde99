"""Chooses the video track that is read, and says which others are not."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from onmodel.errors import FilmRefused
from onmodel.video.container.mp4_boxes import ISO_BMFF

logger = logging.getLogger(__name__)

EXPORT_AGAIN = "Export the film again as MP4 with H.264 and upload that"
_PICTURES_COUNTED = 50  # of one track, by then others that move have had their second picture


def best_track(container: InputContainer) -> VideoStream:
    """The track that moves, is flagged as default, and is largest, in this order; else the first.

    Raises:
        FilmRefused: as `readable_tracks`.
    """
    tracks = readable_tracks(container)
    pictures = _pictures(container, tracks) if len(tracks) > 1 else Counter[int]()
    return max(
        tracks, key=lambda track: (pictures[track.index] > 1, _is_default(track), _area(track))
    )


def readable_tracks(container: InputContainer) -> list[VideoStream]:
    """The video tracks that can be decoded and are not marked as a cover picture.

    Raises:
        FilmRefused: there is none.
    """
    tracks = _video_tracks(container)
    if not tracks:
        has_sound = bool(container.streams.audio)
        raise FilmRefused(
            "the file has sound but no picture" if has_sound else "the file has no video in it",
            "Upload the film with its picture",
        )
    readable = [track for track in tracks if _decoder(track) is not None]
    if not readable:
        raise FilmRefused("the film's codec cannot be decoded", EXPORT_AGAIN)
    return readable


def unread_tracks(container: InputContainer, chosen: int) -> str | None:
    """A sentence on the video tracks with moving pictures that are not read; None without any.

    Args:
        container: opened, nothing of it read yet.
        chosen: index of the track that is read.
    """
    tracks = _video_tracks(container)
    if len(tracks) < 2:
        return None
    pictures = _pictures(container, tracks)
    # a track without a picture so far may begin later
    others = [track for track in tracks if track.index != chosen and pictures[track.index] != 1]
    read = next((track for track in tracks if track.index == chosen), None)
    if read is None or not others:
        return None
    unread = ", ".join(_words(track) for track in others)
    return (
        f"The film has several video tracks. Read is {_words(read)}, {_reason(read, others)}."
        f" Not read: {unread}. If another one matters, upload it as a film of its own."
    )


def _video_tracks(container: InputContainer) -> list[VideoStream]:
    return [
        track
        for track in container.streams.video
        if not track.disposition & av.stream.Disposition.attached_pic
    ]


def _pictures(container: InputContainer, tracks: Sequence[VideoStream]) -> Counter[int]:
    """Pictures of each track by its index: a poster may be an ordinary video track.

    Those that MP4 lists; of other containers those among the first packets.
    """
    pictures = Counter({track.index: len(track.index_entries) for track in tracks})
    if ISO_BMFF in container.format.name and any(pictures.values()):
        return pictures
    pictures = Counter()
    try:
        for packet in container.demux(tracks):
            pictures[packet.stream_index] += packet.size > 0
            if pictures[packet.stream_index] >= _PICTURES_COUNTED:
                break
    except av.FFmpegError as fault:
        logger.info("the first pictures cannot be counted: %s", fault)
    return pictures


def _reason(read: VideoStream, others: Sequence[VideoStream]) -> str:
    if all(_decoder(track) is None for track in others):
        return "the only one that can be decoded"
    if _is_default(read) and not any(_is_default(track) for track in others):
        return "which its header flags as default"
    if all(_area(track) < _area(read) for track in others):
        return "the largest"
    return "the first"


def _words(track: VideoStream) -> str:
    decoder = _decoder(track)
    if decoder is None:
        return f"track {track.index + 1} (a codec that cannot be decoded)"
    size = f"{track.width} × {track.height}, " if track.width and track.height else ""
    return f"track {track.index + 1} ({size}{track.codec_context.codec.canonical_name})"


def _is_default(track: VideoStream) -> bool:
    return bool(track.disposition & av.stream.Disposition.default)


def _area(track: VideoStream) -> int:
    return track.width * track.height if _decoder(track) is not None else 0


def _decoder(track: VideoStream) -> str | None:
    """The decoder's name, or None: PyAV gives a stream without a decoder no codec context."""
    context: Any = track.codec_context
    return None if context is None or context.codec is None else str(context.codec.name)
