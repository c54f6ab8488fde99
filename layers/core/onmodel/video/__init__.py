"""From films to frames: the only package that decodes.

    from onmodel.video import sample_frames

    for frame in sample_frames("film.mp4", interval_seconds=1.0):
        print(frame.timecode_seconds, frame.pixels.shape, frame.sharpness)

`inspect_film` returns a film's facts and its packet table. `plan_chunks` divides a film into spans
for several workers. `select_frames` drops frames without value. docs/sampling.md explains how and
why.
"""

from onmodel.video.container.packet_table import PacketTable
from onmodel.video.container.range_reader import RangeReader
from onmodel.video.inspection.film import InspectedFilm, inspect_film
from onmodel.video.sampling.chunks import plan_chunks
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.modes import sample_by_settings
from onmodel.video.sampling.sampler import sample_frames
from onmodel.video.sampling.selection import DroppedFrame, select_frames

__all__ = [
    "DroppedFrame",
    "Frame",
    "InspectedFilm",
    "PacketTable",
    "RangeReader",
    "inspect_film",
    "plan_chunks",
    "sample_by_settings",
    "sample_frames",
    "select_frames",
]
