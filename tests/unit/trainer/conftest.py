import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

# The files of trainer/ are no package: a job starts them where they lie.
sys.path.insert(0, str(Path(__file__).parents[3] / "trainer"))

from fakes.hub import HubFake, served

BUCKET = "studio"
CARD = b"---\nlicense: apache-2.0\nlanguage:\n- en\n---\n# A model\n"


@pytest.fixture
def hub() -> Iterator[HubFake]:
    """A model in the form of FLUX.2 klein's repository."""
    files = {
        "README.md": CARD,
        "LICENSE.md": b"Apache License",
        "model_index.json": b'{"_class_name": "Flux2KleinPipeline"}',
        "teaser.jpg": b"a picture",
        "flux-2-klein.safetensors": b"the same again in one file" * 100,
        "transformer/config.json": b"{}",
        "transformer/diffusion_pytorch_model.safetensors": bytes(range(256)) * 400,
        "tokenizer/merges.txt": b"a b\n",
        "vae/diffusion_pytorch_model.safetensors": b"v" * 5000,
    }
    with served(HubFake("lab/klein", "a" * 40, files)) as running:
        yield running


@pytest.fixture(scope="session")
def _client() -> Any:
    """Reading the service's model takes longer than a test: one client for all."""
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, _client: Any) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config={"core": {"passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}}):
        _client.create_bucket(Bucket=BUCKET)
        yield _client
