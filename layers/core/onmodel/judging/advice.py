"""Advice: whether the trained model draws better than what costs no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Advice, ArmVerdict, Interval
from onmodel.judging.intervals import difference_over_scenes

LEAST_SCENES = 5
"""Resampling fewer scenes gives intervals that are too narrow. Source: Schenker, "Qualms about
bootstrap confidence intervals", 1985: coverage of small samples falls short."""

ByScene = Mapping[int, Sequence[float]]
"""By scene, one value for each picture."""

OTHERS: Mapping[Arm, str] = {"references": "reference pictures", "base": "the untrained model"}


def advise(identity: Mapping[Arm, ByScene], cast: Mapping[Arm, ByScene]) -> tuple[Advice, ...]:
    """Compare the trained model with each other arm that was drawn, by identity and by cast.

    The same scenes are compared, so that easy scenes do not favour an arm. Better is a difference
    of identity whose whole interval is above 0 while that of the cast is not wholly below 0; worse
    is the reverse.

    Args:
        identity: of each arm, 0 (as far as other characters) to 1 (as the character's own).
        cast: of each arm, 0 to 1; empty where no figures were looked for.
    """
    if not identity.get("tuned"):
        return ()
    return tuple(
        _compare(other, identity, cast) for other in ("references", "base") if identity.get(other)
    )


def _compare(other: Arm, identity: Mapping[Arm, ByScene], cast: Mapping[Arm, ByScene]) -> Advice:
    likeness = difference_over_scenes(identity["tuned"], identity[other])
    figures = difference_over_scenes(cast.get("tuned", {}), cast.get(other, {}))
    than = OTHERS[other]
    if likeness is None or likeness.scenes < LEAST_SCENES:
        scenes = likeness.scenes if likeness else 0
        return Advice(
            verdict="cannot_tell",
            text=f"Cannot tell whether the trained model is better than {than}:"
            f" the number of scenes compared is {scenes}, and {LEAST_SCENES} are needed.",
        )
    by = f"identity {_signed(likeness)}" + (f", cast {_signed(figures)}" if figures else "")
    better, worse = _is_above(likeness), _is_below(likeness)
    if figures is not None:
        better, worse = (
            better and not _is_below(figures),
            worse or (_is_below(figures) and not better),
        )
    if better:
        found: ArmVerdict = (
            "better_than_references" if other == "references" else "better_than_base"
        )
        return Advice(verdict=found, text=f"The trained model is better than {than}: {by}.")
    if worse and other == "references":
        return Advice(
            verdict="no_better_than_references",
            text="The trained model is no better than reference pictures given to the untrained"
            f" model, which cost no training: {by}. The training was not worth it.",
        )
    if worse:
        return Advice(
            verdict="worse_than_base",
            text=f"The trained model is worse than the untrained model: {by}.",
        )
    return Advice(
        verdict="cannot_tell",
        text=f"Cannot tell whether the trained model is better than {than}: {by}. More scenes make"
        " the intervals narrower.",
    )


def _is_above(difference: Interval) -> bool:
    return difference.low is not None and difference.low > 0


def _is_below(difference: Interval) -> bool:
    return difference.high is not None and difference.high < 0


def _signed(difference: Interval) -> str:
    return f"{difference.mean:+.2f} ({difference.low:+.2f} to {difference.high:+.2f})"
