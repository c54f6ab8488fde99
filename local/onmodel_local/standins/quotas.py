"""Service Quotas: the one that decides whether a trained model can be deployed."""

from __future__ import annotations

from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.service import Operation

MODEL_UNITS = "L-BE77399C"
# code: service, name, AWS's default
_DEFAULTS: dict[str, tuple[str, str, float]] = {
    MODEL_UNITS: (
        "bedrock",
        "Model units no-commitment Provisioned Throughputs across custom models",
        0.0,
    ),
    "L-B99A9384": ("lambda", "Concurrent executions", 1000.0),
}


class SimulatedQuotas:
    def __init__(self, settings: SimulationSettings, account: str, region: str) -> None:
        self._settings = settings
        self._place = f"{region}:{account}"

    def operations(self) -> dict[str, Operation]:
        return {"GetServiceQuota": self.applied, "GetAWSDefaultServiceQuota": self.default}

    def applied(self, request: dict[str, Any]) -> dict[str, Any]:
        quota = self.default(request)["Quota"]
        if request["QuotaCode"] == MODEL_UNITS:
            quota["Value"] = float(self._settings.throughput_quota)
        return {"Quota": quota}

    def default(self, request: dict[str, Any]) -> dict[str, Any]:
        code, service = request["QuotaCode"], request["ServiceCode"]
        known = _DEFAULTS.get(code)
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
