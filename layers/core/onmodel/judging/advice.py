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


def advise(
    identity: Mapping[Arm, ByScene], others: Mapping[str, Mapping[Arm, ByScene]]
) -> tuple[Advice, ...]:
    """Compare the trained model with each other arm that was drawn, by identity, cast and prompt.

    The same scenes are compared, so that easy scenes do not favour an arm. Better is a difference
    of identity whose whole interval is above 0 while that of no other number is wholly below 0;
    worse is the reverse.

    Args:
        identity: of each arm, 0 (as far as other characters) to 1 (as the character's own).
        others: cast and prompt of each arm by name, 0 to 1; empty where they were not measured.
    """
    if not identity.get("tuned"):
        return ()
    return tuple(
        _compare(other, identity, others) for other in ("references", "base") if identity.get(other)
    )


def _compare(
    other: Arm, identity: Mapping[Arm, ByScene], others: Mapping[str, Mapping[Arm, ByScene]]
) -> Advice:
    likeness = difference_over_scenes(identity["tuned"], identity[other])
    compared = {
        name: difference_over_scenes(by_arm.get("tuned", {}), by_arm.get(other, {}))
        for name, by_arm in others.items()
    }
    differences = {name: found for name, found in compared.items() if found is not None}
    than = OTHERS[other]
    if likeness is None or likeness.scenes < LEAST_SCENES:
        scenes = likeness.scenes if likeness else 0
        return Advice(
            verdict="cannot_tell",
            text=f"Cannot tell whether the trained model is better than {than}:"
            f" the number of scenes compared is {scenes}, and {LEAST_SCENES} are needed.",
        )
    by = ", ".join(
        f"{name} {_signed(found)}" for name, found in {"identity": likeness, **differences}.items()
    )
    is_nearer, loses = _is_above(likeness), any(map(_is_below, differences.values()))
    better, worse = is_nearer and not loses, _is_below(likeness) or (loses and not is_nearer)
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
    if difference.low is None or difference.high is None:
        return f"{difference.mean:+.2f} (one scene)"
    return f"{difference.mean:+.2f} ({difference.low:+.2f} to {difference.high:+.2f})"
