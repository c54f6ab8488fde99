"""The proposed parameters stay within the account's quotas, and use them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from fakes.account import InMemoryQuotas
from hypothesis import given
from hypothesis import strategies as st

from onmodel.errors import AccessDenied
from onmodel.ports.account import NamedQuota
from onmodel_cli.sizing import AccountQuotas, name_in_quotas, propose, read_quotas

TITAN, NOVA = "amazon.titan-embed-image-v1", "us.amazon.nova-pro-v1:0"
LABELS = (
    "rekognition",
    "Transactions per second per account for the Amazon Rekognition Image operation DetectLabels",
)
EMBEDDINGS = (
    "bedrock",
    "On-demand model inference requests per minute for Amazon Titan Multimodal Embeddings G1",
)
CAPTIONS = ("bedrock", "On-demand model inference requests per minute for Amazon Nova Pro")


def values(quotas: AccountQuotas) -> dict[str, int]:
    return {proposal.parameter: proposal.value for proposal in propose(quotas)}


@pytest.mark.parametrize(
    ("executions", "labels", "chunks", "films"),
    [(10, 50, 5, 1), (10, 5, 2, 2), (1000, 50, 13, 8), (1000, 5, 2, 5), (1000, 500, 125, 6)],
    ids=["new", "new and slow", "grown", "grown and slow", "raised"],
)
def test_propose_when_quotas_differ_then_uses_what_limits(
    executions: float, labels: float, chunks: int, films: int
) -> None:
    assert values(AccountQuotas(executions, labels)) == {
        "MapConcurrency": chunks,
        "FilmsAtOnce": films,
        "LabelsPerSecond": labels,
    }


def test_propose_when_embeddings_are_fewer_then_they_limit() -> None:
    few = values(AccountQuotas(1000, 50, embeddings_per_minute=200))
    assert few["MapConcurrency"] == 2
    assert few["LabelsPerSecond"] == 50


@given(executions=st.integers(1, 100_000), labels=st.integers(1, 10_000))
def test_propose_when_any_account_then_leaves_functions_for_the_rest(
    executions: int, labels: int
) -> None:
    proposed = values(AccountQuotas(executions, labels))
    used = proposed["MapConcurrency"] * proposed["FilmsAtOnce"]
    assert 1 <= used <= max(1, executions - 5)


def test_read_quotas_when_the_account_has_its_own_then_these() -> None:
    named = {LABELS: 120.0, EMBEDDINGS: 2000.0, CAPTIONS: 100.0}
    quotas = InMemoryQuotas(
        {("lambda", "L-B99A9384"): 3000.0},
        {name: NamedQuota("L-0", value) for name, value in named.items()},
    )
    assert read_quotas(quotas, "us-east-1", TITAN, NOVA) == AccountQuotas(
        executions=3000,
        labels_per_second=120,
        embeddings_per_minute=2000,
        captions_per_minute=100,
    )


def test_read_quotas_when_denied_then_those_of_a_new_account_and_says_so() -> None:
    class Denied:
        def value(self, service: str, quota: str) -> float | None:
            raise AccessDenied(service)

        def by_name(self, service: str, names: Collection[str]) -> Mapping[str, NamedQuota]:
            raise AccessDenied(service)

        def with_words(self, service: str, words: Collection[str]) -> Mapping[str, NamedQuota]:
            raise AccessDenied(service)

    assert read_quotas(Denied(), "eu-central-1", TITAN, NOVA) == AccountQuotas(
        executions=10,
        labels_per_second=5,
        assumed=("Lambda's concurrent executions", "Rekognition's DetectLabels a second"),
    )


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("amazon.titan-embed-image-v1", "Titan Multimodal Embeddings"),
        ("us.amazon.nova-2-lite-v1:0", "Nova 2 Lite"),
        ("amazon.nova-lite-v1:0", "Nova Lite"),
        ("anthropic.model-v1", None),
    ],
)
def test_name_in_quotas_when_model_then_as_service_quotas_writes_it(
    model: str, name: str | None
) -> None:
    assert name_in_quotas(model) == name
