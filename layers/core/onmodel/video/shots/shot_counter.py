"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from onmodel.contracts.films import ChunkShots, StoredHint, StoredLook
from onmodel.video.shots.cut_hints import CutHints, Evidence, Hint, weigh
from onmodel.video.shots.signatures import (
    Signature,
    correlation,
    distance,
    shows_nothing,
    surely_within,
)

# Distances above which two looks are of two shots, best on one half of bench/cuts.py's films
_SIZES_TURN = 0.06  # the packets say that a cut is here: do the looks agree? Else none at all
_SIZES_DENY = 0.16  # a fast camera; above it, a dissolve or a fade, which need no large packet
_SIZES_ARE_MUTE = 0.075  # only the looks tell
_A_SECOND_LATER = 0.04  # more for looks a second apart: things and the camera move meanwhile
# Correlations of layouts: they see the scene, however dim
_OTHER_SCENE = 0.5  # below it a new shot begins after pictures that showed nothing
_SAME_SCENE = 0.9  # above it the light went up or down


Weighed = Callable[[float, float], Evidence]
"""What packets' sizes say of the span between two moments."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a decoded picture showed, and when."""

    seconds: float
    signature: Signature


class ShotCounter:
    """Numbers the shots of a span of film from its looks, which come in order.

    Pictures that show nothing have no say: before and after a flash or a black second the same
    scene goes on, or another one begins.

    Args:
        hints: what the packets' sizes say.
        start, end: the span in seconds.
    """

    def __init__(self, hints: CutHints, start: float, end: float) -> None:
        self._hints, self._start, self._end = hints, start, end
        self._first: Look | None = None
        self._last: Look | None = None
        self._dark_before = self._dark = False
        self._shot = 0

    def number(self, look: Look) -> int:
        """The shot of the next look."""
        if shows_nothing(look.signature):
            self._dark = True
            return self._shot
        if self._last is None:
            self._first, self._dark_before = look, self._dark
        else:
            self._shot += _cuts(self._last, look, self._hints.between, dark=self._dark)
        self._last, self._dark = look, False
        return self._shot

    def summary(self) -> ChunkShots:
        """What joins the span's shots to those of its neighbours."""
        hints = self._hints.of(self._start, self._end)
        if self._first is None or self._last is None:
            return ChunkShots(before=_stored(hints), dark_before=self._dark)
        first, last = self._first, self._last
        return ChunkShots(
            cuts=self._shot,
            first=_stored_look(first),
            last=_stored_look(last),
            before=_stored(hint for hint in hints if hint.since < first.seconds),
            after=_stored(hint for hint in hints if hint.until > last.seconds),
            dark_before=self._dark_before,
            dark_after=self._dark,
        )


def first_shots(spans: Sequence[ChunkShots]) -> list[int]:
    """The film's number of each span's shot 0, for spans side by side in order.

    It is what one ShotCounter over all of them would have counted, but for pictures that show
    nothing at a span's beginning: they go with what follows them, not with what was before.
    """
    numbers: list[int] = []
    last: Look | None = None
    hints: list[Hint] = []
    shot, dark = 0, False
    for span in spans:
        hints += [Hint(*hint) for hint in span.before]
        dark = dark or span.dark_before
        if span.first is not None and last is not None:
            first = _look(span.first)
            known = sorted(set(hints), key=lambda hint: hint.until)
            shot += _cuts(last, first, partial(weigh, known), dark=dark)
        numbers.append(shot)
        if span.last is not None:
            last, dark = _look(span.last), span.dark_after
            hints = [Hint(*hint) for hint in span.after]
            shot += span.cuts
    return numbers


def _cuts(one: Look, other: Look, weighed: Weighed, *, dark: bool) -> int:
    """How many cuts lie between two looks; `dark`: pictures between them showed nothing."""
    if dark:
        return int(correlation(one.signature, other.signature) < _OTHER_SCENE)
    if surely_within(one.signature, other.signature, _SIZES_TURN):
        return 0
    apart = distance(one.signature, other.signature)
    if apart <= _SIZES_TURN or correlation(one.signature, other.signature) > _SAME_SCENE:
        return 0
    evidence = weighed(one.seconds, other.seconds)
    if evidence.turns:
        return evidence.turns
    if evidence.sure:
        return int(apart > _SIZES_DENY)
    later = min(other.seconds - one.seconds, 1.0)
    return int(apart > _SIZES_ARE_MUTE + _A_SECOND_LATER * later)


def _stored_look(look: Look) -> StoredLook:
    return StoredLook(seconds=look.seconds, signature=tuple(look.signature.tolist()))


def _stored(hints: Iterable[Hint]) -> tuple[StoredHint, ...]:
    return tuple((hint.since, hint.until, hint.turn) for hint in hints)


def _look(stored: StoredLook) -> Look:
    return Look(stored.seconds, np.array(stored.signature, np.float32))
