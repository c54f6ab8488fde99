"""What people said of a production's crops in a review. It holds for every later run and dataset.

Each crop has one row, changed by compare-and-swap: of two people who correct a crop at the same
time, the second one is told what the first one decided.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onmodel.contracts.crops import Naming
from onmodel.contracts.hand_written import name as shown_name
from onmodel.contracts.keys import digest
from onmodel.contracts.review import (
    Correction,
    CorrectionBody,
    CorrectionResult,
    CorrectionStatus,
    Decision,
    PostedCorrection,
    Verdict,
)
from onmodel.contracts.trainings import DatasetLimits
from onmodel.errors import Conflict
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import CORRECTIONS, CorrectionRow


@dataclass(frozen=True)
class Corrections:
    """All decisions about a production's crops, by crop_id."""

    decisions: Mapping[str, Correction]

    def of(self, crop_id: str) -> Correction | None:
        return self.decisions.get(crop_id)

    def is_rejected(self, crop_id: str) -> bool:
        found = self.of(crop_id)
        return found is not None and found.verdict is Verdict.REJECTED

    def has_verdict(self, crop_id: str) -> bool:
        """Whether a person kept or rejected it; the page calls all others undecided."""
        found = self.of(crop_id)
        return found is not None and found.verdict is not None

    def is_kept(self, crop_id: str) -> bool:
        found = self.of(crop_id)
        return found is not None and found.verdict is Verdict.KEPT

    def character(self, crop_id: str, named: str | None) -> str | None:
        """The character that a person chose, else the one that was named; None for nobody."""
        found = self.of(crop_id)
        if found is None or found.character is None:
            return named
        return found.character or None

    def caption(self, crop_id: str) -> str | None:
        """A person's caption; None when the model's stands."""
        found = self.of(crop_id)
        return None if found is None else found.caption

    def characters(self) -> set[str]:
        """Slugs of the characters that people gave to crops."""
        return {found.character for found in self.decisions.values() if found.character}

    def names(self) -> dict[str, str]:
        """Names for people, as typed, of characters that people named first in a review; by slug.

        Of several for one slug, the one that most crops have.
        """
        typed = Counter(
            (found.character, found.character_name)
            for found in self.decisions.values()
            if found.character and found.character_name
        )
        ranked = sorted(typed.items(), key=lambda pair: (-pair[1], pair[0]), reverse=True)
        return {slug: name for (slug, name), _ in ranked}

    def different_pairs(self) -> frozenset[frozenset[str]]:
        """Pairs of crops that are no near-duplicates of each other."""
        return frozenset(
            frozenset((crop_id, other))
            for crop_id, found in self.decisions.items()
            for other in found.not_a_match
            if other != crop_id
        )

    def hash(self) -> str:
        """Equal for equal decisions about all crops, whatever was decided in between."""
        return digest(_changes(self.decisions))

    def selection_hash(self, chosen: Collection[str]) -> str:
        """Of the decisions that a dataset can only follow when its pictures are chosen anew.

        Args:
            chosen: crop_ids of the dataset. Of these, only which ones are told apart counts.
        """
        deciding = {
            crop_id: Decision(not_a_match=found.not_a_match) if crop_id in chosen else found
            for crop_id, found in self.decisions.items()
        }
        return digest(_changes(deciding))


def _changes(decisions: Mapping[str, Decision]) -> dict[str, Any]:
    """What people want otherwise than the pipeline, by crop_id."""
    dumped = {
        crop_id: found.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        for crop_id, found in decisions.items()
    }
    return {crop_id: fields for crop_id, fields in dumped.items() if fields}


NO_CORRECTIONS = Corrections({})


def corrected_names(names: Iterable[Naming], corrections: Corrections) -> tuple[Naming, ...]:
    """A namer's answers with the names that people gave in their place."""
    return tuple(_corrected(naming, corrections) for naming in names)


def _corrected(naming: Naming, corrections: Corrections) -> Naming:
    character = corrections.character(naming.crop_id, naming.character)
    if character == naming.character:
        return naming
    return naming.model_copy(
        update={"character": character, "replaces": naming.character or "", "look": ""}
    )


def read_corrections(production: str, registry: Registry) -> Corrections:
    """All corrections of a production; none in a stack of before."""
    rows = CORRECTIONS.list(registry, production)
    return Corrections({row.id: as_correction(row) for row in rows})


def save_corrections(
    production: str,
    posted: Iterable[PostedCorrection],
    *,
    registry: Registry,
    clock: Clock,
    limits: DatasetLimits,
) -> tuple[CorrectionResult, ...]:
    """Save each by itself: one that is refused, or that somebody else changed, stops no other.

    Args:
        production: slug.
        posted: decisions, and the version that each was made from.
        registry: holds the rows.
        clock: time of the change.
        limits: of captions, that every trainer keeps.
    """
    return tuple(
        _save(production, one, registry=registry, clock=clock, limits=limits) for one in posted
    )


def _save(
    production: str,
    posted: PostedCorrection,
    *,
    registry: Registry,
    clock: Clock,
    limits: DatasetLimits,
) -> CorrectionResult:
    decision = _tidied(posted)
    row = CORRECTIONS.read(registry, production, posted.crop_id)
    fault = _fault(decision, limits)
    if fault:
        return _result(posted.crop_id, row, saved=False, reason=fault)
    if row is not None and _decision(row.body) == decision:
        return _result(posted.crop_id, row, saved=True)  # the same request again, or the same mind
    if posted.version != (0 if row is None else row.revision):
        return _result(posted.crop_id, row, saved=False)
    now = clock()
    body = CorrectionBody(**dict(decision), changed_at=now)
    try:
        written = (
            CORRECTIONS.create(
                registry, production, posted.crop_id,
                status=CorrectionStatus.GIVEN, body=body, now=now,
            )
            if row is None
            else CORRECTIONS.replace(registry, row.with_body(body), now)
        )  # fmt: skip
    except Conflict:
        stands = CORRECTIONS.read(registry, production, posted.crop_id)
        same = stands is not None and _decision(stands.body) == decision
        return _result(posted.crop_id, stands, saved=same)
    return _result(posted.crop_id, written, saved=True)


def as_correction(row: CorrectionRow) -> Correction:
    return Correction(**dict(_decision(row.body)), version=row.revision)


def _decision(decided: Decision) -> Decision:
    return Decision(**{name: getattr(decided, name) for name in Decision.model_fields})


def _tidied(posted: PostedCorrection) -> Decision:
    """As it is kept: the caption tidied, where '' is none; no crop is told apart from twice."""
    caption = None if posted.caption is None else tidy_caption(posted.caption) or None
    others = tuple(dict.fromkeys(posted.not_a_match))
    return _decision(posted).model_copy(update={"caption": caption, "not_a_match": others})


def tidy_caption(caption: str) -> str:
    """In normal form C, without control characters and outer spaces."""
    return "".join(_readable(unicodedata.normalize("NFC", caption))).strip()


def _readable(text: str) -> Iterator[str]:
    """Line breaks, tabs and control characters become spaces: a caption is one line."""
    for letter in text:
        yield " " if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} else letter


def _fault(decision: Decision, limits: DatasetLimits) -> str:
    if decision.character_name is not None:
        try:
            shown_name(decision.character_name)
        except ValueError as fault:
            return f"The name {fault}."
    least, most = limits.min_caption_characters, limits.max_caption_characters
    length = least if decision.caption is None else len(decision.caption)
    if least <= length <= most:
        return ""
    return f"The caption has {length:,} characters, and trainers take {least} to {most:,}."


def _result(
    crop_id: str, row: CorrectionRow | None, *, saved: bool, reason: str = ""
) -> CorrectionResult:
    return CorrectionResult(
        crop_id=crop_id,
        saved=saved,
        version=0 if row is None else row.revision,
        correction=None if row is None else as_correction(row),
        reason=reason,
    )
