"""An account whose buckets, roles, quotas and secrets a test names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from onmodel.errors import NotFound
from onmodel.ports.account import FoundationModel, NamedQuota


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
    """Quotas by service and code, and by service and name."""

    def __init__(
        self,
        values: Mapping[tuple[str, str], float] | None = None,
        named: Mapping[tuple[str, str], NamedQuota] | None = None,
    ) -> None:
        self.values = dict(values or {})
        self.named = dict(named or {})

    def value(self, service: str, quota: str) -> float | None:
        return self.values.get((service, quota))

    def by_name(self, service: str, names: Collection[str]) -> Mapping[str, NamedQuota]:
        return {name: self.named[service, name] for name in names if (service, name) in self.named}

    def with_words(self, service: str, words: Collection[str]) -> Mapping[str, NamedQuota]:
        return {
            name: quota
            for (of, name), quota in self.named.items()
            if of == service and all(word.casefold() in name.casefold() for word in words)
        }


class InMemoryModels:
    """Models by id; all others exist, are active and are called on demand."""

    ACTIVE = FoundationModel(
        is_legacy=False, ends_at=None, inference_types=frozenset({"ON_DEMAND"})
    )

    def __init__(self, models: Mapping[str, FoundationModel | None] | None = None) -> None:
        self.models = dict(models or {})

    def look(self, model: str) -> FoundationModel | None:
        return self.models.get(model, self.ACTIVE)


class InMemorySecrets:
    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> str:
        if name not in self.values:
            raise NotFound(name)
        return self.values[name]
