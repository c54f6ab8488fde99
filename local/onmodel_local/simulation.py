"""All stand-ins of one emulator together, and the controls that steer them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from onmodel_local.pace import Pace
from onmodel_local.standins.eyes import Eyes
from onmodel_local.standins.faults import Fault, Steering
from onmodel_local.standins.rekognition import ReadObject, Rekognition
from onmodel_local.standins.runtime import Model, Runtime
from onmodel_local.standins.service import Operation, StandIn
from onmodel_local.standins.titan import MODEL as TITAN
from onmodel_local.standins.titan import Titan

Control = Callable[[dict[str, Any]], Any]


class SteeringRefusedError(ValueError):
    """Raised when an order to a control endpoint makes no sense."""


class Simulation:
    """What the emulator's process holds of simulated services."""

    def __init__(self, pace: Pace, read_object: ReadObject) -> None:
        self.pace = pace
        self.steering = Steering()
        eyes = Eyes()
        models: dict[str, Model] = {TITAN: Titan(eyes)}
        runtime = Runtime(models, self.steering)
        self.stand_ins = {
            "rekognition": self._stand_in(
                "rekognition",
                Rekognition(eyes, read_object).operations(),
                "InvalidParameterException",
            ),
            "bedrock-runtime": self._stand_in(
                "bedrock-runtime", runtime.operations(), "ValidationException"
            ),
        }

    def controls(self) -> dict[tuple[str, str], Control]:
        """(method, path under /_onmodel/) → what it does with the order."""
        return {
            ("GET", "identity"): lambda _: {"pid": os.getpid()},
            ("POST", "faults"): self._order,
            ("POST", "clear-faults"): self._clear_faults,
            ("GET", "calls"): lambda _: self.steering.calls(),
            ("POST", "reset-calls"): self._reset_calls,
            ("GET", "pace"): lambda _: asdict(self.pace),
            ("POST", "pace"): self._set_pace,
        }

    def _stand_in(self, name: str, operations: dict[str, Operation], invalid: str) -> StandIn:
        return StandIn(name, operations, invalid, self.steering)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(Fault)}
        if not set(order) <= known:
            raise SteeringRefusedError(f"a fault knows {sorted(known)}, not {sorted(order)}")
        fault = Fault(**order)
        stand_in = self.stand_ins.get(fault.service)
        if stand_in is None or fault.operation not in stand_in.operations:
            raise SteeringRefusedError(
                f"{fault.service} {fault.operation} is not simulated: "
                + "; ".join(f"{s.name}: {', '.join(s.operations)}" for s in self.stand_ins.values())
            )
        self.steering.order(fault)
        return asdict(fault)

    def _clear_faults(self, _: dict[str, Any]) -> dict[str, Any]:
        self.steering.clear()
        return {"faults": "cleared"}

    def _reset_calls(self, _: dict[str, Any]) -> dict[str, Any]:
        self.steering.reset_calls()
        return {"calls": "reset"}

    def _set_pace(self, order: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(Pace)}
        if not set(order) <= known:
            raise SteeringRefusedError(f"pace knows {sorted(known)}, not {sorted(order)}")
        for name, value in order.items():
            setattr(self.pace, name, value)
        return asdict(self.pace)
