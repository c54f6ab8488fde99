"""The counts of a dataset for each character, and notices for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from onmodel.contracts.datasets import CharacterCount, DatasetItem, DatasetSummary, LeftOut, Split
from onmodel.contracts.settings import TrainingSettings
from onmodel.formats.wording import count, person_name


def summarize(
    items: Sequence[DatasetItem],
    left_out: Sequence[LeftOut],
    films: Iterable[str],
    training: TrainingSettings,
    *,
    dataset_id: str,
) -> DatasetSummary:
    """Counts and notices; made again after captions failed or a review removed pictures."""
    kept = Counter((item.character or "", item.split) for item in items)
    left = Counter(line.character or "" for line in left_out)
    counts = tuple(
        CharacterCount(
            character=name,
            kept=kept[name, Split.TRAINING] + kept[name, Split.VALIDATION],
            left_out=left[name],
            training=kept[name, Split.TRAINING],
            validation=kept[name, Split.VALIDATION],
        )
        for name in sorted({name for name, _ in kept} | set(left))
    )
    return DatasetSummary(
        dataset_id=dataset_id,
        films=tuple(sorted(films)),
        characters=counts,
        left_out=dict(Counter(line.reason for line in left_out)),
        notices=tuple(
            f"{person_name(each.character)} has {count(each.training, 'training picture')}, fewer"
            f" than {training.min_per_character}: the model may not learn this character"
            for each in counts
            if each.character and each.training < training.min_per_character
        ),
    )
