"""The two kinds of a preflight's findings, and which faults become one."""

from __future__ import annotations

from onmodel.contracts.trainings import Finding
from onmodel.errors import ServiceError, ServiceUnavailable, Throttled


def blocking(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=True, reason=reason, advice=advice)


def warning(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=False, reason=reason, advice=advice)


def may_pass(fault: ServiceError) -> bool:
    """Whether a later call may succeed; every other fault is a finding, and ends no preflight."""
    return isinstance(fault, (Throttled, ServiceUnavailable))
