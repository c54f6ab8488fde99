"""The service models in the core layer, read by a botocore that is older than their fields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
BUILD = ROOT / os.environ.get("BUILD_DIR", ".aws-sam/build")
MODELS = BUILD / "CoreLayer/models"
OLD_BOTOCORE = ROOT / "build/old-botocore"

pytestmark = pytest.mark.skipif(
    "BUILD_DIR" not in os.environ and not MODELS.exists(), reason="nothing is built: make build"
)

PROGRAM = """
import json, botocore, botocore.session
from botocore.awsrequest import AWSResponse

session = botocore.session.get_session()
keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
sent = []

class Body:
    def __init__(self, text): self.text = text
    def stream(self, *_, **__): yield self.text.encode()

def answer(text):
    def respond(request, **_):
        sent.append(json.loads(request.body or "{}"))
        return AWSResponse(request.url, 200, {"Content-Type": "application/json"}, Body(text))
    return respond

sagemaker = session.create_client("sagemaker", **keys)
sagemaker.meta.events.register("before-send", answer('{"TrainingJobArn": "arn"}'))
bedrock = session.create_client("bedrock", **keys)
bedrock.meta.events.register("before-send", answer(
    '{"modelDetails": {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/a.b",'
    ' "modelId": "a.b", "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": 1790726400}}}'))
sagemaker.create_training_job(
    TrainingJobName="a", RoleArn="arn:aws:iam::123456789012:role/a",
    AlgorithmSpecification={"TrainingImage": "a", "TrainingInputMode": "File"},
    OutputDataConfig={"S3OutputPath": "s3://a", "CompressionType": "NONE"},
    ResourceConfig={"InstanceCount": 1, "VolumeSizeInGB": 100,
                    "InstancePreferences": [{"InstanceType": "ml.g6e.2xlarge"}]},
    StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxPendingTimeInSeconds": 1800})
model = bedrock.get_foundation_model(modelIdentifier="a.b")["modelDetails"]
print(json.dumps({
    "botocore": botocore.__version__,
    "preferences": sent[0]["ResourceConfig"].get("InstancePreferences"),
    "end": str(model["modelLifecycle"].get("endOfLifeTime"))}))
"""


def played(models: Path | None) -> subprocess.CompletedProcess[str]:
    """The program with the old botocore, with or without the layer's models."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(OLD_BOTOCORE), "HOME": "/nowhere"}
    if models:
        environment["AWS_DATA_PATH"] = str(models)
    return subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def test_old_botocore_when_it_has_the_layer_s_models_then_knows_the_new_fields() -> None:
    done = played(MODELS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "botocore": "1.40.4",
        "preferences": [{"InstanceType": "ml.g6e.2xlarge"}],
        "end": "2026-09-30 00:00:00+00:00",
    }


def test_old_botocore_when_it_has_its_own_models_then_refuses_the_new_field() -> None:
    done = played(None)
    assert done.returncode != 0
    assert 'Unknown parameter in ResourceConfig: "InstancePreferences"' in done.stderr


def test_service_models_when_packed_then_two_and_under_a_megabyte() -> None:
    packed = [path for path in MODELS.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(MODELS).parts[0] for path in packed) == ["bedrock", "sagemaker"]
    assert sum(path.stat().st_size for path in packed) < 1_000_000


def test_functions_when_deployed_then_look_where_the_layer_has_them() -> None:
    assert f"AWS_DATA_PATH: /opt/{MODELS.name} " in (ROOT / "template.yaml").read_text()
