from __future__ import annotations

from datetime import timedelta

import pytest
from drawn.films import DrawnFilm
from fakes.account import InMemoryModels
from fakes.clock import START, FixedClock
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.errors import AccessDenied, FilmModelRefused, ServiceError, Throttled
from onmodel.films.called_models import embedding_model
from onmodel.ports.account import FoundationModel, OfferedModels
from onmodel.steps.preflight_film import preflight_film

TITAN = "amazon.titan-embed-image-v1"
LEGACY = FoundationModel(True, START + timedelta(days=30), frozenset({"ON_DEMAND"}))
BY_PROFILE = FoundationModel(False, None, frozenset({"INFERENCE_PROFILE"}))


class Refusing:
    def __init__(self, fault: ServiceError) -> None:
        self.fault = fault

    def look(self, model: str) -> FoundationModel | None:
        raise self.fault


def preflight(models: OfferedModels) -> None:
    preflight_film([embedding_model(TITAN)], models=models, region="us-east-1", clock=FixedClock())


@pytest.mark.parametrize(
    ("looked", "reason", "advice"),
    [
        (None, "does not exist in us-east-1", "amazon.nova-2-multimodal-embeddings-v1:0"),
        (BY_PROFILE, "only through an inference profile", f"us.{TITAN}"),
    ],
)
def test_preflight_when_the_model_does_not_answer_then_refused_with_the_parameter(
    looked: FoundationModel | None, reason: str, advice: str
) -> None:
    with pytest.raises(FilmModelRefused, match=reason) as refused:
        preflight(InMemoryModels({TITAN: looked}))
    assert f"Set EmbeddingModelId of the stack to another model, for example to {advice}" in str(
        refused.value
    )


@pytest.mark.parametrize(
    "models",
    [
        InMemoryModels(),
        InMemoryModels({TITAN: LEGACY}),
        Refusing(AccessDenied("denied")),
        Refusing(Throttled("slow")),
    ],
)
def test_preflight_when_the_model_answers_or_nobody_knows_then_the_film_is_prepared(
    models: OfferedModels,
) -> None:
    preflight(models)


def test_film_when_its_model_is_gone_then_told_before_anything_is_paid(drawn: DrawnFilm) -> None:
    stack = StackInMemory()
    stack.services.foundation_models = InMemoryModels({TITAN: None})
    stack.upload(f"{PRODUCTION}/films/a.mp4", drawn.path.read_bytes())
    stack.machines.run_for(hours=1)
    assert stack.labels.pictures == []
    (mail,) = (mail for mail in stack.world.mailbox.mails if "a.mp4" in mail.subject)
    assert mail.subject == "a.mp4 could not be prepared this time"
    assert "Set EmbeddingModelId of the stack to another model" in " ".join(mail.body.split())
