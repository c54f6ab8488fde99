from __future__ import annotations

import pytest

from onmodel.adapters.clients import make_client


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)


def test_endpoint_when_variable_is_empty_then_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    client = make_client("dynamodb", region="us-east-1")
    assert client.meta.endpoint_url == "https://dynamodb.us-east-1.amazonaws.com"


def test_endpoint_when_variable_is_set_then_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "")
    client = make_client("dynamodb", region="us-east-1")
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("service", "mode"),
    [("s3", "standard"), ("rekognition", "standard"), ("bedrock-runtime", "adaptive")],
)
def test_config_when_service_then_its_retries_and_timeout(service: str, mode: str) -> None:
    config = make_client(service, region="us-east-1", connections=40).meta.config
    assert config.retries["mode"] == mode
    assert config.read_timeout == 60
    assert config.max_pool_connections == 40


def test_presigned_link_when_s3_then_signature_four_in_the_region() -> None:
    client = make_client("s3", region="us-east-1")
    link = client.generate_presigned_url("get_object", Params={"Bucket": "b-1", "Key": "k"})
    assert link.startswith("https://b-1.s3.us-east-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC")
