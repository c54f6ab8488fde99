"""A bucket, a role and requests for training jobs of the local stack, and what becomes of them."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from waiting import wait_until

from onmodel.trainers.sagemaker.code import read_code
from onmodel_local.stack import LocalStack

BUCKET = "studio"
TYPES = ("ml.g6e.2xlarge", "ml.g6e.xlarge", "ml.g5.2xlarge")


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str], resource: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def make_role(stack: LocalStack, name: str, service: str, *statements: dict[str, Any]) -> str:
    iam = stack.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy(*statements))
    return str(made["Role"]["Arn"])


def fill_bucket(stack: LocalStack) -> None:
    """The channels of a training and of a drawing."""
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def put(key: str, body: bytes) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    for name, content in read_code(Path(__file__).parents[1] / "trainer").items():
        put(f"code/{name}", content)
    put("wheels/wheels.json", b"{}")
    files = {"transformer.safetensors": b"random" * 9, "LICENSE": b"CC0-1.0"}
    for name, body in files.items():
        put(f"model/{name}", body)
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    told = {"model": "onmodel/none", "revision": "0", "licence": "CC0-1.0", "files": sums}
    put("model/weights.json", json.dumps(told).encode())
    picture = cv2.imencode(".png", np.full((64, 64, 3), 200, np.uint8))[1].tobytes()
    lines = []
    for number in range(4):
        put(f"dataset/pictures/{number}.png", picture)
        lines.append(json.dumps({"picture": f"pictures/{number}.png", "caption": "Buck hops"}))
    put("dataset/train.jsonl", "\n".join(lines[:3]).encode())
    put("dataset/validation.jsonl", lines[3].encode())
    recipe = {"steps": 20, "samples": [{"prompt": "Buck", "seed": 1, "width": 64, "height": 64}]}
    put("dataset/recipe.json", json.dumps(recipe).encode())
    put("references/buck.png", picture)


def training(role: str) -> dict[str, Any]:
    name = f"onmodel-train-{uuid.uuid4().hex[:16]}"
    return {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": {
            "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["bash", "/opt/ml/input/data/code/start.sh"],
            "ContainerArguments": ["train.py", "--deadline-seconds", "3000"],
        },
        "InputDataConfig": [channel(one) for one in ("code", "wheels", "model", "dataset")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "VolumeSizeInGB": 100,
            "InstancePreferences": [{"InstanceType": one} for one in TYPES],
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 10_800, "MaxPendingTimeInSeconds": 3_600},
        "EnableNetworkIsolation": True,
        "Tags": [{"Key": "onmodel:stack", "Value": "onmodel"}],
    }


def channel(name: str, prefix: str = "") -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{BUCKET}/{prefix or name}/",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def describe(stack: LocalStack, name: str) -> dict[str, Any]:
    found = stack.client("sagemaker").describe_training_job(TrainingJobName=name)
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def until(stack: LocalStack, name: str, *statuses: str, secondary: str = "") -> dict[str, Any]:
    """The job when it has one of the statuses."""

    def reached() -> dict[str, Any]:
        job = describe(stack, name)
        is_so = job["TrainingJobStatus"] in statuses and secondary in ("", job["SecondaryStatus"])
        return job if is_so else {}

    return wait_until(reached, lambda: describe(stack, name))


def keys(stack: LocalStack, prefix: str) -> list[str]:
    found = stack.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [one["Key"].removeprefix(prefix) for one in found.get("Contents", ())]


def read(stack: LocalStack, key: str) -> bytes:
    body: bytes = stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def wait_for_file(stack: LocalStack, name: str, file: str) -> None:
    """Returns when a checkpoint of the job has a file of this name."""
    folder = f"checkpoints/{name}/"
    wait_until(
        lambda: any(key.split("/")[-1] == file for key in keys(stack, folder)),
        lambda: describe(stack, name),
    )
