"""Each thing that can stand in the way, alone and together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.bedrock_control_plane import CANVAS, foundation_model

from onmodel.contracts.trainings import TrainingPlan
from onmodel.errors import ServiceError, Throttled
from onmodel.trainers.bedrock.rules import BedrockRules

NOVA_PRO = "amazon.nova-pro-v1:0"
ENDED = {"status": "LEGACY", "endOfLifeTime": datetime(2026, 9, 30, tzinfo=UTC)}
ENDING = {"status": "LEGACY", "endOfLifeTime": datetime(2027, 9, 30, tzinfo=UTC)}


def plan(**changes) -> TrainingPlan:
    usual = {
        "hyperparameters": BedrockRules.presets["default"],
        "buckets": ("studio",),
        "records": 100,
    }
    return TrainingPlan(**{**usual, **changes})


def codes(trainer, asked: TrainingPlan | None = None) -> list[tuple[str, bool]]:
    return [(finding.code, finding.blocking) for finding in trainer.preflight(asked or plan())]


@pytest.mark.parametrize("preset", ["default", "article"])
def test_preflight_when_all_is_well_then_silent(make_trainer, preset: str) -> None:
    assert codes(make_trainer(), plan(hyperparameters=BedrockRules.presets[preset])) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"modelLifecycle": ENDED}, ("base-model-ended", True)),
        ({"modelLifecycle": ENDING}, ("base-model-legacy", True)),
        ({"modelLifecycle": {"status": "LEGACY"}}, ("base-model-legacy", True)),
        ({"customizationsSupported": []}, ("base-model-not-trainable", True)),
        ({"inferenceTypesSupported": ["ON_DEMAND"]}, ("base-model-not-deployable", True)),
    ],
)
def test_preflight_when_base_model_lacks_something_then_blocks(
    make_trainer, plane, changes: dict, expected: tuple[str, bool]
) -> None:
    plane.foundation[CANVAS] = foundation_model(**changes)
    assert codes(make_trainer()) == [expected]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_preflight_when_base_model_cannot_be_asked_for_then_it_is_gone(
    make_trainer, plane, code: str
) -> None:
    plane.fault("GetFoundationModel", code)
    (finding,) = make_trainer().preflight(plan())
    assert (finding.code, finding.blocking) == ("base-model-gone", True)
    assert CANVAS in finding.reason


def test_preflight_when_denied_then_told_and_throttled_is_raised(make_trainer, plane) -> None:
    plane.fault("GetFoundationModel", "AccessDeniedException")
    assert codes(make_trainer()) == [("base-model-denied", True)]
    plane.fault("GetFoundationModel", "ThrottlingException")
    with pytest.raises(Throttled):
        make_trainer().preflight(plan())


def test_preflight_when_privately_arranged_then_the_end_only_warns(make_trainer, plane) -> None:
    plane.foundation[CANVAS] = foundation_model(modelLifecycle=ENDED)
    assert codes(make_trainer(private_arrangement=True)) == [("base-model-ended", False)]


def test_preflight_when_end_has_come_then_date_is_told(make_trainer, plane) -> None:
    plane.foundation[CANVAS] = foundation_model(modelLifecycle=ENDED)
    (finding,) = make_trainer().preflight(plan())
    assert finding.reason == f"AWS ended {CANVAS} on 2026-09-30"
    plane.clock.now = datetime(2026, 9, 29, tzinfo=UTC)
    assert codes(make_trainer()) == [("base-model-legacy", True)]


@pytest.mark.parametrize("model", [NOVA_PRO, f"us.{NOVA_PRO}", f"global.{NOVA_PRO}"])
def test_preflight_when_another_model_is_named_then_looked_at(
    make_trainer, plane, model: str
) -> None:
    asked = plan(other_models=(model,))
    assert codes(make_trainer(), asked) == [("model-gone", True)]
    plane.foundation[NOVA_PRO] = foundation_model(NOVA_PRO, customizationsSupported=[])
    assert codes(make_trainer(), asked) == []
    plane.foundation[NOVA_PRO] = foundation_model(NOVA_PRO, modelLifecycle=ENDING)
    assert codes(make_trainer(), asked) == [("model-legacy", False)]
    plane.foundation[NOVA_PRO] = foundation_model(NOVA_PRO, modelLifecycle=ENDED)
    assert codes(make_trainer(private_arrangement=True), asked) == [("model-ended", True)]


def test_preflight_when_quota_is_zero_or_unknown_then_blocks_or_warns(make_trainer, quotas) -> None:
    quotas.values = {("bedrock", "L-BE77399C"): 0}
    (finding,) = make_trainer().preflight(plan())
    assert (finding.code, finding.blocking) == ("quota", True)
    assert "L-BE77399C" in finding.advice
    quotas.values = {}
    assert codes(make_trainer()) == [("quota-unknown", False)]


class DeniedQuotas:
    def __init__(self, error: ServiceError) -> None:
        self.error = error

    def value(self, service: str, quota: str) -> float | None:
        raise self.error


def test_preflight_when_quota_may_not_be_read_then_warns_and_throttled_is_raised(
    make_trainer,
) -> None:
    denied = DeniedQuotas(ServiceError("denied"))
    assert codes(make_trainer(quotas=denied)) == [("quota-unknown", False)]
    with pytest.raises(Throttled):
        make_trainer(quotas=DeniedQuotas(Throttled("slow"))).preflight(plan())


def test_preflight_when_role_is_missing_or_distrustful_then_blocks(make_trainer, account) -> None:
    (role,) = account.roles
    account.roles = {role: False}
    assert codes(make_trainer()) == [("role", True)]
    account.roles = {}
    assert codes(make_trainer()) == [("role", True)]


def test_preflight_when_bucket_is_elsewhere_or_missing_then_blocks(make_trainer, account) -> None:
    account.buckets = {"studio": "eu-west-1"}
    (finding,) = make_trainer().preflight(plan())
    assert finding.code == "bucket"
    assert "eu-west-1" in finding.reason
    account.buckets = {}
    assert codes(make_trainer()) == [("bucket", True)]


class DeniedAccount:
    def bucket_region(self, bucket: str) -> str | None:
        raise ServiceError("denied")

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        raise ServiceError("denied")


def test_preflight_when_role_and_bucket_may_not_be_looked_at_then_warns(make_trainer) -> None:
    found = codes(make_trainer(account=DeniedAccount()))
    assert found == [("role-unknown", False), ("bucket-unknown", False)]


@pytest.mark.parametrize(
    ("steps", "batch_size", "learning_rate", "faults"),
    [
        (10, 8, 1e-7, 0),
        (20_000, 192, 1e-4, 0),
        (9, 8, 1e-5, 1),
        (20_001, 7, 1.1e-4, 3),
        (500, 193, 0.9e-7, 2),
    ],
)
def test_preflight_when_hyperparameters_are_outside_then_each_is_told(
    make_trainer, steps: int, batch_size: int, learning_rate: float, faults: int
) -> None:
    wanted = {"steps": steps, "batch_size": batch_size, "learning_rate": learning_rate}
    found = codes(make_trainer(), plan(hyperparameters=wanted))
    assert found == [("hyperparameters", True)] * faults


@pytest.mark.parametrize(
    ("records", "expected"),
    [(None, []), (4, [("records", True)]), (5, []), (10_000, []), (10_001, [("records", True)])],
)
def test_preflight_when_dataset_is_too_small_or_large_then_blocks(
    make_trainer, records: int | None, expected: list
) -> None:
    assert codes(make_trainer(), plan(records=records)) == expected


@pytest.mark.parametrize("stack", ["a" * 31, "double--hyphen", "under_score", "ends-"])
def test_preflight_when_stack_name_does_not_fit_then_blocks(make_trainer, stack: str) -> None:
    assert codes(make_trainer(stack=stack)) == [("names", True)]


def test_preflight_when_all_is_wrong_then_all_is_told_at_once(
    make_trainer, plane, account, quotas
) -> None:
    plane.foundation.clear()
    account.buckets, account.roles, quotas.values = {}, {}, {("bedrock", "L-BE77399C"): 0.0}
    trainer = make_trainer(region="eu-west-1", stack="x" * 60)
    found = codes(trainer, plan(other_models=(NOVA_PRO,), records=1))
    assert [code for code, blocks in found if blocks] == [
        "region", "base-model-gone", "model-gone", "quota", "role", "bucket", "names", "records",
    ]  # fmt: skip
