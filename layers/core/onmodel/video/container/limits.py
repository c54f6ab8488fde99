"""The largest values that a film may have; a film above one is refused, and the error names it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one function within its memory and time, whatever the file declares.

    Attributes:
        pixels: of one picture; 8192 × 4320 is the largest cinema format. A decoded
            picture of that size takes 53 MB in 4:2:0.
        side: longest side of a picture, in pixels.
        duration_seconds: 12 hours, longer than any film; excludes recordings of a whole day.
        packets: of the video stream; 12 hours at 60 frames a second.
        streams: of all kinds in one file; no film needs more.
        frames_per_second: the most that high-speed cameras write into a film file.
        header_bytes: read at most to learn what a file holds.
    """

    pixels: int = 8192 * 4320
    side: int = 16384
    duration_seconds: float = 12 * 3600.0
    packets: int = 12 * 3600 * 60
    streams: int = 64
    frames_per_second: float = 1000.0
    header_bytes: int = 256 << 20
