"""The two kinds of a preflight's findings, which faults become one, and values out of range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onmodel.contracts.base import Contract
from onmodel.contracts.trainings import DatasetLimits, Finding
from onmodel.errors import ServiceError, ServiceUnavailable, Throttled


def blocking(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=True, reason=reason, advice=advice)


def warning(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=False, reason=reason, advice=advice)


def may_pass(fault: ServiceError) -> bool:
    """Whether a later call may succeed; every other fault is a finding, and ends no preflight."""
    return isinstance(fault, (Throttled, ServiceUnavailable))


CORRECT_SETTINGS = "Correct settings.yaml and upload it again."


def range_findings(
    values: Contract, ranges: Mapping[str, tuple[float, float]], section: str
) -> Iterator[Finding]:
    """The hyperparameters outside their ranges.

    Args:
        values: has a field for each range.
        ranges: the least and the greatest value, by the field's name.
        section: of the settings, where they stand.
    """
    for name, (least, most) in ranges.items():
        value = getattr(values, name)
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
