"""An account whose buckets, roles, quotas and secrets a test names."""

from __future__ import annotations

from collections.abc import Mapping

from onmodel.errors import NotFound


class InMemoryAccount:
    def __init__(
        self, buckets: Mapping[str, str] | None = None, roles: Mapping[str, bool] | None = None
    ) -> None:
        self.buckets = dict(buckets or {})
        self.roles = dict(roles or {})

    def bucket_region(self, bucket: str) -> str | None:
        return self.buckets.get(bucket)

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        return self.roles.get(role_arn)


class InMemoryQuotas:
    def __init__(self, values: Mapping[tuple[str, str], float] | None = None) -> None:
        self.values = dict(values or {})

    def value(self, service: str, quota: str) -> float | None:
        return self.values.get((service, quota))


class InMemorySecrets:
    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> str:
        if name not in self.values:
            raise NotFound(name)
        return self.values[name]
