"""The two kinds of a preflight's findings."""

from __future__ import annotations

from onmodel.contracts.trainings import Finding


def blocking(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=True, reason=reason, advice=advice)


def warning(code: str, reason: str, advice: str) -> Finding:
    return Finding(code=code, blocking=False, reason=reason, advice=advice)
