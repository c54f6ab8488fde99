"""The ways of sampling that settings.yaml offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby

from onmodel.contracts.base import Box
from onmodel.contracts.films import ChunkShots
from onmodel.contracts.settings import Sampling
from onmodel.video.container.opening import Source
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.sampling.batch_decoder import Lost
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.sampler import sample_frames


def sample_by_settings(
    source: Source,
    sampling: Sampling,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    *,
    packets: PacketTable | None = None,
    picture: Box | None = None,
    threads: int = 1,
    on_lost: Lost | None = None,
    on_shots: Callable[[ChunkShots], None] | None = None,
) -> Iterator[Frame]:
    """A chunk's frames as `sampling.mode` wants them, in order of time.

    - `interval`, `fps`: the sharpest free frame of each window.
    - `keyframes`: every keyframe; the least decoding that there is.
    - `scene`: the sharpest of each shot's windows, `frames_per_shot` of them spread over it. A
      shot that goes on over the chunk's end gets its frames in both chunks.

    Args and errors are those of `sample_frames`; windows are counted from the film's start.
    """
    frames = sample_frames(
        source,
        sampling.step_seconds,
        start_seconds,
        end_seconds,
        packets=packets,
        picture=picture,
        anchor_seconds=0.0,
        keyframes_only=sampling.mode == "keyframes",
        threads=threads,
        on_lost=on_lost,
        on_shots=on_shots,
    )
    return best_of_shots(frames, sampling.frames_per_shot) if sampling.mode == "scene" else frames


def best_of_shots(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    """At most `count` frames of each shot: sharp, and spread over the shot.

    A shot is a row of buckets; when there are twice as many as frames wanted, neighbours are
    joined and the sharper frame stays. So never more than twice the count is held, however long
    the shot is.
    """
    for _shot, shown in groupby(frames, key=lambda frame: frame.shot):
        held: list[Frame] = []
        each, filling = 1, 0  # frames that a bucket stands for, and how many the last one has
        for frame in shown:
            if filling == 0:
                held.append(frame)
            else:
                held[-1] = _sharper(held[-1], frame)
            filling = (filling + 1) % each
            if len(held) == 2 * count and filling == 0:
                held, each = _joined(held), 2 * each
        while len(held) > count:
            closest = min(range(len(held) - 1), key=partial(_gap, held))
            held[closest : closest + 2] = [_sharper(held[closest], held[closest + 1])]
        yield from held


def _joined(held: list[Frame]) -> list[Frame]:
    return [_sharper(one, other) for one, other in zip(held[::2], held[1::2], strict=True)]


def _sharper(one: Frame, other: Frame) -> Frame:
    return other if other.sharpness > one.sharpness else one


def _gap(held: list[Frame], index: int) -> float:
    return held[index + 1].timecode_seconds - held[index].timecode_seconds
