from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from fakes.account import InMemoryAccount, InMemoryQuotas
from fakes.bedrock_control_plane import BedrockControlPlane
from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore

from onmodel.adapters.clients import make_client
from onmodel.trainers.bedrock.trainer import BedrockTrainer

ROLE = "arn:aws:iam::123456789012:role/onmodel-bedrock"


@cache
def bedrock_client() -> Any:
    return make_client("bedrock", region="us-east-1")


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> BedrockControlPlane:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return BedrockControlPlane(bedrock_client(), FixedClock())


@pytest.fixture
def account() -> InMemoryAccount:
    return InMemoryAccount({"studio": "us-east-1"}, {ROLE: True})


@pytest.fixture
def quotas() -> InMemoryQuotas:
    return InMemoryQuotas({("bedrock", "L-BE77399C"): 1})


@pytest.fixture
def store() -> InMemoryObjectStore:
    return InMemoryObjectStore("studio")


@pytest.fixture
def make_trainer(
    plane: BedrockControlPlane,
    account: InMemoryAccount,
    quotas: InMemoryQuotas,
    store: InMemoryObjectStore,
) -> Callable[..., BedrockTrainer]:
    """A trainer over the control plane; keyword arguments replace what is usual."""

    def make(**changes: Any) -> BedrockTrainer:
        usual: dict[str, Any] = {
            "stack": "onmodel",
            "region": "us-east-1",
            "role_arn": ROLE,
            "store": store,
            "account": account,
            "quotas": quotas,
            "clock": plane.clock,
        }
        return BedrockTrainer(bedrock_client(), **{**usual, **changes})

    return make
