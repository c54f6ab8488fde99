"""Makes the trainer and its image model with the clients that they need."""

from __future__ import annotations

from onmodel.adapters.account import AwsAccount
from onmodel.adapters.servicequotas import ServiceQuotas
from onmodel.environment import Aws, TrainerResources
from onmodel.trainers.bedrock.canvas import NovaCanvas
from onmodel.trainers.bedrock.trainer import BedrockTrainer
from onmodel.trainers.parts import TrainerParts

PICTURE_SECONDS = 300
"""A premium picture takes longer than botocore's default of a minute; a retry is paid again."""


def make_bedrock_trainer(parts: TrainerParts) -> BedrockTrainer:
    resources = parts.environment.read(TrainerResources)
    return BedrockTrainer(
        parts.client("bedrock"),
        stack=resources.stack_name,
        region=parts.environment.read(Aws).aws_region,
        role_arn=resources.training_role_arn,
        store=parts.store,
        account=AwsAccount(parts.client("s3"), parts.client("iam")),
        quotas=ServiceQuotas(parts.client("service-quotas")),
        clock=parts.clock,
        base_model=resources.base_model_id,
        private_arrangement=resources.private_arrangement,
    )


def make_nova_canvas(parts: TrainerParts) -> NovaCanvas:
    # a retry after a timeout may be paid for again
    return NovaCanvas(
        parts.client("bedrock-runtime", read_timeout_seconds=PICTURE_SECONDS, attempts=2)
    )
