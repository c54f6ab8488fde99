"""Makes the trainer with the clients that it needs."""

from __future__ import annotations

from onmodel.environment import Aws, SageMakerVariables
from onmodel.trainers.parts import TrainerParts
from onmodel.trainers.sagemaker.preflight import PreflightChecks
from onmodel.trainers.sagemaker.trainer import SageMakerTrainer

AWS_IMAGES = "763104351884"
"""The account of AWS's images in most regions."""


def make_trainer(parts: TrainerParts) -> SageMakerTrainer:
    named = parts.environment.read(SageMakerVariables)
    return SageMakerTrainer(
        parts.client("sagemaker"),
        stack=named.stack_name,
        role_arn=named.job_role_arn,
        image=image_address(named.training_image, parts.environment.read(Aws).aws_region),
        store=parts.store,
        checks=PreflightChecks(store=parts.store, stack=named.stack_name),
    )


def image_address(image: str, region: str) -> str:
    """The address of one of AWS's own images; a whole address stays as it is."""
    if "/" in image:
        return image
    return f"{AWS_IMAGES}.dkr.ecr.{region}.amazonaws.com/{image}"
