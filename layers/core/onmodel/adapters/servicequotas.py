"""Quotas over Service Quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated
from onmodel.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_service_quotas.client import ServiceQuotasClient


class ServiceQuotas:
    def __init__(self, client: ServiceQuotasClient) -> None:
        self._client = client

    def value(self, service: str, quota: str) -> float | None:
        """The applied value; AWS's default for a quota that was never raised."""
        try:
            with translated():
                applied = self._client.get_service_quota(ServiceCode=service, QuotaCode=quota)
            return applied["Quota"]["Value"]
        except NotFound:
            pass  # the default is read below
        try:
            with translated():
                default = self._client.get_aws_default_service_quota(
                    ServiceCode=service, QuotaCode=quota
                )
        except NotFound:
            return None
        return default["Quota"]["Value"]
