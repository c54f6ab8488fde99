"""Every error that onmodel raises on purpose.

Step Functions catches and retries by class name, so a name here is part of the state machines.
The tree answers one question: who can heal it?

- OnmodelError
  - RefusedError           a person must change something; the message says what. Never retried.
    - EventRefused           a function was called with an event it does not understand
    - EnvironmentIncomplete  a function lacks a variable that template.yaml sets
    - FilmRefused            the film cannot be read (no video, truncated, too large, empty …)
    - SettingsRefused        settings.yaml or a storyboard is impossible
    - ReferenceRefused       a reference is no picture, or two characters share one slug
    - DatasetRefused         too few crops, or none that is named
    - ManifestRefused        lines that break the trainer's limits; all of them are listed
    - TrainingImpossible     preflight found why this account cannot train or deploy today
    - LinkRefused            a link forged, expired or already used
  - RunClaimed             another live execution works on this run; ends quietly. Never retried.
  - ServiceError           AWS answered with a fault
    - Throttled              slow down and try again; retried by the machines
    - ServiceUnavailable     the service failed; retried by the machines
    - AnswerRefused          the service answered, but not with what was asked (filtered, empty)
    - NotFound               the thing is gone
    - Conflict               a conditional write lost; read again and decide again
  - StillRunning           what is waited for is not over yet; retried at the machine's pace
"""

from __future__ import annotations

import json

from onmodel.contracts.base import Usage


class OnmodelError(Exception):
    """Base of all errors of this package."""


class RefusedError(OnmodelError):
    """Raised when only a person can help; `advice` says how.

    Args:
        reason: what is wrong, in the user's words, without a full stop at the end.
        advice: what to do, one sentence.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason}. {advice}".rstrip(" .") + "." if advice else reason)
        self.reason = reason
        self.advice = advice


class EventRefused(RefusedError):
    """Raised by every function for an event that does not fit its contract."""


class EnvironmentIncomplete(RefusedError):
    """Raised when a function starts without a variable that it needs."""


class FilmRefused(RefusedError):
    """Raised by probe and sampling when a film cannot be read or exceeds a limit."""


class SettingsRefused(RefusedError):
    """Raised when settings.yaml or a storyboard does not fit its model."""


class ReferenceRefused(RefusedError):
    """Raised when a reference is no picture, is too small, or its character's slug is taken."""


class DatasetRefused(RefusedError):
    """Raised when assembling leaves too few crops to train on."""


class ManifestRefused(RefusedError):
    """Raised when lines of the manifest break the trainer's limits."""


class TrainingImpossible(RefusedError):
    """Raised by preflight when this account cannot train or deploy; the dataset is still made."""


class LinkRefused(RefusedError):
    """Raised for a link whose token is forged, expired, used or bound to another thing."""


class RunClaimed(OnmodelError):
    """Raised by claim_run while another live execution holds the run."""


class ServiceError(OnmodelError):
    """Raised by adapters when AWS answers with a fault."""


class Throttled(ServiceError):
    """Raised when a service asks to slow down."""


class ServiceUnavailable(ServiceError):
    """Raised for a service's own failures and for connections that break."""


class AnswerRefused(ServiceError):
    """Raised when a model's answer is filtered, empty or not what was asked for.

    Args:
        message: what came instead.
        usage: what the answer cost all the same.
    """

    def __init__(self, message: str, usage: tuple[Usage, ...] = ()) -> None:
        super().__init__(message)
        self.usage = usage


class NotFound(ServiceError):
    """Raised when an object, record, job or model does not exist (any more)."""


class Conflict(ServiceError):
    """Raised when a conditional write finds that somebody else was first."""


class StillRunning(OnmodelError):
    """Raised by a polling step while the thing it waits for is not over."""


def message_of(name: str, cause: str) -> str:
    """The message of an error as Step Functions caught it.

    Args:
        name: of the error's class.
        cause: Lambda's JSON, or plain text.

    Returns:
        Of an error of this tree its own message; of any other the class too, which is half of what
        is known.
    """
    try:
        read = json.loads(cause)
    except ValueError:
        read = None
    if isinstance(read, dict) and read.get("errorMessage"):
        message = str(read["errorMessage"])
        return message if name in globals() else f"{name}: {message}"
    return f"{name}: {cause}" if cause else name
