from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore
from fakes.sagemaker_control_plane import SageMakerControlPlane

from onmodel.adapters.clients import make_client
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.trainers.sagemaker.trainer import SageMakerTrainer

ROLE = "arn:aws:iam::123456789012:role/onmodel-jobs"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2"


@cache
def sagemaker_client() -> Any:
    return make_client("sagemaker", region="us-east-1")


class NothingIsWrong:
    def findings(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return ()


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> SageMakerControlPlane:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return SageMakerControlPlane(sagemaker_client(), FixedClock())


@pytest.fixture
def client(plane: SageMakerControlPlane) -> Any:
    """Of sagemaker; the control plane answers it."""
    return sagemaker_client()


@pytest.fixture
def store() -> InMemoryObjectStore:
    return InMemoryObjectStore("studio")


@pytest.fixture
def make_trainer(
    plane: SageMakerControlPlane, store: InMemoryObjectStore
) -> Callable[..., SageMakerTrainer]:
    """A trainer over the control plane; keyword arguments replace what is usual."""

    def make(**changes: Any) -> SageMakerTrainer:
        usual: dict[str, Any] = {
            "stack": "onmodel", "role_arn": ROLE, "image": IMAGE, "store": store,
            "checks": NothingIsWrong(),
        }  # fmt: skip
        return SageMakerTrainer(sagemaker_client(), **{**usual, **changes})

    return make
