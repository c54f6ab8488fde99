"""Films in, frames out: the only package that decodes."""

from onmodel.video.frames import Frame
from onmodel.video.sampling import sample_frames

__all__ = ["Frame", "sample_frames"]
