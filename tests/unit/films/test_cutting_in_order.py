from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Detection, Rejected, RejectReason
from onmodel.errors import Throttled
from onmodel.films.cutting import CutResult
from onmodel.films.cutting_in_order import in_order
from onmodel.ports.finder import FrameDetections
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame

PIXELS = np.random.default_rng(0).integers(0, 255, (90, 160, 3)).astype(np.uint8)
WHOLE = Box(left=0, top=0, width=160, height=90)
FIGURE = Detection(box=Box(left=40, top=20, width=60, height=50), label="x", confidence=90)


def frame_of(seconds: float, shot: int = 0) -> Frame:
    return Frame(seconds, PIXELS, 50, shot, WHOLE)


@dataclass
class Cutter:
    """Notes who is asked and what is cut; a result has a line for each frame."""

    reason: RejectReason = RejectReason.SURPLUS
    failing: float | None = None
    asked: list[float] = field(default_factory=list)
    figures: dict[float, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, frame: Frame) -> FrameDetections:
        if frame.timecode_seconds == self.failing:
            raise Throttled("too many calls")
        with self.lock:
            self.asked.append(frame.timecode_seconds)
        return FrameDetections((FIGURE,), "")

    def cut(
        self, frame: Frame, answer: FrameDetections, background: BackgroundMoved | None = None
    ) -> CutResult:
        with self.lock:
            self.figures[frame.timecode_seconds] = len(answer.detections)
        return self._line(frame.timecode_seconds)

    def cut_frame(self, frame: Frame) -> CutResult:
        return self.cut(frame, self.look(frame))

    def record_dropped(self, dropped: DroppedFrame) -> CutResult:
        return self._line(dropped.timecode_seconds)

    def _line(self, seconds: float) -> CutResult:
        line = Rejected(reason=self.reason, timecode_seconds=seconds, chunk=0)
        return CutResult(rejected=[line])


def times(cutter: Cutter, frames: list[Frame | DroppedFrame], every: int = 6) -> list[float]:
    found = in_order(cutter, frames, 4, every)  # type: ignore[arg-type]
    return [line.timecode_seconds for part in found for line in part.rejected]


def test_in_order_when_figures_stay_then_first_last_and_every_few_frames_are_asked_about():
    cutter = Cutter()
    frames = [frame_of(seconds) for seconds in range(10)]
    assert times(cutter, frames) == list(range(10))
    assert sorted(cutter.asked) == [0, 6, 9]
    assert set(cutter.figures.values()) == {1}


@pytest.mark.parametrize(("frames", "asked"), [(8, [0, 6]), (9, [0, 6, 8])])
def test_in_order_when_a_shot_ends_soon_after_a_look_then_its_last_frame_is_not_asked_about(
    frames: int, asked: list[float]
) -> None:
    cutter = Cutter()
    assert times(cutter, [frame_of(seconds) for seconds in range(frames)]) == list(range(frames))
    assert sorted(cutter.asked) == asked
    assert set(cutter.figures.values()) == {1}


def test_in_order_when_a_shot_ends_then_its_last_frame_and_the_next_first_are_asked_about():
    cutter = Cutter()
    frames = [frame_of(seconds, shot=seconds // 3) for seconds in range(7)]
    assert times(cutter, frames) == list(range(7))
    assert sorted(cutter.asked) == [0, 2, 3, 5, 6]


def test_in_order_when_every_frame_is_to_be_asked_about_then_it_is():
    cutter = Cutter()
    assert times(cutter, [frame_of(seconds) for seconds in range(5)], every=1) == list(range(5))
    assert sorted(cutter.asked) == list(range(5))


def test_in_order_when_every_frame_is_to_be_asked_about_then_no_figure_is_followed() -> None:
    class Forgetful(Cutter):
        def look(self, frame: Frame) -> FrameDetections:
            answer = super().look(frame)
            return answer if frame.timecode_seconds != 3 else FrameDetections((), "")

    every, followed = Forgetful(), Forgetful()
    frames = [frame_of(seconds) for seconds in range(7)]
    times(every, [*frames], every=1)
    times(followed, [*frames], every=3)
    assert every.figures == {seconds: int(seconds != 3) for seconds in range(7)}
    assert followed.figures == dict.fromkeys(range(7), 1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20),
    st.integers(1, 6),
    st.integers(1, 5),
)
def test_in_order_when_shots_and_drops_are_random_then_each_frame_once_in_order(
    drawn: list[tuple[bool, bool]], in_flight: int, every: int
) -> None:
    shot, frames = 0, []
    for number, (cut, dropped) in enumerate(drawn):
        shot += cut
        frames.append(
            DroppedFrame(number, RejectReason.BLACK, "", PIXELS)
            if dropped
            else frame_of(number, shot)
        )
    found = in_order(Cutter(), frames, in_flight, every)  # type: ignore[arg-type]
    assert [line.timecode_seconds for part in found for line in part.rejected] == list(
        range(len(drawn))
    )


@pytest.mark.parametrize(("in_flight", "every"), [(1, 1), (3, 2), (4, 6)])
def test_in_order_when_frames_are_decoded_then_never_more_at_once_than_allowed(
    in_flight: int, every: int
) -> None:
    """A frame is decoded only when there is room for it: decoded frames are large."""
    decoded = 0

    def decode() -> Iterator[Frame]:
        nonlocal decoded
        for number in range(30):
            decoded += 1
            yield frame_of(number)

    cutting = in_order(Cutter(), decode(), in_flight, every)  # type: ignore[arg-type]
    ahead = [decoded - number for number, _ in enumerate(cutting)]
    assert max(ahead) <= in_flight + 2 * every


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        (RejectReason.SURPLUS, True),
        (RejectReason.NO_FIGURE, False),
        (RejectReason.NO_ANSWER, False),
        (RejectReason.INVENTED, False),
    ],
)
def test_in_order_when_the_kept_frame_of_a_still_shot_showed_nothing_then_a_second_is_looked_at(
    reason: RejectReason, found: bool
) -> None:
    cutter = Cutter(reason=reason)
    unchanged = DroppedFrame(1.0, RejectReason.UNCHANGED, "", PIXELS, second_look=frame_of(1.0))
    later = DroppedFrame(2.0, RejectReason.UNCHANGED, "", PIXELS)
    assert times(cutter, [frame_of(0.0), unchanged, later]) == [0.0, 1.0, 2.0]
    assert cutter.asked == ([0.0] if found else [0.0, 1.0])


def test_in_order_when_a_call_is_throttled_then_raised_and_the_rest_is_not_asked():
    cutter = Cutter(failing=0.0)
    frames = [frame_of(seconds, shot=seconds) for seconds in range(40)]
    with pytest.raises(Throttled):
        times(cutter, frames)
    assert len(cutter.asked) < 20
