"""The checks of Bedrock before it accepts a customization job."""

from __future__ import annotations

from typing import Any

from onmodel_local.standins.aws_services import AccessRefusedError, AwsServices
from onmodel_local.standins.errors import ServiceFault

_ACCESS_CHECK = ".write_access_check_file.tmp"  # Bedrock writes it before it starts
# least, most, default
HYPERPARAMETERS = {
    "stepCount": (10, 20_000, "500"),
    "batchSize": (8, 192, "8"),
    "learningRate": (1e-7, 1e-4, "0.00001"),
}


def check_customization_access(aws: AwsServices, request: dict[str, Any]) -> None:
    """Check that caller and service role have the job's rights. Raises ServiceFault."""
    place = f"arn:aws:bedrock:{aws.region}:{aws.account}"
    wanted: list[tuple[str, str, dict[str, str]]] = [
        ("bedrock:CreateModelCustomizationJob", f"{place}:model-customization-job/*", {}),
        ("bedrock:CreateModelCustomizationJob", f"{place}:custom-model/*", {}),
        ("iam:PassRole", request["roleArn"], {"iam:PassedToService": "bedrock.amazonaws.com"}),
    ]
    if request.get("jobTags"):
        wanted.append(("bedrock:TagResource", f"{place}:model-customization-job/*", {}))
    if request.get("customModelTags"):
        wanted.append(("bedrock:TagResource", f"{place}:custom-model/*", {}))
    for action, resource, context in wanted:
        if denial := aws.denial(action, resource, context):
            raise ServiceFault("AccessDeniedException", denial)
    _check_role(aws, request)


def _check_role(aws: AwsServices, request: dict[str, Any]) -> None:
    role = request["roleArn"]
    if distrust := aws.trust_fault(role, "bedrock.amazonaws.com"):
        raise ServiceFault("ValidationException", f"Could not assume provided IAM role: {distrust}")
    try:
        aws.read(role, request["trainingDataConfig"]["s3Uri"])
    except AccessRefusedError as fault:
        raise ServiceFault(
            "ValidationException",
            f"Could not validate GetObject permissions to access Amazon S3: {fault}",
        ) from fault
    check = request["outputDataConfig"]["s3Uri"].rstrip("/") + "/" + _ACCESS_CHECK
    try:
        aws.write(role, check, b"")
    except AccessRefusedError as fault:
        raise ServiceFault(
            "ValidationException",
            f"Could not validate PutObject permissions to access Amazon S3: {fault}",
        ) from fault


def check_hyperparameters(given: dict[str, str]) -> None:
    """Check names and ranges as Nova Canvas does. Raises ServiceFault."""
    for name, text in given.items():
        if name not in HYPERPARAMETERS:
            raise ServiceFault("ValidationException", f"Unknown hyperparameter {name}")
        least, most, default = HYPERPARAMETERS[name]
        try:
            value = int(text) if default.isdigit() else float(text)
        except ValueError as fault:
            raise ServiceFault(
                "ValidationException", f"Hyperparameter {name} is no number: {text[:40]!r}"
            ) from fault
        if not least <= value <= most:
            raise ServiceFault(
                "ValidationException", f"Hyperparameter {name} must be {least} to {most}, is {text}"
            )
