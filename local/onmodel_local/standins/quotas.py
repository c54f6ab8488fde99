"""Service Quotas: those that decide whether a model can be trained or deployed."""

from __future__ import annotations

import hashlib
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.service import Operation, service_model

MODEL_UNITS = "L-BE77399C"
# code: service, name, AWS's default
_DEFAULTS: dict[str, tuple[str, str, float]] = {
    MODEL_UNITS: (
        "bedrock",
        "Model units no-commitment Provisioned Throughputs across custom models",
        0.0,
    ),
    "L-B99A9384": ("lambda", "Concurrent executions", 1000.0),
    "L-SIMULATED-LABELS": (
        "rekognition",
        "Transactions per second per account for the Amazon Rekognition Image operation"
        " DetectLabels",
        50.0,
    ),
}


_USAGE = "{} for training job usage"


class SimulatedQuotas:
    def __init__(self, settings: SimulationSettings, account: str, region: str) -> None:
        self._settings = settings
        self._place = f"{region}:{account}"
        # SageMaker has a quota for each instance type; their codes are not published in one place
        types = service_model("sagemaker").shape_for("TrainingInstanceType").metadata["enum"]
        self._known = _DEFAULTS | {
            _code(name): ("sagemaker", name, 0.0)
            for name in (_USAGE.format(instance_type) for instance_type in types)
        }

    def operations(self) -> dict[str, Operation]:
        return {
            "GetServiceQuota": self.applied,
            "GetAWSDefaultServiceQuota": self.default,
            "ListServiceQuotas": self.listed,
            "ListAWSDefaultServiceQuotas": lambda request: {"Quotas": []},  # all have a value
        }

    def applied(self, request: dict[str, Any]) -> dict[str, Any]:
        quota = self.default(request)["Quota"]
        if request["QuotaCode"] == MODEL_UNITS:
            quota["Value"] = float(self._settings.throughput_quota)
        if quota["ServiceCode"] == "sagemaker":
            quota["Value"] = float(self._settings.training_quota)
        return {"Quota": quota}

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        service = request["ServiceCode"]
        codes = [code for code, known in self._known.items() if known[0] == service]
        if not codes:
            raise ServiceFault("NoSuchResourceException", f"{service} has no quotas")
        start, size = int(request.get("NextToken") or 0), request.get("MaxResults", 100)
        answer: dict[str, Any] = {
            "Quotas": [
                self.applied({"ServiceCode": service, "QuotaCode": code})["Quota"]
                for code in codes[start : start + size]
            ]
        }
        if start + size < len(codes):
            answer["NextToken"] = str(start + size)
        return answer

    def default(self, request: dict[str, Any]) -> dict[str, Any]:
        code, service = request["QuotaCode"], request["ServiceCode"]
        known = self._known.get(code)
        if known is None or known[0] != service:
            raise ServiceFault("NoSuchResourceException", f"{service} has no quota {code}")
        return {
            "Quota": {
                "ServiceCode": service,
                "ServiceName": service.capitalize(),
                "QuotaArn": f"arn:aws:servicequotas:{self._place}:{service}/{code}",
                "QuotaCode": code,
                "QuotaName": known[1],
                "Value": known[2],
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
            }
        }


def _code(name: str) -> str:
    return f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
