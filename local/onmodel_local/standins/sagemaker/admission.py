"""The checks of SageMaker before it accepts a training job."""

from __future__ import annotations

from typing import Any

from onmodel_local.standins.aws_services import AccessRefusedError, AwsServices
from onmodel_local.standins.errors import ServiceFault

SERVICE = "sagemaker.amazonaws.com"

NOT_SIMULATED = (
    "VpcConfig", "EnableManagedSpotTraining", "DebugHookConfig", "DebugRuleConfigurations",
    "TensorBoardOutputConfig", "ExperimentConfig", "ProfilerConfig", "ProfilerRuleConfigurations",
    "RemoteDebugConfig", "InfraCheckConfig", "SessionChainingConfig", "ServerlessJobConfig",
    "MlflowConfig", "ModelPackageConfig",
)  # fmt: skip


def refused(message: str) -> ServiceFault:
    return ServiceFault("ValidationException", message)


def check_request(request: dict[str, Any]) -> None:
    """Check what botocore's model does not say. Raises ServiceFault."""
    unknown = [name for name in NOT_SIMULATED if request.get(name)]
    if unknown:
        raise refused(f"{', '.join(unknown)}: not simulated here")
    algorithm = request["AlgorithmSpecification"]
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        raise refused("Exactly one of TrainingImage and AlgorithmName must be given")
    if not algorithm.get("ContainerEntrypoint"):
        raise refused("An image's own entry point is not simulated: give ContainerEntrypoint")
    resources = request.get("ResourceConfig") or {}
    if ("InstanceType" in resources) == ("InstancePreferences" in resources):
        raise refused("Exactly one of InstanceType and InstancePreferences must be given")
    if resources.get("InstanceCount") != 1:
        raise refused("InstanceCount must be 1: more instances are not simulated")
    if resources.get("VolumeSizeInGB", 0) < 1:
        raise refused("VolumeSizeInGB must be at least 1")
    if resources.get("KeepAlivePeriodInSeconds"):
        raise refused("A warm pool is not simulated: leave KeepAlivePeriodInSeconds out")
    stopping = request.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": 86_400})
    if "MaxWaitTimeInSeconds" in stopping:
        raise refused("MaxWaitTimeInSeconds is only for managed spot training")
    channels = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
    if len(set(channels)) < len(channels):
        raise refused("Each channel must have a unique name")


def check_training_job_access(aws: AwsServices, request: dict[str, Any], arn: str) -> None:
    """Check the caller's rights, the role's trust, and that the role finds each channel.

    Raises ServiceFault.
    """
    wanted = [("iam:PassRole", request["RoleArn"], {"iam:PassedToService": SERVICE})]
    if request.get("Tags"):
        wanted.append(("sagemaker:AddTags", arn, {}))
    for action, resource, context in wanted:
        if denial := aws.denial(action, resource, context):
            raise ServiceFault("AccessDeniedException", denial)
    role = request["RoleArn"]
    if aws.trust_fault(role, SERVICE):
        raise refused(
            f"Could not assume role {role}. Please ensure that the role exists and allows"
            f" principal '{SERVICE}' to assume the role."
        )
    for channel in request.get("InputDataConfig", ()):
        _check_channel(aws, role, channel)


def _check_channel(aws: AwsServices, role: str, channel: dict[str, Any]) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise refused(f"Channel {channel['ChannelName']}: only S3Prefix is simulated")
    uri = source["S3Uri"]
    try:
        found = bool(aws.keys(role, uri))
    except AccessRefusedError:
        found = False
    if not found:
        bucket = uri.removeprefix("s3://").partition("/")[0]
        raise refused(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure'
            f" that the bucket exists in the selected region ({aws.region}), that objects exist"
            f' under that S3 prefix, and that the role "{role}" has "s3:ListBucket" permissions on'
            f' bucket "{bucket}".'
        )


def quota_type(instance_types: list[str], quota: float, used: dict[str, int]) -> str:
    """The first type whose quota has room for one more instance. Raises ServiceFault."""
    for one in instance_types:
        if used[one] + 1 <= quota:
            return one
    first = instance_types[0]
    raise ServiceFault(
        "ResourceLimitExceeded",
        f"The account-level service limit '{first} for training job usage' is {quota:g} Instances,"
        f" with current utilization of {used[first]} Instances and a request delta of 1 Instances."
        " Please use AWS Service Quotas to request an increase for this quota.",
    )
