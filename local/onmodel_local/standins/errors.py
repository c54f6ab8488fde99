"""Faults that stand-ins answer with."""

from __future__ import annotations


class ServiceFault(Exception):
    """Raised by an operation to answer with an AWS error.

    Args:
        code: AWS's error code, for example `ThrottlingException`.
        message: what AWS would tell the caller.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class AnswerMalformedError(Exception):
    """Raised when a stand-in's own answer breaks the service's model: a bug of ours."""


class SteeringRefusedError(ValueError):
    """Raised when an order to a control endpoint makes no sense."""
