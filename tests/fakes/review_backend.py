"""The review's backend within the process: items, corrections by compare-and-swap, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onmodel.contracts.keys import as_typed, same_name, slug
from onmodel.contracts.review import (
    Correction,
    CorrectionResult,
    CorrectionsRequest,
    CorrectionsSaved,
    NearDuplicateGroups,
    NewCharacter,
    PostedCorrection,
    ReviewCharacter,
    ReviewDone,
    ReviewItem,
    ReviewPage,
)

ITEMS_OF_A_PAGE = 100


class ReviewInMemory:
    """What the API answers for one production.

    Args:
        production: its name.
        characters: of it.
        items: in the order in which they are given out, without corrections.
        sheets: addresses of the thumbnails' sheets, for all pages.
        alike: how alike two crops are, 0 to 1; others are not alike at all.
        is_waited_for: whether a machine waits for the review.
    """

    def __init__(
        self,
        production: str,
        characters: Sequence[ReviewCharacter],
        items: Sequence[ReviewItem],
        sheets: Sequence[str] = (),
        alike: Mapping[tuple[str, str], float] | None = None,
        *,
        is_waited_for: bool = False,
    ) -> None:
        self.production = production
        self.characters = tuple(characters)
        self.items = {item.crop_id: item for item in items}
        self.sheets = tuple(sheets)
        self.alike = dict(alike or {})
        self.is_waited_for = is_waited_for
        self.corrections: dict[str, Correction] = {}
        self.is_done = False

    def page(self, after: str | None) -> ReviewPage:
        start = int(after or 0)
        end = start + ITEMS_OF_A_PAGE
        items = list(self.items.values())
        return ReviewPage(
            production=self.production,
            dataset_id="a-00000001",
            is_waited_for=self.is_waited_for,
            threshold=0.93,
            stack_options="--local",
            characters=self.characters,
            sheets=self.sheets,
            total=len(items),
            next=str(end) if end < len(items) else None,
            items=tuple(
                item.model_copy(update={"correction": self.corrections.get(item.crop_id)})
                for item in items[start:end]
            ),
        )

    def correct(self, request: CorrectionsRequest) -> CorrectionsSaved:
        return CorrectionsSaved(results=tuple(map(self._corrected, request.corrections)))

    def _corrected(self, posted: PostedCorrection) -> CorrectionResult:
        standing = self.corrections.get(posted.crop_id)
        made = Correction(
            **posted.model_dump(exclude={"crop_id", "version"}), version=posted.version + 1
        )
        if posted.crop_id not in self.items:
            return self._result(posted, saved=False, reason="this crop was deleted")
        if standing is not None and _content(standing) == _content(made):
            return self._result(posted, saved=True)
        if posted.version != (standing.version if standing else 0):
            return self._result(posted, saved=False)
        self.corrections[posted.crop_id] = made
        return self._result(posted, saved=True)

    def _result(
        self, posted: PostedCorrection, *, saved: bool, reason: str = ""
    ) -> CorrectionResult:
        standing = self.corrections.get(posted.crop_id)
        return CorrectionResult(
            crop_id=posted.crop_id,
            saved=saved,
            version=standing.version if standing else 0,
            correction=standing,
            reason=reason,
        )

    def character(self, name: str) -> NewCharacter:
        for known in self.characters:
            if same_name(known.name) == same_name(name):
                return NewCharacter(slug=known.slug, name=known.name)
        return NewCharacter(slug=slug(name), name=as_typed(name))

    def groups(self, threshold: float) -> NearDuplicateGroups:
        """Crops that are joined by pairs at least so much alike."""
        group_of = {crop: [crop] for crop in self.items}
        for (one, other), likeness in self.alike.items():
            joined, added = group_of[one], group_of[other]
            if likeness < threshold or joined is added:
                continue
            joined += added
            for crop in added:
                group_of[crop] = joined
        groups = {id(group): tuple(group) for group in group_of.values()}
        return NearDuplicateGroups(
            threshold=threshold,
            kept=len(groups),
            of=len(self.items),
            groups=tuple(group for group in groups.values() if len(group) > 1),
        )

    def done(self) -> ReviewDone:
        self.is_done = True
        return ReviewDone(message="The training goes on with what you kept.")


def _content(correction: Correction) -> dict[str, object]:
    return correction.model_dump(exclude={"version"})
