"""Makes the trainer with the clients that it needs."""

from __future__ import annotations

from onmodel.adapters.account import AwsAccount
from onmodel.adapters.foundation_models import BedrockModels
from onmodel.adapters.servicequotas import ServiceQuotas
from onmodel.environment import Aws, SageMakerVariables
from onmodel.trainers.parts import TrainerParts
from onmodel.trainers.sagemaker.preflight import SageMakerPreflight
from onmodel.trainers.sagemaker.registries import image_address
from onmodel.trainers.sagemaker.trainer import SageMakerTrainer


def make_sagemaker_trainer(parts: TrainerParts) -> SageMakerTrainer:
    named = parts.environment.read(SageMakerVariables)
    region = parts.environment.read(Aws).aws_region
    image = image_address(named.training_image, region)
    return SageMakerTrainer(
        parts.client("sagemaker"),
        stack=named.stack_name,
        role_arn=named.job_role_arn,
        image=image,
        store=parts.store,
        checks=SageMakerPreflight(
            store=parts.store,
            stack=named.stack_name,
            region=region,
            image=image,
            role_arn=named.job_role_arn,
            account=AwsAccount(parts.client("s3"), parts.client("iam")),
            quotas=ServiceQuotas(parts.client("service-quotas")),
            models=BedrockModels(parts.client("bedrock")),
            clock=parts.clock,
        ),
    )
