"""Whether a dataset is too thin to learn from, and whether it became thinner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onmodel.contracts.datasets import CharacterCount, Thinness
from onmodel.contracts.settings import TrainingSettings
from onmodel.formats.wording import listed, person_name

MOST_NAMED = 5
"""Characters with too few pictures that a sentence lists; it says how many more there are."""

NOTHING_LACKS = Thinness()


def thinness_of(
    counts: Iterable[CharacterCount], training: TrainingSettings, names: Mapping[str, str]
) -> Thinness:
    """What a dataset lacks.

    A character of the production without a picture counts as well: a model is not going to know it.
    Nothing held out is no lack where the settings hold nothing out.

    Args:
        counts: of the dataset.
        training: the settings.
        names: of all characters of the production, for people, by slug.
    """
    counts = tuple(counts)
    pictures = dict.fromkeys(names, 0)
    pictures |= {each.character: each.training for each in counts if each.character}
    return Thinness(
        few={
            slug: number for slug, number in pictures.items() if number < training.min_per_character
        },
        nothing_held_out=bool(training.validation_share)
        and not any(each.validation for each in counts),
    )


def thin_in_words(
    counts: Iterable[CharacterCount],
    training: TrainingSettings,
    names: Mapping[str, str],
    before: Thinness = NOTHING_LACKS,
) -> tuple[str, ...]:
    """Why a dataset may be too thin to learn from; clauses without a full stop.

    Args:
        counts: of the dataset.
        training: the settings.
        names: of all characters of the production, for people, by slug.
        before: what it lacked already: only what it lacks beyond that is said.
    """
    counts = tuple(counts)
    thin = thinness_of(counts, training, names)
    few = sorted(
        (number, slug)
        for slug, number in thin.few.items()
        if slug not in before.few or number < before.few[slug]
    )
    one_offs = {each.character: each.one_off_looks for each in counts}
    reasons = []
    if few:
        shown = [
            f"{names.get(slug) or person_name(slug)} ({number:,}{_besides(one_offs.get(slug, 0))}"
            f"{_then(before.few.get(slug))})"
            for number, slug in few[:MOST_NAMED]
        ]
        more = [f"{len(few) - MOST_NAMED:,} more"] if len(few) > MOST_NAMED else []
        reasons.append(
            f"Fewer than {training.min_per_character:,} training pictures"
            f" (training.min_per_character) of {listed([*shown, *more])}: a model may not learn"
            f" {'this character' if len(few) == 1 else 'these characters'}"
        )
    if thin.nothing_held_out and not before.nothing_held_out:
        reasons.append(
            "No shot could be held out for validation (training.validation_share): how much of its"
            " pictures a model learns by heart cannot be measured"
        )
    return tuple(reasons)


def _besides(one_offs: int) -> str:
    """How many pictures of a character are of one-off looks, after the number of the others."""
    return f", besides {one_offs:,} left out for one-off looks" if one_offs else ""


def _then(number: int | None) -> str:
    """How many pictures there were, after the number of now."""
    return "" if number is None else f", {number:,} before"
