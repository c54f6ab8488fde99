"""What becomes of captions with faults: put right by a rule, or asked for once more.

What people wrote is never changed. A picture is asked about twice at most, whatever the reason,
and of a dataset no more are asked again than its quote has counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.caption_checks import CaptionCheck
from onmodel.contracts.captions import BY_A_PERSON, Caption, CaptionAnswer
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.caption_check import CaptionFault, CheckedDataset, checked_dataset, gravity
from onmodel.datasets.needless_words import without_needless_words


def stripped_caption(
    caption: Caption, characters: Mapping[str, Character], limits: DatasetLimits
) -> Caption:
    """The caption without needless words; itself when it has none, or when a person wrote it."""
    if caption.model == BY_A_PERSON:
        return caption
    names = [character.name for character in characters.values()]
    text = without_needless_words(caption.text, names, limits.min_caption_characters)
    if text == caption.text:
        return caption
    return caption.model_copy(update={"text": text, "first": caption.first or caption.text})


@dataclass(frozen=True)
class CaptionSet:
    """The captions of a dataset with what they are compared by.

    Attributes:
        items: with a caption each; what people said is applied.
        captions: by crop_id.
        characters: of the production, by slug.
    """

    items: Sequence[DatasetItem]
    captions: Mapping[str, Caption]
    characters: Mapping[str, Character]

    def to_ask_again(self, asked: int, most: int) -> list[tuple[DatasetItem, tuple[str, ...]]]:
        """The pictures whose captions are asked for once more, with their faults; worst first.

        Of equally faulty ones each character has its share: what most captions of one character
        have is a fault too.

        Args:
            asked: how many were asked again for this dataset before.
            most: how many may be, in all.
        """
        checked = self._checked(self._texts)
        faulty = [
            (item, checked.faults[item.crop_id])
            for item in self.items
            if checked.faults[item.crop_id] and self._may_be_asked_again(item.crop_id)
        ]
        in_order = sorted(faulty, key=lambda pair: (-gravity(pair[1]), pair[0].crop_id))
        groups = [(gravity(faults), item.character) for item, faults in in_order]
        sizes, placed = Counter(groups), Counter[tuple[int, str | None]]()
        places = []
        for number, group in enumerate(groups):
            places.append((-group[0], placed[group] / sizes[group], number))
            placed[group] += 1
        ranked = [in_order[number] for *_, number in sorted(places)]
        return [(item, _words(faults)) for item, faults in ranked[: max(0, most - asked)]]

    def result(self, answers: Mapping[str, CaptionAnswer]) -> CaptionCheck:
        """Scores of the captions as they were written first, and as they are now."""
        first = {crop: caption.first or caption.text for crop, caption in self.captions.items()}
        asked = {crop for crop in self.captions if crop in answers and answers[crop].asked_again}
        changed = {crop for crop, caption in self.captions.items() if caption.first}
        return CaptionCheck(
            before=self._checked(first).scores,
            after=self._checked(self._texts).scores,
            stripped=len(changed - asked),
            asked_again=len(asked),
            changed_by_asking=len(changed & asked),
        )

    def _may_be_asked_again(self, crop_id: str) -> bool:
        caption = self.captions[crop_id]
        return caption.model != BY_A_PERSON and not caption.repaired

    @property
    def _texts(self) -> dict[str, str]:
        return {crop: caption.text for crop, caption in self.captions.items()}

    def _checked(self, texts: Mapping[str, str]) -> CheckedDataset:
        return checked_dataset(self.items, texts, self.characters)


def _words(faults: Iterable[CaptionFault]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fault.words for fault in faults))
