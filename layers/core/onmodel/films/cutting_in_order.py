"""Cuts the frames of a chunk while the next ones are decoded; results in order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from onmodel.contracts.crops import RejectReason
from onmodel.films.backgrounds import with_backgrounds
from onmodel.films.cutting import CutResult, FigureCutter
from onmodel.films.looks import SeenFrame, follow_figures
from onmodel.ports.finder import FrameDetections
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame

PAID_CALLS_AT_ONCE = 8
"""Threads a chunk. The chunk's share of DetectLabels' rate bounds its calls as well."""

JUST_LOOKED = 1
"""Frames at the end of a shot, after a planned look, that are asked about only when a figure is
lost; chosen on the half "tune" of bench/characters.py."""

NOTHING_FOUND = frozenset({RejectReason.NO_FIGURE, RejectReason.NO_ANSWER, RejectReason.INVENTED})
"""Reasons after which another frame of a still shot is looked at. Of figures that were found and
are too small, it shows the same."""


def in_order(
    cutter: FigureCutter,
    frames: Iterable[Frame | DroppedFrame],
    in_flight: int,
    look_every: int,
) -> Iterator[CutResult]:
    """Overlap the paid calls of some frames with the decoding of the next; results in order.

    Args:
        cutter: asks the finder, cuts and embeds.
        frames: in order of time.
        in_flight: frames whose calls may be under way, beside those of the span that is filled.
        look_every: frames of a shot from one planned look to the next; with 1 nothing is followed.
    """
    waiting: deque[Future[CutResult]] = deque()
    with ThreadPoolExecutor(PAID_CALLS_AT_ONCE) as pool:
        shots = _Shots(pool, cutter, look_every)
        try:
            for frame in frames:
                waiting.extend(shots.take(frame))
                while len(waiting) >= in_flight:
                    yield waiting.popleft().result()
            waiting.extend(shots.end())
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_Answer = Future[FrameDetections]
_Followed = Future[list[SeenFrame]]


@dataclass
class _Shots:
    """Submits the work of each span of a shot: its look, its followed figures, its cuts.

    Work waits only for work that was submitted before it, so it never waits for itself.
    """

    pool: ThreadPoolExecutor
    cutter: FigureCutter
    look_every: int
    _span: list[Frame | DroppedFrame] = field(default_factory=list)
    _first: _Answer | None = None
    _before: _Followed | None = None

    def take(self, item: Frame | DroppedFrame) -> list[Future[CutResult]]:
        """The work that a frame completes; the frame itself waits for the next ones."""
        if isinstance(item, DroppedFrame):
            self._span.append(item)
            return [] if self._first is not None else self._submit(None)
        done: list[Future[CutResult]] = []
        kept = _kept(self._span)
        if kept and kept[-1].shot != item.shot:
            done = self.end()
        elif len(kept) >= self.look_every:
            answer = self._look(item)
            done = self._submit((item, answer))
            self._first = answer
        self._first = self._first or self._look(item)
        self._span.append(item)
        return done

    def end(self) -> list[Future[CutResult]]:
        """The rest of the shot's work: its last frame is looked at, unless another just was."""
        done: list[Future[CutResult]] = []
        kept = _kept(self._span)
        just_looked = self._before is not None and len(kept) <= 1 + JUST_LOOKED
        if len(kept) > 1 and not just_looked:
            place = self._span.index(kept[-1])
            rest = self._span[place:]
            del self._span[place:]
            answer = self._look(kept[-1])
            done = self._submit((kept[-1], answer))
            self._span, self._first = rest, answer
        done += self._submit(None)
        self._before = None
        return done

    def _look(self, frame: Frame) -> _Answer:
        return self.pool.submit(self.cutter.look, frame)

    def _submit(self, after: tuple[Frame, _Answer] | None) -> list[Future[CutResult]]:
        """Submit the span's work; `after` is the next frame of the shot, which is looked at."""
        done: list[Future[CutResult]] = []
        followed, last = None, None
        if self._first is not None:
            followed = self.pool.submit(
                self._follow, _kept(self._span), self._before, self._first, after
            )
        place = 0
        for item in self._span:
            if followed is not None and not isinstance(item, DroppedFrame):
                last = self.pool.submit(self._cut, followed, place)
                place += 1
                done.append(last)
            elif isinstance(item, DroppedFrame):
                done.append(self.pool.submit(self._record, item, last))
        self._span, self._first, self._before = [], None, followed
        return done

    def _follow(
        self,
        kept: list[Frame],
        before: _Followed | None,
        first: _Answer,
        after: tuple[Frame, _Answer] | None,
    ) -> list[SeenFrame]:
        earlier = before.result()[-1] if before is not None else None
        if self.look_every == 1:  # a span is one frame
            return with_backgrounds(earlier, [SeenFrame(kept[0], first.result())])
        later = SeenFrame(after[0], after[1].result()) if after is not None else None
        followed = follow_figures(kept, earlier, first.result(), later, self.cutter.look)
        return with_backgrounds(earlier, followed)

    def _cut(self, followed: _Followed, place: int) -> CutResult:
        seen = followed.result()[place]
        return self.cutter.cut(seen.frame, seen.answer, seen.background)

    def _record(self, dropped: DroppedFrame, kept: Future[CutResult] | None) -> CutResult:
        """An unchanged frame: looked at after all where the kept one shows no figure.

        Compression and grain differ, and what a finder missed in one it may find in the other; a
        shot that stands still has no third chance.
        """
        if kept is not None and dropped.second_look is not None:
            before = kept.result()
            reasons = {line.reason for line in before.rejected}
            if not before.crops and reasons and reasons <= NOTHING_FOUND:
                return self.cutter.cut_frame(dropped.second_look)
        return self.cutter.record_dropped(dropped)


def _kept(span: list[Frame | DroppedFrame]) -> list[Frame]:
    return [each for each in span if not isinstance(each, DroppedFrame)]
