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
}

PARTS = {".input-1k": "questions and pictures", ".output-1k": "answers"}
"""Of a model that is asked in tokens."""

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
    service = SERVICES.get(item.partition(".")[0], "AWS")
    return f"Other calls of {service}"
