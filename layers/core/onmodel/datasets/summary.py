"""The counts of a dataset for each character, and notices for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from onmodel.contracts.datasets import (
    CharacterCount,
    DatasetItem,
    DatasetSummary,
    LeftOut,
    LeftOutReason,
    Split,
)
from onmodel.contracts.framing import Framing
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.one_off_looks import FEWEST_PICTURES, one_off_looks_in_words
from onmodel.datasets.thinness import thin_in_words
from onmodel.formats.wording import listed, person_name

MOST_OF_A_FRAMING = 0.8
"""Share of a character's pictures with one framing from which a notice says so; an estimate."""

ONE_SIDED = {
    Framing.HEAD: "the head alone: a model may not learn what is below it",
    Framing.WIDE: "mostly surroundings: a model may not learn its face",
}


def summarize(
    items: Sequence[DatasetItem],
    left_out: Sequence[LeftOut],
    films: Iterable[str],
    training: TrainingSettings,
    *,
    dataset_id: str,
    names: Mapping[str, str],
) -> DatasetSummary:
    """Counts and notices; made again after captions failed or a review removed pictures.

    Args:
        items: the dataset's pictures.
        left_out: the others, with reasons.
        films: film_ids.
        training: the settings.
        dataset_id: whose summary it is.
        names: of all characters of the production, for people, by slug.
    """
    kept = Counter((item.character or "", item.split) for item in items)
    left = Counter(line.character or "" for line in left_out)
    one_offs = Counter(
        line.character or "" for line in left_out if line.reason is LeftOutReason.ONE_OFF_LOOK
    )
    counts = tuple(
        CharacterCount(
            character=name,
            kept=kept[name, Split.TRAINING] + kept[name, Split.VALIDATION],
            left_out=left[name],
            training=kept[name, Split.TRAINING],
            validation=kept[name, Split.VALIDATION],
            one_off_looks=one_offs[name],
        )
        for name in sorted({name for name, _ in kept} | set(left))
    )
    return DatasetSummary(
        dataset_id=dataset_id,
        films=tuple(sorted(films)),
        characters=counts,
        left_out=dict(Counter(line.reason for line in left_out)),
        notices=(
            *thin_in_words(counts, training, names),
            *rare_looks_in_words(items, names),
            *one_sided_in_words(items, training, names),
            *one_off_looks_in_words(left_out, names),
        ),
    )


def rare_looks_in_words(items: Iterable[DatasetItem], names: Mapping[str, str]) -> tuple[str, ...]:
    """Which looks have too few pictures to be learnt; a clause without a full stop.

    They are trained on where the settings or a person say so, and in datasets of before.

    Args:
        items: the dataset's pictures.
        names: of all characters of the production, for people, by slug.
    """
    looks = Counter((item.character, item.worn) for item in items if item.character and item.worn)
    rare = [
        f"{names.get(slug) or person_name(slug)}'s “{look}” ({number:,})"
        for (slug, look), number in sorted(looks.items())
        if number < FEWEST_PICTURES
    ]
    if not rare:
        return ()
    return (
        f"Fewer than {FEWEST_PICTURES} pictures of {listed(rare)}: a model may not learn"
        f" {'this look' if len(rare) == 1 else 'these looks'}",
    )


def one_sided_in_words(
    items: Sequence[DatasetItem], training: TrainingSettings, names: Mapping[str, str]
) -> tuple[str, ...]:
    """Which characters nearly all pictures show from too near or from afar; without a full stop.

    They are trained on: there are no others.

    Args:
        items: the dataset's pictures.
        training: the settings; a character with fewer pictures than they want is thin already.
        names: of all characters of the production, for people, by slug.
    """
    shown = Counter((item.character, item.framing) for item in items)
    enough = {
        slug: number
        for slug, number in sorted(Counter(item.character or "" for item in items).items())
        if slug and number >= training.min_per_character
    }
    return tuple(
        f"{shown[slug, framing]:,} of {number:,} pictures of {names.get(slug) or person_name(slug)}"
        f" show {words}"
        for slug, number in enough.items()
        for framing, words in ONE_SIDED.items()
        if shown[slug, framing] >= MOST_OF_A_FRAMING * number
    )
