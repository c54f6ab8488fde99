"""Account over S3 and IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class AwsAccount:
    """Facts about buckets and roles; only reads.

    Args:
        s3: client in the region of the buckets.
        iam: client; untyped because its stubs are not installed.
    """

    def __init__(self, s3: S3Client, iam: Any) -> None:  # noqa: ANN401
        self._s3 = s3
        self._iam = iam

    def bucket_region(self, bucket: str) -> str | None:
        with translated():
            try:
                answer = self._s3.head_bucket(Bucket=bucket)
            except ClientError as fault:
                if code_of(fault) in {"404", "NoSuchBucket"}:
                    return None
                # S3 names the region even where it refuses or redirects.
                headers = fault.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
                if region := headers.get("x-amz-bucket-region"):
                    return str(region)
                raise
        return answer.get("BucketRegion") or self._location(bucket)

    def _location(self, bucket: str) -> str:
        """The bucket's region, for services that do not send the header."""
        with translated():
            answer = self._s3.get_bucket_location(Bucket=bucket)
        return answer.get("LocationConstraint") or "us-east-1"

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        try:
            with translated():
                answer = self._iam.get_role(RoleName=role_arn.rsplit("/", 1)[-1])
        except NotFound:
            return None
        policy = answer["Role"]["AssumeRolePolicyDocument"]
        return any(
            statement.get("Effect") == "Allow" and service in _services(statement)
            for statement in _as_list(policy.get("Statement", []))
        )


def _services(statement: dict[str, Any]) -> list[Any]:
    principal = statement.get("Principal", {})
    return _as_list(principal.get("Service", [])) if isinstance(principal, dict) else []


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - IAM writes one item without its list
    return value if isinstance(value, list) else [value]
