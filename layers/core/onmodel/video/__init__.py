"""From films to frames: the only package that decodes.

    from onmodel.video import sample_frames

    for frame in sample_frames("film.mp4", interval_seconds=1.0):
        print(frame.timecode_seconds, frame.pixels.shape, frame.sharpness)

`inspect_film` returns a film's facts and its packet table. `plan_chunks` divides a film into spans
for several workers. `select_frames` drops frames without value. docs/sampling.md explains how and
why.

What is believed, and what is measured (`container/packet_index.py`, `container/film_clock.py`):

- Length: measured, from the first timestamp to the end of the last picture. The declared length is
  only compared, and a difference is a notice.
- Clock: measured. Restarts, wraps and a late beginning become one continuous film time. The index
  of MP4 and MOV is believed, and so are its times and its edit list. MP4, Matroska and FLV films
  that were joined end to end are found by their headers, and each is read by itself.
- Rate: measured by the spacing of pictures. Believed for streams that have no times at all.
- Keyframes: the flags of the packets are believed, unless nearly all packets are flagged and the
  codec's decoder would show wrong pictures without a fault: then measured by decoding
  (`decode/keyframes.py`). The list of a Matroska or AVI file is believed if the packets after its
  last two entries agree with it.
- Track: measured: one that moves comes before one that does not, then the flag "default" is
  believed, then the larger track is taken. Other moving tracks are a notice.
- End: Matroska, AVI and ASF declare it in bytes, MP4 and FLV piece by piece. A file that ends
  before is cut off, which is a notice.
- Size, rotation and fields: those of the first decoded picture. Pixel format and bits of a sample
  are believed when the decoder is opened.
- Bars: measured on nine keyframes.
"""

from onmodel.video.container.packet_table import PacketTable
from onmodel.video.container.range_reader import RangeReader
from onmodel.video.inspection.film import InspectedFilm, inspect_film
from onmodel.video.sampling.chunks import plan_chunks
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.modes import sample_by_settings
from onmodel.video.sampling.picture_at import picture_at
from onmodel.video.sampling.sampler import sample_frames
from onmodel.video.sampling.selection import DroppedFrame, select_frames

__all__ = [
    "DroppedFrame",
    "Frame",
    "InspectedFilm",
    "PacketTable",
    "RangeReader",
    "inspect_film",
    "picture_at",
    "plan_chunks",
    "sample_by_settings",
    "sample_frames",
    "select_frames",
]
