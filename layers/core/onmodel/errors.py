"""Every error that onmodel raises on purpose.

Step Functions catches and retries by class name, so a name here is part of the state machines.
The tree is ordered by who can correct the error.

- OnmodelError
  - RefusedError           a person must change something; the message says what. Never retried.
    - EventRefused           a function was called with an event that does not fit its contract
    - EnvironmentIncomplete  a function lacks a variable that template.yaml sets
    - FilmRefused            the film cannot be read (no video, truncated, too large, empty …)
    - SettingsRefused        settings.yaml or a storyboard has an invalid value
    - ReferenceRefused       a reference is no picture, or its place in a film is unknown
    - DatasetRefused         too few crops, or none that is named
    - HumanLoopsImpossible   Amazon A2I starts no human loop for a review
    - ManifestRefused        lines that break the trainer's limits; all of them are listed
    - TrainingImpossible     preflight found why this account cannot train or deploy today
    - FilmModelRefused       a model that films need does not answer; the film can be prepared later
    - LinkRefused            a link forged, expired or already used
  - RunClaimed             another running execution works on this run; no mail, never retried
  - ServiceError           AWS answered with an error
    - Throttled              too many calls; retried by the machines
    - ServiceUnavailable     the service failed; retried by the machines
    - AnswerRefused          the service's answer cannot be used (filtered, empty)
    - AccessDenied           this account or role may not call the service; does not pass with time
    - NotFound               the thing does not exist
    - Conflict               another function wrote the row first; read it again and decide again
  - StillRunning           what is waited for is not over yet; retried at the machine's interval
"""

from __future__ import annotations

import json
import re

from onmodel.contracts.base import Usage


class OnmodelError(Exception):
    """Base of all errors of this package."""


class RefusedError(OnmodelError):
    """Raised when a person must change something; `advice` says what.

    Args:
        reason: what is wrong, in the user's words, without a full stop at the end.
        advice: what to do, one sentence.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        stop = "" if reason.endswith("?") else "."
        super().__init__(f"{reason}{stop} {advice}".rstrip(" .") + "." if advice else reason)
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
    """Raised when a reference is no picture, is too small, or its place in a film is unknown."""


class DatasetRefused(RefusedError):
    """Raised when assembling leaves too few crops to train on."""


class HumanLoopsImpossible(RefusedError):
    """Raised when a review by A2I cannot be started; the captioned dataset is kept."""


class ManifestRefused(RefusedError):
    """Raised when lines of the manifest break the trainer's limits."""


class TrainingImpossible(RefusedError):
    """Raised by preflight when this account cannot train or deploy; the dataset is still made."""


class FilmModelRefused(RefusedError):
    """Raised before a film is prepared when a model that it needs answers no call."""


class LinkRefused(RefusedError):
    """Raised for a link whose token is forged, expired, used or bound to another thing."""


class LinkExpired(LinkRefused):
    """Raised for a link that was ours, and whose days are over."""


class RunClaimed(OnmodelError):
    """Raised by claim_run while another running execution holds the run."""


class ServiceError(OnmodelError):
    """Raised by adapters when AWS answers with an error."""


class Throttled(ServiceError):
    """Raised when a service refuses a call because there were too many."""


class ServiceUnavailable(ServiceError):
    """Raised for a service's own failures and for connections that break."""


class AnswerRefused(ServiceError):
    """Raised when a model's answer is filtered, empty or not what was asked for.

    Args:
        message: what was answered instead.
        usage: what the answer cost.
    """

    def __init__(self, message: str, usage: tuple[Usage, ...] = ()) -> None:
        super().__init__(message)
        self.usage = usage


class AccessDenied(ServiceError):
    """Raised when the role, or a rule of the account, does not allow a call."""


class NotFound(ServiceError):
    """Raised when an object, record, job or model does not exist (any more)."""


class Conflict(ServiceError):
    """Raised when a conditional write finds that the row was written since it was read."""


class StillRunning(OnmodelError):
    """Raised by a polling step while the thing it waits for is not over."""


INNER_TEXT = re.compile(
    r"Errno|Traceback|\w(?:Error|Exception)\(|pydantic|avcodec|<class |object at 0x|File \""
)
"""What only a programmer understands, in messages that libraries wrote."""

STEP = re.compile(r"onmodel/steps/(\w+)\.py")
"""Names the step in the stack trace that Lambda puts into a cause."""

UNEXPECTED = "an unexpected fault"

ENDS_FROM_OUTSIDE = {
    "ExecutionEnded": "its execution ended without a result",
    "NotInService": "the deployment did not come into service",
    "Runtime.OutOfMemory": "a step needed more memory than it may use",
    "Sandbox.Timedout": "a step took longer than it may",
    "States.DataLimitExceeded": "a step answered more than a state machine can carry",
    "States.ExceedToleratedFailureThreshold": "too many parts of it failed",
    "States.Timeout": "a step took longer than it may",
}
"""Errors of Lambda and the state machines that say no more than their name."""


def plain_reason(name: str, cause: str) -> str:
    """As message_of, for a mail: whoever reads it does not know the code.

    Args:
        name: of the error's class.
        cause: Lambda's JSON, or plain text.

    Returns:
        The message of an error of this tree; of any other that a fault happened, in which step if
        that is known; row and log keep the technical text.
    """
    ended = ENDS_FROM_OUTSIDE.get(name)
    if ended is not None:
        return ended
    if name in globals():
        return plain_text(message_of(name, cause))
    steps = STEP.findall(cause)
    return f"{UNEXPECTED} in {steps[-1]}" if steps else UNEXPECTED


def plain_text(text: str) -> str:
    """The text, unless it holds what only a programmer understands."""
    return UNEXPECTED if INNER_TEXT.search(text) else text


def message_of(name: str, cause: str) -> str:
    """The message of an error as Step Functions caught it, for rows and logs.

    Args:
        name: of the error's class.
        cause: Lambda's JSON, or plain text.

    Returns:
        The message of an error of this tree; of any other error its class and message.
    """
    try:
        read = json.loads(cause)
    except ValueError:
        read = None
    if isinstance(read, dict) and read.get("errorMessage"):
        message = str(read["errorMessage"])
        return message if name in globals() else f"{name}: {message}"
    return f"{name}: {cause}" if cause else name
