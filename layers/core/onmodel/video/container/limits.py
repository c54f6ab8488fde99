"""What a film may measure at most. Beyond it the film is refused, and the limit is named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one function within its memory and time, whatever a file claims.

    Attributes:
        pixels: of one picture; 8192 × 4320 is the largest that cinema delivers. A decoded
            picture of that size takes 53 MB in 4:2:0.
        side: of a picture.
        duration_seconds: 12 hours, longer than any film; a day-long recording is not one.
        packets: 12 hours at 60 frames a second.
        streams: a file of thousands of streams is an attack, not a film.
        frames_per_second: high-speed cameras deliver no more in a film file.
        header_bytes: what may be read to find out what a file holds.
    """

    pixels: int = 8192 * 4320
    side: int = 16384
    duration_seconds: float = 12 * 3600.0
    packets: int = 12 * 3600 * 60
    streams: int = 64
    frames_per_second: float = 1000.0
    header_bytes: int = 256 << 20
