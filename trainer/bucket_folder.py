"""A folder of an S3 bucket that is filled once: files that are there are not uploaded again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

PART_BYTES = 64 << 20
"""10,000 parts at most: files of up to 640 GB."""


class BucketFolder:
    """Files below a prefix; each carries its SHA-256, and what it was compared with, as metadata.

    Args:
        bucket: its name.
        prefix: ends in a slash.
        client: of S3; made from the environment when None.
    """

    def __init__(self, bucket: str, prefix: str, client: Any = None) -> None:  # noqa: ANN401
        self._s3 = client or boto3.client("s3")
        self._bucket = bucket
        self._prefix = prefix

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def finished(self, name: str, size: int, declared: str) -> str | None:
        """The SHA-256 of a file that was uploaded after it was compared with `declared`."""
        head = self._head(name)
        if head is None or head["ContentLength"] != size:
            return None
        about: dict[str, str] = head["Metadata"]
        return about.get("sha256") if about.get("declared") == declared else None

    def has_all(self, sizes: dict[str, int]) -> bool:
        """Whether each of these files is there, with this size in bytes."""
        heads = {name: self._head(name) for name in sizes}
        return all(head and head["ContentLength"] == sizes[name] for name, head in heads.items())

    def upload(self, path: Path, name: str, *, sha256: str, declared: str) -> None:
        self._s3.upload_file(
            str(path),
            self._bucket,
            f"{self._prefix}{name}",
            ExtraArgs={"Metadata": {"sha256": sha256, "declared": declared}},
            Config=TransferConfig(multipart_chunksize=PART_BYTES),
        )

    def delete_others(self, names: Iterable[str]) -> tuple[str, ...]:
        """Delete every file that is not one of these; returns the names of what was deleted."""
        kept = set(names)
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        found = [
            item["Key"].removeprefix(self._prefix)
            for page in pages
            for item in page.get("Contents", [])
        ]
        others = tuple(name for name in found if name not in kept)
        for name in others:
            self._s3.delete_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
        return others

    def read_json(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """None when there is no such file."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
        except self._s3.exceptions.NoSuchKey:
            return None
        return json.load(answer["Body"])

    def write_json(self, name: str, value: Any) -> None:  # noqa: ANN401
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{name}",
            Body=(json.dumps(value, indent=1, sort_keys=True) + "\n").encode(),
            ContentType="application/json",
        )

    def _head(self, name: str) -> Any:  # noqa: ANN401 - botocore's answer
        try:
            return self._s3.head_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
        except ClientError as fault:
            if fault.response["Error"]["Code"] == "404":
                return None
            raise
