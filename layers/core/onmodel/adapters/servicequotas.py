"""Quotas over Service Quotas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from onmodel.adapters.faults import translated
from onmodel.errors import NotFound
from onmodel.ports.account import NamedQuota

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

    def by_name(self, service: str, names: Collection[str]) -> Mapping[str, NamedQuota]:
        """The applied values; AWS's defaults for those that were never raised."""
        found: dict[str, NamedQuota] = {}
        with translated():
            for quota in self._listed(service):
                if quota["QuotaName"] in names and quota["QuotaName"] not in found:
                    found[quota["QuotaName"]] = NamedQuota(quota["QuotaCode"], quota["Value"])
                if len(found) == len(names):
                    break
        return found

    def with_words(self, service: str, words: Collection[str]) -> Mapping[str, NamedQuota]:
        """The applied values; AWS's defaults for those that were never raised."""
        found: dict[str, NamedQuota] = {}
        with translated():
            for quota in self._listed(service):
                name = quota["QuotaName"]
                if name not in found and all(word.casefold() in name.casefold() for word in words):
                    found[name] = NamedQuota(quota["QuotaCode"], quota["Value"])
        return found

    def _listed(self, service: str) -> Iterator[Any]:
        """The applied ones first: a quota with no value but the default is not among them."""
        for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
            pages = self._client.get_paginator(operation)
            for page in pages.paginate(ServiceCode=service, PaginationConfig={"PageSize": 100}):
                yield from page["Quotas"]
