"""What people call the items of the price book; their own names are for programs."""

from __future__ import annotations

TITLES = {
    "rekognition.detect-labels": "Finding figures",
    "rekognition.detect-faces": "Finding faces",
    "rekognition.index-faces": "Keeping faces of references",
    "rekognition.search-faces-by-image": "Naming by faces",
    "rekognition.detect-custom-labels": "Finding figures with your own model",
    "rekognition.custom-labels-hour": "Your own model, in unit hours",
    "bedrock.amazon.titan-embed-image-v1": "Comparing pictures",
    "bedrock.amazon.nova-2-multimodal-embeddings-v1:0": "Comparing pictures",
    "bedrock.nova-canvas.training-image": "Training",
    "bedrock.provisioned-unit-hour": "Deployed model",
    "bedrock.custom-model-month": "Keeping the model",
    "lambda.gb-second-arm64": "Functions, in GB-seconds",
    "lambda.gb-second-x86": "Functions, in GB-seconds",
    "lambda.requests-1m": "Calls of functions, in millions",
    "stepfunctions.transition-1k": "Steps of state machines, in thousands",
    "s3.storage-gb-month": "Storage, in GB and months",
    "s3.put-1k": "Writing to storage, in thousands",
    "s3.get-1k": "Reading from storage, in thousands",
}

PARTS = {".input-1k": "questions and pictures", ".output-1k": "answers"}
"""Of a model that is asked in tokens."""

DRAWING = "bedrock.amazon.nova-canvas-"
JOB = "sagemaker."
JOB_HOUR = "-training-hour"

SERVICES = {"bedrock": "Bedrock", "rekognition": "Rekognition", "sagemaker": "SageMaker"}


def title_of(item: str, asked_for: str) -> str:
    """A title for a person.

    Args:
        item: key in the price book.
        asked_for: what a model that answers in words was asked for, such as `Captions`.
    """
    if item in TITLES:
        return TITLES[item]
    for end, part in PARTS.items():
        if item.endswith(end):
            return f"{asked_for}: {part}"
    if item.startswith(DRAWING):
        return "Drawing"
    if item.startswith(JOB) and item.endswith(JOB_HOUR):
        return "Instance of SageMaker, in hours"
    service = SERVICES.get(item.partition(".")[0], "AWS")
    return f"Other calls of {service}"
