"""One fixture, played on a function: called, and called again where the fixture says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.expectations import Expectation

from onmodel_local.seed_stack import ControlledStack

Call = Callable[[bytes], str]
"""The event → what the function answers, both JSON."""

PAID = {
    ("rekognition", "DetectLabels"),
    ("rekognition", "DetectFaces"),
    ("bedrock-runtime", "InvokeModel"),
    ("bedrock-runtime", "Converse"),
    ("bedrock", "CreateModelCustomizationJob"),
    ("bedrock", "CreateProvisionedModelThroughput"),
}


@dataclass(frozen=True)
class Played:
    """What became of it.

    Attributes:
        answer: the first one.
        fault: what is not as the fixture says; None when all is.
    """

    answer: str
    fault: str | None = None


def play(expected: Expectation, call: Call, stack: ControlledStack) -> Played:
    """Call with the event; a repeated one twice, and the second time nothing may be paid."""
    event = expected.event.read_bytes()
    answer = call(event)
    fault = expected.fault(answer)
    if fault is None and expected.repeated:
        stack.control("reset-calls", {})
        fault = expected.fault_of_repeat(answer, call(event))
        if fault is None and (paid := paid_calls(stack)):
            fault = f"{expected.name}, repeated, paid for {paid}"
    return Played(answer, fault)


def paid_calls(stack: ControlledStack) -> dict[str, int]:
    """What was paid for since the calls were last counted anew.

    Functions that are played call as root. Deployed ones have roles: machines that an earlier
    event has started may still be at work.
    """
    return {
        f"{service}.{operation}": sum(outcomes.values())
        for service, operations in stack.control("calls-of-root").items()
        for operation, outcomes in operations.items()
        if (service, operation) in PAID
    }
