"""The two kinds of a preflight's findings, which faults become one, and values out of range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from pydantic import ValidationError

from onmodel.contracts.base import Contract, Options
from onmodel.contracts.trainings import DatasetLimits, Finding
from onmodel.errors import ServiceError, ServiceUnavailable, Throttled, TrainingImpossible


def blocking(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=True, reason=reason, advice=advice)


def warning(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=False, reason=reason, advice=advice)


def may_pass(fault: ServiceError) -> bool:
    """Whether a later call may succeed; every other fault is a finding, and ends no preflight."""
    return isinstance(fault, (Throttled, ServiceUnavailable))


HyperparametersT = TypeVar("HyperparametersT", bound=Contract)

CORRECT_SETTINGS = "Correct settings.yaml and upload it again."


def read_hyperparameters(
    model: type[HyperparametersT], values: Options, trainer: str
) -> HyperparametersT:
    """Raises TrainingImpossible when they are not those of `trainer`, a sentence's subject."""
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise TrainingImpossible(
            f"{trainer} cannot train with the hyperparameters {values}", CORRECT_SETTINGS
        ) from fault


def hyperparameter_findings(
    read: Callable[[Options], Contract],
    values: Options,
    ranges: Mapping[str, tuple[float, float]],
    section: str,
) -> Iterator[Finding]:
    """The hyperparameters that a trainer does not take, or that are outside their ranges.

    Args:
        read: makes the trainer's contract of them; raises TrainingImpossible.
        values: of a training.
        ranges: the least and the greatest value, by the name of the contract's field.
        section: of the settings, where they stand.
    """
    try:
        checked = read(values)
    except TrainingImpossible as fault:
        yield blocking("hyperparameters", fault.reason, fault.advice)
        return
    for name, (least, most) in ranges.items():
        value = getattr(checked, name)
        if not least <= value <= most:
            yield blocking(
                "hyperparameters",
                f"{section}.{name} is {value:g}, outside {least:g} to {most:g}",
                CORRECT_SETTINGS,
            )


def size_findings(records: int | None, limits: DatasetLimits) -> Iterator[Finding]:
    """A number of pictures outside the limits; none while the dataset is not assembled."""
    if records is not None and not limits.min_records <= records <= limits.max_records:
        yield blocking(
            "records",
            f"the dataset has {records:,} pictures, not {limits.min_records} to"
            f" {limits.max_records:,}",
            "Upload more of the production, or lower training.max_per_character.",
        )
