"""Nova Canvas's limits, from the Nova and Bedrock user guides (customization; image generation)."""

from __future__ import annotations

from onmodel.contracts.trainings import (
    DatasetLimits,
    PanelLimits,
    StandingItems,
    TrainerLimits,
)

# Keys of the price book; a training image is one picture that passes through the model.
TRAINING_IMAGE = "bedrock.nova-canvas.training-image"
MODEL_MONTH = "bedrock.custom-model-month"
DEPLOYMENT_HOUR = "bedrock.provisioned-unit-hour"

TRAINING_REGIONS = frozenset({"us-east-1"})

# No-commitment model units across custom models: 0 by default, and an increase takes days.
QUOTA_SERVICE = "bedrock"
QUOTA_MODEL_UNITS = "L-BE77399C"

LIMITS = TrainerLimits(
    dataset=DatasetLimits(
        min_records=5,
        max_records=10_000,
        min_caption_characters=3,
        max_caption_characters=1024,
        formats=("jpeg", "jpg", "png"),
        max_picture_bytes=50 * 1024 * 1024,
        min_side=512,
        max_side=4096,
        max_pixels=12_582_912,
        max_aspect=4.0,
    ),
    panel=PanelLimits(
        max_text_characters=1024,
        min_side=320,
        max_side=4096,
        side_multiple=16,
        max_aspect=4.0,
        max_images=5,
        max_seed=858_993_459,
    ),
)

ITEMS = StandingItems(model_month=MODEL_MONTH, deployment_hour=DEPLOYMENT_HOUR)
