"""Clients of AWS with timeouts, retries and a connection pool chosen per service.

`AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` are set on a local stack. botocore ignores an
empty value, so the template may declare the variable empty and local tools set it.
"""

from __future__ import annotations

from typing import Any, Literal

import boto3
from botocore.config import Config

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
CONNECTIONS = 10
ATTEMPTS = 5  # with backoff to 20 s; the state machines retry what still fails

RATE_LIMITED = frozenset({"bedrock-runtime"})
"""Throttle by a rate per account: adaptive mode slows the client itself down. Not Rekognition:
adaptive mode keeps up half a call a second in each process, and pacing.Pace knows the rate."""


def make_client(
    service: str,
    *,
    region: str,
    connections: int = CONNECTIONS,
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    attempts: int = ATTEMPTS,
) -> Any:  # noqa: ANN401 - boto3 makes a class per service at run time
    """A thread-safe client.

    Args:
        service: boto3's name, for example `bedrock-runtime`.
        region: for example us-east-1.
        connections: how many threads may wait for an answer at once.
        read_timeout_seconds: how long an answer may send nothing.
        attempts: of each call, the first included.
    """
    mode: Literal["adaptive", "standard"] = "adaptive" if service in RATE_LIMITED else "standard"
    config = Config(
        region_name=region,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": mode, "total_max_attempts": attempts},
        max_pool_connections=connections,
        tcp_keepalive=True,  # an image model sends nothing for minutes; NAT drops idle connections
        signature_version="s3v4" if service == "s3" else None,
        s3={"us_east_1_regional_endpoint": "regional"} if service == "s3" else None,
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]
