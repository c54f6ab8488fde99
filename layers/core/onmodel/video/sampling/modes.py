"""The sampling modes of settings.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from onmodel.contracts.films import ChunkShots, Shape
from onmodel.contracts.sampling_settings import Sampling
from onmodel.video.container.opening import Source
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.sampling.batch_decoder import OnLost
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.sampler import sample_frames
from onmodel.video.sampling.shot_bars import with_shot_bars


def sample_by_settings(
    source: Source,
    sampling: Sampling,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    *,
    packets: PacketTable | None = None,
    shapes: Sequence[Shape] = (),
    threads: int = 1,
    on_lost: OnLost | None = None,
    on_shots: Callable[[ChunkShots], None] | None = None,
) -> Iterator[Frame]:
    """A chunk's frames for `sampling.mode`, in order of time.

    - `interval`, `fps`: the sharpest decoded frame of each window.
    - `keyframes`: every keyframe, which needs the least decoding.
    - `scene`: `frames_per_shot` sharp frames of each shot, spread over it. A shot that continues
      after the end of the chunk gets its frames in both chunks.

    Each frame's `picture` is the part inside the bars of its shot. Args and errors are those of
    `sample_frames`; windows are counted from the film's start.
    """
    frames = sample_frames(
        source,
        sampling.step_seconds,
        start_seconds,
        end_seconds,
        packets=packets,
        shapes=shapes,
        anchor_seconds=0.0,
        keyframes_only=sampling.mode == "keyframes",
        threads=threads,
        on_lost=on_lost,
        on_shots=on_shots,
    )
    inside = with_shot_bars(frames)
    return best_of_shots(inside, sampling.frames_per_shot) if sampling.mode == "scene" else inside


def best_of_shots(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    """At most `count` frames of each shot: sharp, and spread over the shot.

    The frames of a shot are kept one per bucket. When there are twice as many buckets as wanted
    frames, neighbouring buckets are merged and the sharper frame is kept. So at most twice the
    count is held, whatever the length of the shot.
    """
    for _shot, shown in groupby(frames, key=lambda frame: frame.shot):
        held: list[Frame] = []
        each, filling = 1, 0  # frames per bucket, and how many the last bucket has
        for frame in shown:
            if filling == 0:
                held.append(frame)
            else:
                held[-1] = _sharper(held[-1], frame)
            filling = (filling + 1) % each
            if len(held) == 2 * count and filling == 0:
                held, each = _merged(held), 2 * each
        while len(held) > count:
            closest = min(range(len(held) - 1), key=partial(_gap, held))
            held[closest : closest + 2] = [_sharper(held[closest], held[closest + 1])]
        yield from held


def _merged(held: list[Frame]) -> list[Frame]:
    return [_sharper(one, other) for one, other in zip(held[::2], held[1::2], strict=True)]


def _sharper(one: Frame, other: Frame) -> Frame:
    return other if other.sharpness > one.sharpness else one


def _gap(held: list[Frame], index: int) -> float:
    return held[index + 1].timecode_seconds - held[index].timecode_seconds
