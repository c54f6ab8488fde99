"""Numbers the shots of a film: a cut raises the number by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from onmodel.contracts.films import ChunkShots, StoredCutHint, StoredSignature
from onmodel.video.shots.cut_hints import CutHint, CutHints, Evidence, evidence_between
from onmodel.video.shots.signatures import (
    Signature,
    correlation,
    distance,
    is_blank,
    is_certainly_within,
)

# Above these distances two samples belong to two shots; chosen on half of bench/cuts.py's films.
_LIMIT_IF_SIZES_SHOW_CUT = 0.06  # at or below it there is no cut, whatever the sizes show
_LIMIT_IF_SIZES_SHOW_NONE = 0.16  # a fast camera stays below; dissolves and fades exceed it
_LIMIT_WITHOUT_SIZES = 0.075  # where sizes show nothing
_LIMIT_INCREASE_PER_SECOND = 0.04  # added to the one above: figures and camera move meanwhile
# Correlations of layouts, which do not depend on brightness
_OTHER_SCENE = 0.5  # below it, a new shot begins after blank pictures
_SAME_SCENE = 0.9  # above it, only the light changed


EvidenceBetween = Callable[[float, float], Evidence]
"""The evidence of packets' sizes for cuts between two moments, in film seconds."""


@dataclass(frozen=True, eq=False)
class TimedSignature:
    """The signature of a decoded picture, and its time on the film's clock in seconds."""

    seconds: float
    signature: Signature


class ShotCounter:
    """Numbers the shots of a span of film from the signatures of its samples, in order of time.

    Blank pictures are not compared: after a flash or a black second the same scene may continue, or
    another one may begin.

    Args:
        hints: what the packets' sizes show.
        start, end: the span in seconds.
    """

    def __init__(self, hints: CutHints, start: float, end: float) -> None:
        self._hints, self._start, self._end = hints, start, end
        self._first: TimedSignature | None = None
        self._last: TimedSignature | None = None
        self._blank_before = self._blank = False
        self._shot = 0

    def number(self, sample: TimedSignature) -> int:
        """The shot of the next sample."""
        if is_blank(sample.signature):
            self._blank = True
            return self._shot
        if self._last is None:
            self._first, self._blank_before = sample, self._blank
        else:
            self._shot += _cuts(self._last, sample, self._hints.between, blank=self._blank)
        self._last, self._blank = sample, False
        return self._shot

    def summary(self) -> ChunkShots:
        """What `first_shot_numbers` needs to join the span's shots to those of its neighbours."""
        hints = self._hints.of(self._start, self._end)
        if self._first is None or self._last is None:
            return ChunkShots(before=_stored_hints(hints), dark_before=self._blank)
        first, last = self._first, self._last
        return ChunkShots(
            cuts=self._shot,
            first=_stored_signature(first),
            last=_stored_signature(last),
            before=_stored_hints(hint for hint in hints if hint.since < first.seconds),
            after=_stored_hints(hint for hint in hints if hint.until > last.seconds),
            dark_before=self._blank_before,
            dark_after=self._blank,
        )


def first_shot_numbers(spans: Sequence[ChunkShots]) -> list[int]:
    """For adjacent spans in order: the number in the film of each span's shot 0.

    The result is that of one ShotCounter over all spans, except for blank pictures at the
    beginning of a span: they belong to the shot after them, not to the one before.
    """
    numbers: list[int] = []
    last: TimedSignature | None = None
    hints: list[CutHint] = []
    shot, blank = 0, False
    for span in spans:
        hints += [CutHint(*hint) for hint in span.before]
        blank = blank or span.dark_before
        if span.first is not None and last is not None:
            first = _loaded(span.first)
            known = sorted(set(hints), key=lambda hint: hint.until)
            shot += _cuts(last, first, partial(evidence_between, known), blank=blank)
        numbers.append(shot)
        if span.last is not None:
            last, blank = _loaded(span.last), span.dark_after
            hints = [CutHint(*hint) for hint in span.after]
            shot += span.cuts
    return numbers


def _cuts(
    one: TimedSignature, other: TimedSignature, evidence_of: EvidenceBetween, *, blank: bool
) -> int:
    """How many cuts lie between two samples; `blank`: there are blank pictures between them."""
    if blank:
        return int(correlation(one.signature, other.signature) < _OTHER_SCENE)
    if is_certainly_within(one.signature, other.signature, _LIMIT_IF_SIZES_SHOW_CUT):
        return 0
    apart = distance(one.signature, other.signature)
    limit = _LIMIT_IF_SIZES_SHOW_CUT
    if apart <= limit or correlation(one.signature, other.signature) > _SAME_SCENE:
        return 0
    evidence = evidence_of(one.seconds, other.seconds)
    if evidence.cuts:
        return evidence.cuts
    if evidence.certain:
        return int(apart > _LIMIT_IF_SIZES_SHOW_NONE)
    later = min(other.seconds - one.seconds, 1.0)
    return int(apart > _LIMIT_WITHOUT_SIZES + _LIMIT_INCREASE_PER_SECOND * later)


def _stored_signature(sample: TimedSignature) -> StoredSignature:
    return StoredSignature(seconds=sample.seconds, signature=tuple(sample.signature.tolist()))


def _stored_hints(hints: Iterable[CutHint]) -> tuple[StoredCutHint, ...]:
    return tuple((hint.since, hint.until, hint.is_cut) for hint in hints)


def _loaded(stored: StoredSignature) -> TimedSignature:
    return TimedSignature(stored.seconds, np.array(stored.signature, np.float32))
