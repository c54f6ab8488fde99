from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from fakes.account import InMemoryAccount, InMemoryModels, InMemoryQuotas
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.contracts.weights import (
    WeightsListing,
    WheelsListing,
    weights_prefix,
    wheels_prefix,
)
from onmodel.errors import AccessDenied, ServiceError, Throttled
from onmodel.ports.account import FoundationModel, NamedQuota
from onmodel.trainers.sagemaker.code import REQUIREMENTS, read_code
from onmodel.trainers.sagemaker.preflight import SageMakerPreflight

REGION = "us-east-1"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13-cu133-amzn2023-sagemaker"
ROLE = "arn:aws:iam::123456789012:role/onmodel-JobRole"
REQUIREMENTS_SHA256 = hashlib.sha256(read_code()[REQUIREMENTS]).hexdigest()
CAPTIONS = "us.amazon.nova-pro-v1:0"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
FIRST, SECOND = "ml.g6e.2xlarge", "ml.g5.2xlarge"


def quota(instance: str) -> tuple[str, str]:
    return ("sagemaker", f"{instance} for training job usage")


@pytest.fixture
def store() -> InMemoryObjectStore:
    """The studio bucket of a stack that was prepared."""
    store = InMemoryObjectStore("studio")
    weights = WeightsListing(
        model="lab/klein", revision="1", licence="apache-2.0", origin="hub",
        files={"a": "0" * 64, "vae/b": "1" * 64}, sizes={"a": 3, "vae/b": 4},
    )  # fmt: skip
    wheels = WheelsListing(
        requirements_sha256=REQUIREMENTS_SHA256, image=IMAGE, origin="hub",
        files={"c.whl": "2" * 64}, sizes={"c.whl": 5},
    )  # fmt: skip
    for prefix, name, listing in (
        (weights_prefix(), "weights.json", weights),
        (wheels_prefix(REQUIREMENTS_SHA256), "wheels.json", wheels),
    ):
        for file, size in listing.sizes.items():
            store.put(f"{prefix}{file}", b"x" * size, "application/octet-stream")
        store.put(f"{prefix}{name}", listing.model_dump_json().encode(), "application/json")
    return store


@pytest.fixture
def quotas() -> InMemoryQuotas:
    return InMemoryQuotas(
        named={quota(FIRST): NamedQuota("L-1", 1.0), quota(SECOND): NamedQuota("L-2", 1.0)}
    )


@pytest.fixture
def checked(store: InMemoryObjectStore, quotas: InMemoryQuotas):
    def findings(instances: str = f"{FIRST},{SECOND}", **others: object) -> tuple[Finding, ...]:
        values = {"steps": 1000, "rank": 32, "learning_rate": 1e-4, "resolution": 1024}
        parts = {
            "store": store, "stack": "onmodel", "region": REGION, "image": IMAGE,
            "role_arn": ROLE, "account": InMemoryAccount(roles={ROLE: True}), "quotas": quotas,
            "models": InMemoryModels(), "clock": lambda: NOW,
        }  # fmt: skip
        plan = TrainingPlan(
            hyperparameters=values | {"instances": instances}, buckets=("studio",),
            other_models=(CAPTIONS,),
        )  # fmt: skip
        return SageMakerPreflight(**parts | others).findings(plan)

    return findings


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, bool]]:
    return [(finding.code, finding.blocking) for finding in findings]


def test_preflight_when_everything_is_there_then_nothing(checked) -> None:
    assert checked() == ()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (f"{weights_prefix()}weights.json", "weights"),
        (f"{weights_prefix()}vae/b", "weights-incomplete"),
        (f"{wheels_prefix(REQUIREMENTS_SHA256)}wheels.json", "wheels"),
        (f"{wheels_prefix(REQUIREMENTS_SHA256)}c.whl", "wheels-incomplete"),
    ],
)
def test_preflight_when_a_file_is_missing_then_blocks_and_says_what_brings_it(
    checked, store, key: str, code: str
) -> None:
    store.delete_prefix(key)
    (finding,) = checked()
    assert (finding.code, finding.blocking) == (code, True)
    assert "`onmodel trainer prepare`" in finding.advice


def test_preflight_when_a_file_has_another_size_then_named(checked, store) -> None:
    store.put(f"{weights_prefix()}vae/b", b"shorter or longer", "application/octet-stream")
    (finding,) = checked()
    assert finding.reason == ("of the base model's weights, vae/b is missing or of another size")


def test_preflight_when_a_listing_is_damaged_then_as_if_missing(checked, store) -> None:
    store.put(f"{weights_prefix()}weights.json", b"{", "application/json")
    assert codes(checked()) == [("weights", True)]


def test_preflight_when_the_image_is_another_one_then_packages_are_chosen_anew(checked) -> None:
    assert codes(checked(image=IMAGE.replace("2.13", "2.12"))) == [("wheels-image", True)]


def test_preflight_when_no_instance_type_has_a_quota_then_the_command_that_asks_for_one(
    checked, quotas
) -> None:
    quotas.named = {quota(FIRST): NamedQuota("L-1", 0.0), quota(SECOND): NamedQuota("L-2", 0.0)}
    (finding,) = checked()
    assert (finding.code, finding.blocking) == ("quota", True)
    assert finding.reason == f"this account may run no training job on {FIRST} or {SECOND}"
    assert (
        "aws service-quotas request-service-quota-increase --service-code sagemaker"
        " --quota-code L-1 --desired-value 1 --region us-east-1"
    ) in finding.advice


def test_preflight_when_one_instance_type_has_a_quota_then_warns_of_the_other(
    checked, quotas
) -> None:
    quotas.named[quota(FIRST)] = NamedQuota("L-1", 0.0)
    (finding,) = checked()
    assert (finding.code, finding.blocking) == ("quota-of-some", False)
    assert FIRST in finding.reason and SECOND not in finding.reason


def test_preflight_when_the_region_offers_none_of_the_instance_types_then_blocks(
    checked, quotas
) -> None:
    quotas.named = {}
    assert codes(checked()) == [("instances", True)]


class Faulty(InMemoryQuotas, InMemoryAccount):
    """Quotas and roles that cannot be read."""

    def __init__(self, fault: ServiceError) -> None:
        self.fault = fault

    def by_name(self, *_: object) -> dict[str, NamedQuota]:
        raise self.fault

    def role_trusts(self, *_: object) -> bool | None:
        raise self.fault


def test_preflight_when_quotas_or_role_may_not_be_read_then_warns(checked) -> None:
    denied = Faulty(AccessDenied("no"))
    assert codes(checked(quotas=denied)) == [("quota-unknown", False)]
    assert codes(checked(account=denied)) == [("role-unknown", False)]


def test_preflight_when_throttled_then_raised_for_a_retry(checked) -> None:
    throttled = Faulty(Throttled("slow"))
    for part in ({"quotas": throttled}, {"account": throttled}):
        with pytest.raises(Throttled):
            checked(**part)


@pytest.mark.parametrize("trusts", [False, None])
def test_preflight_when_the_role_is_gone_or_trusts_another_service_then_blocks(
    checked, trusts: bool | None
) -> None:
    roles = {} if trusts is None else {ROLE: trusts}
    assert codes(checked(account=InMemoryAccount(roles=roles))) == [("role", True)]


def test_preflight_when_several_things_are_wrong_then_all_are_named(checked, store, quotas) -> None:
    store.delete_prefix("trainers/")
    quotas.named = {}
    found = codes(checked(account=InMemoryAccount(), stack="a" * 60))
    assert [code for code, _ in found] == ["weights", "wheels", "instances", "role", "names"]


@pytest.mark.parametrize(
    ("looked", "found"),
    [
        (None, ("model-gone", True)),
        (
            FoundationModel(True, datetime(2026, 11, 28, tzinfo=UTC), frozenset()),
            ("model-ended", True),
        ),
        (
            FoundationModel(True, datetime(2027, 1, 1, tzinfo=UTC), frozenset()),
            ("model-legacy", False),
        ),
    ],
)
def test_preflight_when_the_model_of_captions_ends_then_told_before_they_are_paid_for(
    checked, looked: FoundationModel | None, found: tuple[str, bool]
) -> None:
    assert codes(checked(models=InMemoryModels({"amazon.nova-pro-v1:0": looked}))) == [found]
