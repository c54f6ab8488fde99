"""Errors of the stand-ins and of the control endpoints."""

from __future__ import annotations


class ServiceFault(Exception):
    """Raised by an operation to answer with an AWS error.

    Args:
        code: AWS's error code, for example `ThrottlingException`.
        message: AWS's error message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class AnswerMalformedError(Exception):
    """Raised when the answer of a stand-in does not match the service's model: a bug."""


class ControlRefusedError(ValueError):
    """Raised when a control endpoint cannot do what a request asks for."""
