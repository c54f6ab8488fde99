"""What <case>.expected.json says, and whether an answer is that (events/README.md)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Expectation:
    """Of one event.

    Attributes:
        event: the fixture.
        refused: a pattern of the refusal; None when the event is good.
        repeated: whether it comes twice; a mapping is what the second answer holds at least.
        ends: the class of the error that a good event ends in.
    """

    event: Path
    refused: str | None
    repeated: bool | dict[str, Any] = False
    ends: str | None = None

    @property
    def name(self) -> str:
        return self.event.stem

    def fault(self, answer: str) -> str | None:
        """What is wrong with the answer; None when it is as expected."""
        try:
            value = json.loads(answer)
        except ValueError:
            return f"{self.name} came to no JSON: {answer[:200]!r}"
        error = value.get("errorType") if isinstance(value, dict) else None
        wanted = "EventRefused" if self.refused is not None else self.ends
        if error != wanted:
            return (
                f"{self.name} came to {error or 'an answer'}, not {wanted or 'an answer'}: {answer}"
            )
        if self.refused is not None and not re.search(self.refused, value["errorMessage"]):
            return f"{self.name} was refused for something else: {answer}"
        return None

    def fault_of_repeat(self, first: str, again: str) -> str | None:
        """What is wrong with the answer to the same event once more."""
        fault = self.fault(again)
        if fault is not None or self.ends is not None:
            return fault
        before, value = json.loads(first), json.loads(again)
        if isinstance(self.repeated, dict):
            right = {name: value.get(name) for name in self.repeated} == self.repeated
        else:
            right = value == before
        return None if right else f"{self.name}, repeated, came to {again} after {first}"


def expectations(step: str) -> list[Expectation]:
    """Of all events of a function, the refused ones first."""
    found = [
        Expectation(
            event=path.with_name(path.name.replace(".expected.json", ".json")),
            refused=said["refused"],
            repeated=said.get("repeated", False),
            ends=said.get("ends"),
        )
        for path in sorted(ROOT.glob(f"events/{step}/*.expected.json"))
        for said in [json.loads(path.read_text())]
    ]
    return sorted(found, key=lambda expectation: expectation.refused is None)
