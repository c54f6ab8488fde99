"""What every Account, Secrets and Quotas keeps: the fakes and AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber
from fakes.account import InMemoryAccount, InMemoryModels, InMemoryQuotas, InMemorySecrets

from onmodel.adapters.account import AwsAccount
from onmodel.adapters.foundation_models import BedrockModels
from onmodel.adapters.secretsmanager import SecretsManagerSecrets
from onmodel.adapters.servicequotas import ServiceQuotas
from onmodel.errors import NotFound, ServiceError, Throttled
from onmodel.ports.account import (
    Account,
    FoundationModel,
    NamedQuota,
    OfferedModels,
    Quotas,
    Secrets,
)

ROLES = "arn:aws:iam::123456789012:role/"
BEDROCK = "bedrock.amazonaws.com"


def trust(*services: str, effect: str = "Allow") -> str:
    principal = {"Service": services[0] if len(services) == 1 else list(services)}
    statement = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(params=["fake", "aws"])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "fake":
        return InMemoryAccount(
            {"here": "us-east-1", "there": "eu-west-1"},
            {f"{ROLES}trusting": True, f"{ROLES}shared": True, f"{ROLES}other": False},
        )
    clients = request.getfixturevalue("aws")
    s3, iam = clients("s3"), clients("iam")
    s3.create_bucket(Bucket="here")
    s3.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name, policy in {
        "trusting": trust(BEDROCK),
        "shared": trust("lambda.amazonaws.com", BEDROCK),
        "other": trust("lambda.amazonaws.com"),
    }.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    return AwsAccount(s3, iam)


def test_bucket_region_when_asked_then_where_it_lies_or_none(account: Account) -> None:
    assert account.bucket_region("here") == "us-east-1"
    assert account.bucket_region("there") == "eu-west-1"
    assert account.bucket_region("nowhere") is None


def test_role_trusts_when_asked_then_by_its_policy_or_none(account: Account) -> None:
    assert account.role_trusts(f"{ROLES}trusting", BEDROCK) is True
    assert account.role_trusts(f"{ROLES}shared", BEDROCK) is True
    assert account.role_trusts(f"{ROLES}other", BEDROCK) is False
    assert account.role_trusts(f"{ROLES}nothing", BEDROCK) is None


def test_role_trusts_when_denied_by_its_policy_then_false(aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="denied", AssumeRolePolicyDocument=trust(BEDROCK, effect="Deny"))
    assert AwsAccount(aws("s3"), iam).role_trusts(f"{ROLES}denied", BEDROCK) is False


def test_bucket_region_when_redirected_then_from_the_header_else_error(aws) -> None:
    client = aws("s3")
    header = {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}}
    with Stubber(client) as stub:
        stub.add_client_error("head_bucket", "301", http_status_code=301, response_meta=header)
        assert AwsAccount(client, None).bucket_region("there") == "eu-west-1"
        stub.add_client_error("head_bucket", "403", http_status_code=403)
        with pytest.raises(ServiceError):
            AwsAccount(client, None).bucket_region("closed")


@pytest.fixture(params=["fake", "aws"])
def secrets(request: pytest.FixtureRequest) -> Secrets:
    if request.param == "fake":
        return InMemorySecrets({"door-key": "s3cret"})
    client = request.getfixturevalue("aws")("secretsmanager")
    client.create_secret(Name="door-key", SecretString="s3cret")
    return SecretsManagerSecrets(client)


def test_secret_when_there_then_text_else_not_found(secrets: Secrets) -> None:
    assert secrets.get("door-key") == "s3cret"
    with pytest.raises(NotFound):
        secrets.get("nothing")


def test_quota_when_applied_then_that_value(aws) -> None:
    client = aws("service-quotas")
    with Stubber(client) as stub:
        stub.add_response(
            "get_service_quota",
            {"Quota": {"Value": 2.0}},
            {"ServiceCode": "bedrock", "QuotaCode": "L-BE77399C"},
        )
        assert ServiceQuotas(client).value("bedrock", "L-BE77399C") == 2.0


def test_quota_when_never_raised_then_the_default_else_none(aws) -> None:
    client = aws("service-quotas")
    quotas: Quotas = ServiceQuotas(client)
    with Stubber(client) as stub:
        stub.add_client_error("get_service_quota", "NoSuchResourceException")
        stub.add_response("get_aws_default_service_quota", {"Quota": {"Value": 0.0}})
        assert quotas.value("bedrock", "L-BE77399C") == 0.0
        stub.add_client_error("get_service_quota", "NoSuchResourceException")
        stub.add_client_error("get_aws_default_service_quota", "NoSuchResourceException")
        assert quotas.value("bedrock", "L-NOTHING") is None


def test_quota_when_throttled_then_error_and_fake_knows_its_own(aws) -> None:
    client = aws("service-quotas")
    with Stubber(client) as stub:
        stub.add_client_error("get_service_quota", "TooManyRequestsException")
        with pytest.raises(Throttled):
            ServiceQuotas(client).value("bedrock", "L-BE77399C")
    fake: Quotas = InMemoryQuotas({("bedrock", "a"): 1})
    assert (fake.value("bedrock", "a"), fake.value("bedrock", "b")) == (1, None)


TRAINING, OTHER = "ml.g5.2xlarge for training job usage", "ml.g6e.xlarge for training job usage"


def listed(*quotas: tuple[str, str, float]) -> dict[str, object]:
    return {
        "Quotas": [
            {"QuotaName": name, "QuotaCode": code, "Value": value} for name, code, value in quotas
        ]
    }


def test_quotas_when_asked_by_name_then_applied_before_default_and_unknown_left_out(aws) -> None:
    client = aws("service-quotas")
    every = {"ServiceCode": "sagemaker", "MaxResults": 100}
    with Stubber(client) as stub:
        first = listed(("something else", "L-0", 5.0)) | {"NextToken": "more"}
        stub.add_response("list_service_quotas", first, every)
        stub.add_response(
            "list_service_quotas", listed((TRAINING, "L-1", 2.0)), every | {"NextToken": "more"}
        )
        stub.add_response(
            "list_aws_default_service_quotas",
            listed((TRAINING, "L-1", 0.0), (OTHER, "L-2", 0.0)),
            every,
        )
        found = ServiceQuotas(client).by_name("sagemaker", {TRAINING, OTHER, "nothing"})
    assert found == {TRAINING: NamedQuota("L-1", 2.0), OTHER: NamedQuota("L-2", 0.0)}
    fake: Quotas = InMemoryQuotas(named={("sagemaker", TRAINING): NamedQuota("L-1", 2.0)})
    assert fake.by_name("sagemaker", {TRAINING, OTHER}) == {TRAINING: NamedQuota("L-1", 2.0)}


def test_quotas_when_all_names_are_found_then_no_further_page_is_asked_for(aws) -> None:
    client = aws("service-quotas")
    with Stubber(client) as stub:
        page = listed((TRAINING, "L-1", 2.0)) | {"NextToken": "more"}
        stub.add_response("list_service_quotas", page)
        assert ServiceQuotas(client).by_name("sagemaker", {TRAINING})[TRAINING].value == 2.0


def test_quotas_when_asked_by_words_then_applied_before_default_on_all_pages(aws) -> None:
    client = aws("service-quotas")
    with Stubber(client) as stub:
        stub.add_response(
            "list_service_quotas",
            listed(("Calls of DetectLabels", "L-1", 80.0)) | {"NextToken": "more"},
        )
        stub.add_response("list_service_quotas", listed(("Calls of DetectText", "L-2", 5.0)))
        stub.add_response(
            "list_aws_default_service_quotas",
            listed(("Calls of DetectLabels", "L-1", 50.0), ("calls, detectlabels", "L-3", 1.0)),
        )
        found = ServiceQuotas(client).with_words("rekognition", ("calls", "DetectLabels"))
    assert found == {
        "Calls of DetectLabels": NamedQuota("L-1", 80.0),
        "calls, detectlabels": NamedQuota("L-3", 1.0),
    }
    fake: Quotas = InMemoryQuotas(named={("rekognition", name): found[name] for name in found})
    assert fake.with_words("rekognition", ("CALLS", "labels")) == found
    assert fake.with_words("lambda", ("calls",)) == {}


def test_models_when_looked_at_then_their_facts_or_none(aws) -> None:
    client = aws("bedrock")
    ends_at = datetime(2027, 3, 1, tzinfo=UTC)
    details = {
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        "modelId": "amazon.nova-pro-v1:0",
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": ends_at},
    }
    known = FoundationModel(True, ends_at, frozenset({"ON_DEMAND"}))
    with Stubber(client) as stub:
        stub.add_response(
            "get_foundation_model",
            {"modelDetails": details},
            {"modelIdentifier": "amazon.nova-pro-v1:0"},
        )
        stub.add_client_error("get_foundation_model", "ResourceNotFoundException")
        real: OfferedModels = BedrockModels(client)
        assert real.look("amazon.nova-pro-v1:0") == known
        assert real.look("amazon.gone-v1") is None
    fake: OfferedModels = InMemoryModels({"a": known, "gone": None})
    assert (fake.look("a"), fake.look("gone")) == (known, None)
