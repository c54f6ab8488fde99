"""The two kinds of a preflight's findings, which faults become one, and the dataset's size."""

from __future__ import annotations

from collections.abc import Iterator

from onmodel.contracts.trainings import DatasetLimits, Finding
from onmodel.errors import ServiceError, ServiceUnavailable, Throttled


def blocking(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=True, reason=reason, advice=advice)


def warning(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=False, reason=reason, advice=advice)


def may_pass(fault: ServiceError) -> bool:
    """Whether a later call may succeed; every other fault is a finding, and ends no preflight."""
    return isinstance(fault, (Throttled, ServiceUnavailable))


def size_findings(records: int | None, limits: DatasetLimits) -> Iterator[Finding]:
    """A number of pictures outside the limits; none while the dataset is not assembled."""
    if records is not None and not limits.min_records <= records <= limits.max_records:
        yield blocking(
            "records",
            f"the dataset has {records:,} pictures, not {limits.min_records} to"
            f" {limits.max_records:,}",
            "Upload more of the production, or lower training.max_per_character.",
        )
