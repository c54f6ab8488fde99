"""All stand-ins of one emulator, and the operations of its control endpoints."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.bedrock.control_plane import ControlPlane
from onmodel_local.standins.bedrock.foundation import CANVAS, NOVA_EMBEDDINGS, NOVA_PRO, TITAN
from onmodel_local.standins.bedrock.records import IN_SERVICE, UPDATING
from onmodel_local.standins.canvas import Canvas
from onmodel_local.standins.errors import ControlRefusedError
from onmodel_local.standins.faults import CallControl, InjectedFault
from onmodel_local.standins.human_loops import SimulatedHumanLoops
from onmodel_local.standins.nova_embeddings import NovaEmbeddings
from onmodel_local.standins.nova_pro import NovaPro, VisionEndpoint
from onmodel_local.standins.picture_processes import PictureProcesses
from onmodel_local.standins.quotas import SimulatedQuotas
from onmodel_local.standins.rekognition import ReadObject, Rekognition
from onmodel_local.standins.runtime import Model, Runtime
from onmodel_local.standins.sagemaker.control_plane import SageMaker
from onmodel_local.standins.service import StandIn
from onmodel_local.standins.titan import Titan
from onmodel_local.unfinished import end_unfinished
from onmodel_local.versions import declare_size, name_version

HUMAN_LOOPS = "sagemaker-a2i-runtime"

ControlCall = Callable[[dict[str, Any]], Any]


class Simulation:
    """The simulated services of one emulator process.

    Args:
        settings: durations, quotas and states of the simulated services.
        aws: S3, EventBridge and IAM.
        read_object: reads an object, for services that read S3 with the caller's rights.
        vision: a local vision model, if the user has one.
    """

    def __init__(
        self,
        settings: SimulationSettings,
        aws: AwsServices,
        read_object: ReadObject,
        vision: VisionEndpoint | None = None,
    ) -> None:
        self.settings = settings
        self.on_snapshot: Callable[[], None] = lambda: None
        self.call_control = CallControl()
        self.pictures = PictureProcesses()
        self._read_object = read_object
        self.control_plane = ControlPlane(settings, aws)
        self.sagemaker = SageMaker(settings, aws)
        self.human_loops = SimulatedHumanLoops(settings, aws)
        self._canvas = Canvas(self.pictures, f"{CANVAS} (simulated)")
        pro = NovaPro(self.pictures, self._read_uri, vision)
        runtime = Runtime(
            {
                TITAN: Titan(self.pictures),
                NOVA_EMBEDDINGS: NovaEmbeddings(self.pictures),
            },
            self.call_control,
            self._find_model,
            {NOVA_PRO: pro.converse},
        )
        self.rekognition = Rekognition(
            self.pictures, read_object, settings, aws.account, aws.region
        )
        quotas = SimulatedQuotas(settings, aws.account, aws.region)
        bad = "ValidationException"
        self.stand_ins = {
            name: StandIn(name, operations, invalid, self.call_control)
            for name, operations, invalid in (
                ("rekognition", self.rekognition.operations(), "InvalidParameterException"),
                ("bedrock-runtime", runtime.operations(), bad),
                ("bedrock", self.control_plane.operations(), bad),
                ("sagemaker", self.sagemaker.operations(), bad),
                (HUMAN_LOOPS, self.human_loops.operations(), bad),
                ("service-quotas", quotas.operations(), "IllegalArgumentException"),
            )
        }

    def controls(self) -> dict[tuple[str, str], ControlCall]:
        """(method, path under /_onmodel/) to the operation on the request's JSON."""
        plane, jobs = self.control_plane, self.sagemaker
        return {
            ("GET", "identity"): lambda _: {"pid": os.getpid()},
            ("POST", "snapshot"): self._snapshot,
            ("POST", "faults"): self._order,
            ("POST", "clear-faults"): self._clear_faults,
            ("GET", "calls"): lambda _: self.call_control.calls(),
            ("GET", "calls-of-root"): lambda _: self.call_control.calls(of_root=True),
            ("POST", "reset-calls"): self._reset_calls,
            ("GET", "simulation-settings"): lambda _: asdict(self.settings),
            ("POST", "simulation-settings"): self._change_settings,
            ("POST", "objects/version"): name_version,
            ("POST", "objects/size"): declare_size,
            ("GET", "billing"): self._billing,
            ("GET", "bedrock"): plane.everything,
            ("POST", "bedrock/hold"): plane.hold,
            ("POST", "bedrock/step"): plane.step,
            ("POST", "bedrock/set"): plane.set_state,
            ("POST", "bedrock/fail"): plane.fail_next,
            ("POST", "bedrock/next-job"): plane.next_job,
            ("POST", "bedrock/events"): plane.deliver,
            ("POST", "bedrock/resend"): plane.resend,
            ("POST", "bedrock/forget"): plane.forget,
            ("GET", "sagemaker"): jobs.everything,
            ("POST", "sagemaker/hold"): jobs.hold,
            ("POST", "sagemaker/step"): jobs.step,
            ("POST", "sagemaker/fail"): jobs.fail_next,
            ("POST", "sagemaker/kill"): jobs.kill,
            ("POST", "sagemaker/end-time"): jobs.end_time,
            ("POST", "sagemaker/set"): jobs.set_state,
            ("POST", "sagemaker/events"): jobs.deliver,
            ("POST", "sagemaker/resend"): jobs.resend,
            ("POST", "sagemaker/forget"): jobs.forget,
        }

    def records(self) -> dict[str, dict[str, Any]]:
        """What the stand-ins have made, by service; changed in place by whoever restores them."""
        bedrock = self.control_plane.ledger
        return {
            "bedrock.jobs": bedrock.jobs,
            "bedrock.models": bedrock.models,
            "bedrock.throughputs": bedrock.throughputs,
            "a2i.loops": self.human_loops.loops,
            "sagemaker.jobs": self.sagemaker.ledger.jobs,
            "rekognition.collections": self.rekognition.collections,
            "rekognition.projects": self.rekognition.custom_labels.projects,
            "rekognition.versions": self.rekognition.custom_labels.versions,
        }

    def end_unfinished(self) -> None:
        """After a restore: what was begun has failed, as no thread of it is left."""
        end_unfinished(self.control_plane.ledger, self.sagemaker.ledger)

    def _snapshot(self, _: dict[str, Any]) -> dict[str, Any]:
        """Keep everything on disk now; nothing in a stack that is not kept."""
        try:
            self.on_snapshot()
        except OSError as fault:  # for example a full disk
            raise ControlRefusedError(f"its data cannot be written: {fault}") from fault
        return {"snapshot": "taken"}

    # ── models ───────────────────────────────────────────────────────────────────────────────────

    def _find_model(self, identifier: str) -> Model | None:
        """Nova Canvas, or the custom model of provisioned throughput."""
        if identifier.rsplit("/", 1)[-1] == CANVAS and "provisioned" not in identifier:
            return None if self.settings.canvas_status == "GONE" else self._canvas
        throughput = self.control_plane.ledger.throughput(identifier)
        if throughput is None or throughput.status not in (IN_SERVICE, UPDATING):
            return None
        model = self.control_plane.ledger.model(throughput.model_arn)
        if model is None:
            return None
        name = f"{model.name} (simulated {CANVAS})"
        return Canvas(self.pictures, name, model.job.records, self._read_uri)

    def _read_uri(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self._read_object({"Bucket": bucket, "Name": key})

    def _billing(self, order: dict[str, Any]) -> dict[str, Any]:
        """What costs money now, of Bedrock, SageMaker and Custom Labels."""
        answer, jobs = self.control_plane.billing(order), self.sagemaker.billing()
        models = self.rekognition.custom_labels.billing()
        runs = any(model["bills"] for model in models)
        return answer | {
            "sagemaker": jobs,
            "custom_labels": models,
            "nothing_by_the_hour": answer["nothing_by_the_hour"] and not jobs and not runs,
        }

    # ── faults, calls and settings ───────────────────────────────────────────────────────────────

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(InjectedFault)}
        if not set(order) <= known:
            raise ControlRefusedError(
                f"a fault has the fields {sorted(known)}, not {sorted(order)}"
            )
        fault = InjectedFault(**order)
        stand_in = self.stand_ins.get(fault.service)
        if stand_in is None or fault.operation not in stand_in.operations:
            raise ControlRefusedError(
                f"{fault.service} {fault.operation} is not simulated: "
                + "; ".join(f"{s.name}: {', '.join(s.operations)}" for s in self.stand_ins.values())
            )
        self.call_control.order(fault)
        return asdict(fault)

    def _clear_faults(self, _: dict[str, Any]) -> dict[str, Any]:
        self.call_control.clear()
        return {"faults": "cleared"}

    def _reset_calls(self, _: dict[str, Any]) -> dict[str, Any]:
        self.call_control.reset_calls()
        return {"calls": "reset"}

    def _change_settings(self, order: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(SimulationSettings)}
        if not set(order) <= known:
            raise ControlRefusedError(f"the settings are {sorted(known)}, not {sorted(order)}")
        for name, value in order.items():
            setattr(self.settings, name, value)
        return asdict(self.settings)
