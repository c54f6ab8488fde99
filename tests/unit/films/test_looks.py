from __future__ import annotations

import numpy as np

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.films.looks import SeenFrame, follow_figures
from onmodel.ports.finder import FrameDetections
from onmodel.video.sampling.frames import Frame

SCENE = np.random.default_rng(1).integers(0, 90, (18, 32, 3)).repeat(20, 0).repeat(20, 1)
FACE = np.random.default_rng(2).integers(90, 255, (6, 5, 3)).repeat(20, 0).repeat(20, 1)
WHOLE = Box(left=0, top=0, width=640, height=360)
NOTHING = FrameDetections((), "seen: nothing")


def frame_of(seconds: float, *places: tuple[int, int]) -> Frame:
    """A scene with the same face at some places (left, top)."""
    pixels = SCENE.astype(np.uint8).copy()
    for left, top in places:
        pixels[top : top + 120, left : left + 100] = FACE
    return Frame(seconds, pixels, 50, 0, WHOLE)


def found(*places: tuple[int, int]) -> FrameDetections:
    return FrameDetections(tuple(at(*place) for place in places), "")


def at(left: int, top: int) -> Detection:
    box = Box(left=left, top=top, width=100, height=120)
    return Detection(box=box, label="x", confidence=90)


def places(seen: list[SeenFrame]) -> list[list[tuple[int, int]]]:
    return [
        [(figure.box.left, figure.box.top) for figure in each.answer.detections] for each in seen
    ]


def never(frame: Frame) -> FrameDetections:
    raise AssertionError(f"asked at {frame.timecode_seconds}")


def test_follow_figures_when_a_figure_walks_then_its_box_goes_with_it_unasked():
    span = [frame_of(number, (100 + 40 * number, 100)) for number in range(4)]
    seen = follow_figures(span, None, found((100, 100)), None, never)
    assert places(seen) == [[(100, 100)], [(140, 100)], [(180, 100)], [(220, 100)]]
    assert seen[1].answer.seen == "not asked: as at 0.000 s"
    surest = [each.answer.detections[0].confidence for each in seen]
    assert surest == sorted(surest, reverse=True)
    assert surest[0] == 90 > surest[1]


def test_follow_figures_when_a_figure_is_lost_then_the_finder_is_asked_until_it_finds_one():
    asked: list[float] = []

    def look(frame: Frame) -> FrameDetections:
        asked.append(frame.timecode_seconds)
        return NOTHING

    span = [frame_of(0, (100, 100)), frame_of(1), frame_of(2)]
    assert places(follow_figures(span, None, found((100, 100)), None, look)) == [
        [(100, 100)],
        [],
        [],
    ]
    assert asked == [1, 2]


def test_follow_figures_when_a_lost_figure_is_in_the_frame_after_then_nobody_is_asked():
    span = [frame_of(0, (100, 100)), frame_of(1, (400, 100))]  # it ran too far to be followed
    after = SeenFrame(frame_of(2, (420, 100)), found((420, 100)))
    assert places(follow_figures(span, None, found((100, 100)), after, never)) == [
        [(100, 100)],
        [(400, 100)],
    ]


def test_follow_figures_when_the_frame_after_has_fewer_figures_then_the_finder_is_asked():
    asked: list[float] = []

    def look(frame: Frame) -> FrameDetections:
        asked.append(frame.timecode_seconds)
        return found((400, 100), (250, 20))

    span = [frame_of(0, (100, 100), (20, 200)), frame_of(1, (400, 100), (250, 20))]
    after = SeenFrame(frame_of(2, (420, 100)), found((420, 100)))
    seen = follow_figures(span, None, found((100, 100), (20, 200)), after, look)
    assert asked == [1]
    assert places(seen)[1] == [(400, 100), (250, 20)]


def test_follow_figures_when_the_next_look_finds_another_figure_then_it_is_carried_back():
    span = [frame_of(number, (100, 100), (400, 80)) for number in range(2)]
    after = SeenFrame(frame_of(2, (100, 100), (400, 80)), found((400, 80)))
    seen = follow_figures(span, None, found((100, 100)), after, never)
    assert places(seen) == [[(100, 100), (400, 80)]] * 2


def test_follow_figures_when_a_look_misses_a_figure_of_the_frame_before_then_it_is_carried_there():
    before = SeenFrame(frame_of(0, (100, 100)), found((100, 100)))
    assert places(follow_figures([frame_of(1, (100, 100))], before, NOTHING, None, never)) == [
        [(100, 100)]
    ]


def test_follow_figures_when_a_figure_has_no_box_then_each_frame_is_asked_about():
    wide = Detection(box=WHOLE, label="x", confidence=60, wide=True)
    answer = FrameDetections((wide,), "")
    asked: list[float] = []

    def look(frame: Frame) -> FrameDetections:
        asked.append(frame.timecode_seconds)
        return answer

    follow_figures([frame_of(number) for number in range(3)], None, answer, None, look)
    assert asked == [1, 2]


def test_follow_figures_when_a_figure_with_a_face_walks_then_the_face_goes_with_it() -> None:
    face = Box(left=120, top=110, width=40, height=40)
    figure = at(100, 100).model_copy(update={"face": face})
    answer = FrameDetections((figure,), "")
    span = [frame_of(number, (100 + 40 * number, 100)) for number in range(3)]
    seen = follow_figures(span, None, answer, None, never)
    assert [each.answer.detections[0].face for each in seen] == [
        face,
        face.model_copy(update={"left": 160}),
        face.model_copy(update={"left": 200}),
    ]


def test_follow_figures_when_a_face_would_leave_the_frame_then_the_figure_has_none() -> None:
    face = Box(left=100, top=20, width=100, height=60)  # above the figure's box
    figure = at(100, 100).model_copy(update={"face": face})
    span = [frame_of(0, (100, 100)), frame_of(1, (100, 60))]
    seen = follow_figures(span, None, FrameDetections((figure,), ""), None, never)
    assert [each.answer.detections[0].face for each in seen] == [face, None]
