"""All stand-ins of one emulator together, and the controls that steer them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from onmodel_local.pace import Pace
from onmodel_local.standins.bedrock.control_plane import ControlPlane
from onmodel_local.standins.bedrock.foundation import CANVAS, NOVA_PRO, TITAN
from onmodel_local.standins.bedrock.records import IN_SERVICE, UPDATING
from onmodel_local.standins.bedrock.surroundings import Surroundings
from onmodel_local.standins.canvas import Canvas
from onmodel_local.standins.errors import SteeringRefusedError
from onmodel_local.standins.eyes import Eyes
from onmodel_local.standins.faults import InjectedFault, Steering
from onmodel_local.standins.nova_pro import NovaPro, VisionEndpoint
from onmodel_local.standins.quotas import SimulatedQuotas
from onmodel_local.standins.rekognition import ReadObject, Rekognition
from onmodel_local.standins.runtime import Model, Runtime
from onmodel_local.standins.service import StandIn
from onmodel_local.standins.titan import Titan
from onmodel_local.versions import name_version

ControlCall = Callable[[dict[str, Any]], Any]


class Simulation:
    """What the emulator's process holds of simulated services.

    Args:
        pace: how fast simulated time passes.
        around: S3, EventBridge and IAM.
        read_object: an object for services that read S3 with the caller's rights.
        vision: a local vision model, if the user has one.
    """

    def __init__(
        self,
        pace: Pace,
        around: Surroundings,
        read_object: ReadObject,
        vision: VisionEndpoint | None = None,
    ) -> None:
        self.pace = pace
        self.steering = Steering()
        self._eyes = Eyes()
        self._read_object = read_object
        self.control_plane = ControlPlane(pace, around)
        self._canvas = Canvas(self._eyes, f"{CANVAS} (simulated)")
        pro = NovaPro(self._eyes, self._read_uri, vision)
        runtime = Runtime(
            {TITAN: Titan(self._eyes)}, self.steering, self._find_model, {NOVA_PRO: pro.converse}
        )
        rekognition = Rekognition(self._eyes, read_object)
        quotas = SimulatedQuotas(pace, around.account, around.region)
        bad = "ValidationException"
        self.stand_ins = {
            name: StandIn(name, operations, invalid, self.steering)
            for name, operations, invalid in (
                ("rekognition", rekognition.operations(), "InvalidParameterException"),
                ("bedrock-runtime", runtime.operations(), bad),
                ("bedrock", self.control_plane.operations(), bad),
                ("service-quotas", quotas.operations(), "IllegalArgumentException"),
            )
        }

    def controls(self) -> dict[tuple[str, str], ControlCall]:
        """(method, path under /_onmodel/) → what it does with the order."""
        plane = self.control_plane
        return {
            ("GET", "identity"): lambda _: {"pid": os.getpid()},
            ("POST", "faults"): self._order,
            ("POST", "clear-faults"): self._clear_faults,
            ("GET", "calls"): lambda _: self.steering.calls(),
            ("GET", "calls-of-root"): lambda _: self.steering.calls(of_root=True),
            ("POST", "reset-calls"): self._reset_calls,
            ("GET", "pace"): lambda _: asdict(self.pace),
            ("POST", "pace"): self._set_pace,
            ("POST", "objects/version"): name_version,
            ("GET", "billing"): plane.billing,
            ("GET", "bedrock"): plane.everything,
            ("POST", "bedrock/hold"): plane.hold,
            ("POST", "bedrock/step"): plane.step,
            ("POST", "bedrock/set"): plane.set_state,
            ("POST", "bedrock/doom"): plane.doom,
            ("POST", "bedrock/next-job"): plane.next_job,
            ("POST", "bedrock/events"): plane.deliver,
            ("POST", "bedrock/resend"): plane.resend,
            ("POST", "bedrock/forget"): plane.forget,
        }

    # ── models ───────────────────────────────────────────────────────────────────────────────────

    def _find_model(self, identifier: str) -> Model | None:
        """Nova Canvas itself, or the custom model behind provisioned throughput."""
        if identifier.rsplit("/", 1)[-1] == CANVAS and "provisioned" not in identifier:
            return None if self.pace.canvas_status == "GONE" else self._canvas
        throughput = self.control_plane.ledger.throughput(identifier)
        if throughput is None or throughput.status not in (IN_SERVICE, UPDATING):
            return None
        model = self.control_plane.ledger.model(throughput.model_arn)
        if model is None:
            return None
        name = f"{model.name} (simulated {CANVAS})"
        return Canvas(self._eyes, name, model.job.records, self._read_uri)

    def _read_uri(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self._read_object({"Bucket": bucket, "Name": key})

    # ── steering ─────────────────────────────────────────────────────────────────────────────────

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(InjectedFault)}
        if not set(order) <= known:
            raise SteeringRefusedError(f"a fault knows {sorted(known)}, not {sorted(order)}")
        fault = InjectedFault(**order)
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
