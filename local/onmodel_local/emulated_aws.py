"""AwsServices of the emulator: its S3, EventBridge and IAM, for the simulated services."""

from __future__ import annotations

import json
import os
import threading
from contextvars import copy_context
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.core import lambda_runtime
from ministack.core.iam_evaluator import enforce
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, iam

from onmodel_local.standins.aws_services import AccessRefusedError
from onmodel_local.standins.service import request_headers

ACCOUNT, REGION = "000000000000", "us-east-1"


class EmulatedAws:
    """Reads and writes S3 through the emulator's endpoint, signed as the role: IAM is enforced."""

    account = ACCOUNT
    region = REGION

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def keys(self, role_arn: str, uri: str) -> list[str]:
        bucket, prefix = split_uri(uri)
        pages = self._s3(role_arn).get_paginator("list_objects_v2")
        try:
            return [
                found["Key"]
                for page in pages.paginate(Bucket=bucket, Prefix=prefix)
                for found in page.get("Contents", ())
            ]
        except ClientError as fault:
            raise AccessRefusedError(f"{uri}: {fault}") from fault

    def read(self, role_arn: str, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        try:
            answer = self._s3(role_arn).get_object(Bucket=bucket, Key=key)
            return bytes(answer["Body"].read())
        except ClientError as fault:
            raise AccessRefusedError(f"{uri}: {fault}") from fault

    def write(self, role_arn: str, uri: str, body: bytes) -> None:
        bucket, key = split_uri(uri)
        try:
            self._s3(role_arn).put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as fault:
            raise AccessRefusedError(f"{uri}: {fault}") from fault

    def write_as_service(self, uri: str, body: bytes) -> None:
        bucket, key = split_uri(uri)
        client = boto3.client(
            "s3",
            endpoint_url=_endpoint_url(),
            region_name=REGION,
            aws_access_key_id="test",  # the emulator's root
            aws_secret_access_key="test",  # noqa: S106
            config=Config(s3={"addressing_style": "path"}),
        )
        client.put_object(Bucket=bucket, Key=key, Body=body)

    def publish(self, source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> None:
        entry = {
            "Source": source,
            "DetailType": detail_type,
            "Resources": [resource],
            "Detail": json.dumps(detail),
        }
        copy_context().run(eventbridge._put_events, {"Entries": [entry]}, allow_aws_source=True)

    def denial(self, action: str, resource: str, context: dict[str, str]) -> str | None:
        key = extract_access_key_id(request_headers(), {})
        keys: dict[str, Any] = dict(context)  # a list would be evaluated as a multivalued key
        service = action.split(":", 1)[0]
        refused = enforce(key, action, service, REGION, resource_arn=resource, service_context=keys)
        if not refused:
            return None
        return f"The caller is not authorized to perform: {action} on resource: {resource}"

    def credentials(self, role_arn: str) -> dict[str, str]:
        keys = lambda_runtime.execution_credentials(_as_function(role_arn))
        return {name: value for name, value in keys.items() if value} | {
            "AWS_ENDPOINT_URL": _endpoint_url(),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def trust_fault(self, role_arn: str, service: str) -> str | None:
        role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
        if role is None:
            return f"{role_arn} does not exist"
        policy = role["AssumeRolePolicyDocument"]
        document = json.loads(policy) if isinstance(policy, str) else policy
        for statement in document["Statement"]:
            principals = (statement.get("Principal") or {}).get("Service", [])
            named = [principals] if isinstance(principals, str) else principals
            if statement["Effect"] == "Allow" and service in named:
                return None
        return f"{role_arn} does not trust {service}"

    def _s3(self, role_arn: str) -> Any:  # noqa: ANN401 - made by boto3 at run time
        with self._lock:
            if role_arn not in self._clients:
                self._clients[role_arn] = _client_as(role_arn)
            return self._clients[role_arn]


def _client_as(role_arn: str) -> Any:  # noqa: ANN401 - made by boto3 at run time
    """An S3 client with session credentials of the role, like those of a function."""
    keys = lambda_runtime.execution_credentials(_as_function(role_arn))
    return boto3.client(
        "s3",
        endpoint_url=_endpoint_url(),
        region_name=REGION,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys.get("AWS_SESSION_TOKEN") or None,
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=8),
    )


def _as_function(role_arn: str) -> dict[str, str]:
    """The emulator makes session credentials for functions only."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:simulated-service"
    return {"FunctionArn": arn, "FunctionName": "simulated-service", "Role": role_arn}


def _endpoint_url() -> str:
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"


def split_uri(uri: str) -> tuple[str, str]:
    """The bucket and the key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
