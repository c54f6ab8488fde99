from __future__ import annotations

from datetime import timedelta

import pytest
from drawn.films import DrawnFilm
from fakes.account import InMemoryModels
from fakes.clock import START, FixedClock
from fakes.object_store import InMemoryObjectStore
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import Run
from onmodel.contracts.finders import FinderKind, FinderSettings
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.errors import AccessDenied, FilmModelRefused, ServiceError, Throttled
from onmodel.films.called_models import called_models
from onmodel.ports.account import FoundationModel, OfferedModels
from onmodel.steps.preflight_film import preflight_film

TITAN = "amazon.titan-embed-image-v1"
NOVA = "amazon.nova-pro-v1:0"
CANVAS = "amazon.nova-canvas-v1:0"
RUN = Run(
    production="bunny", film_id="bbb-00000001", run_id="bbb-00000001-aaaa", samples_id="5c0d9e3a",
    title="bbb.mp4", source=ObjectRef(bucket="uploads", key="bunny/films/bbb.mp4"), attempt=1,
    correlation_id="c-1",
)  # fmt: skip
LEGACY = FoundationModel(True, START + timedelta(days=30), frozenset({"ON_DEMAND"}))
BY_PROFILE = FoundationModel(False, None, frozenset({"INFERENCE_PROFILE"}))


class Refusing:
    def __init__(self, fault: ServiceError) -> None:
        self.fault = fault

    def look(self, model: str) -> FoundationModel | None:
        raise self.fault


def preflight(
    models: OfferedModels, finder: FinderKind = "labels", foundation: str | None = None
) -> tuple[str, ...]:
    studio = InMemoryObjectStore("studio")
    settings = Settings(finder=FinderSettings(kind=(finder,)))
    studio.put(FilmKeys.of(RUN).settings, settings.model_dump_json().encode(), "application/json")
    return preflight_film(
        RUN,
        studio=studio,
        called=called_models(TITAN, NOVA, foundation, CANVAS),
        models=models,
        region="us-east-1",
        clock=FixedClock(),
    )


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
    assert preflight(models) == ()


@pytest.mark.parametrize("model", [TITAN, NOVA, CANVAS])
def test_preflight_when_a_model_ends_later_then_the_log_says_so(
    model: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is looked at before each film, whatever it is for; reconcile sends the mail."""
    assert preflight(InMemoryModels({model: LEGACY})) == ()
    assert [record.message.partition(" as legacy")[0] for record in caplog.records] == [
        f"AWS has marked {model}"
    ]


def test_preflight_when_the_model_of_captions_is_gone_then_a_notice_and_no_refusal() -> None:
    assert preflight(InMemoryModels({NOVA: None}), "labels") == (
        f"{NOVA} does not exist in us-east-1 (any more). It is called for captions, questions about"
        " pictures and the finder grounding. Set CaptionModelId and CaptionFoundationModelId of"
        " the stack to another model, for example to us.amazon.nova-2-lite-v1:0.",
    )


def test_preflight_when_the_model_of_boxes_is_gone_then_refused_only_where_it_is_asked() -> None:
    gone = InMemoryModels({NOVA: None})
    preflight(gone, "labels")
    with pytest.raises(FilmModelRefused, match="does not exist in us-east-1") as refused:
        preflight(gone, "grounding")
    assert "Set CaptionModelId and CaptionFoundationModelId of the stack" in str(refused.value)


def test_preflight_when_functions_may_not_call_the_model_of_boxes_then_refused() -> None:
    with pytest.raises(FilmModelRefused, match=r"functions may call amazon\.nova-lite-v1:0 alone"):
        preflight(InMemoryModels(), "grounding", "amazon.nova-lite-v1:0")


def test_film_when_its_model_is_gone_then_told_before_anything_is_paid(drawn: DrawnFilm) -> None:
    stack = StackInMemory()
    stack.services.foundation_models = InMemoryModels({TITAN: None})
    stack.upload(f"{PRODUCTION}/films/a.mp4", drawn.path.read_bytes())
    stack.machines.run_for(hours=1)
    assert stack.labels.pictures == []
    (mail,) = (mail for mail in stack.world.mailbox.mails if "a.mp4" in mail.subject)
    assert mail.subject == "a.mp4 could not be prepared this time"
    assert "Set EmbeddingModelId of the stack to another model" in " ".join(mail.body.split())


def test_film_when_the_model_of_captions_is_gone_then_prepared_and_its_mail_says_so(
    drawn: DrawnFilm,
) -> None:
    stack = StackInMemory()
    stack.services.foundation_models = InMemoryModels({NOVA: None})
    stack.upload(f"{PRODUCTION}/settings.yaml", b"training: {automatic: false}\n", "settings")
    stack.upload(f"{PRODUCTION}/films/a.mp4", drawn.path.read_bytes())
    stack.machines.run_for(hours=1)
    bodies = {mail.subject: " ".join(mail.body.split()) for mail in stack.world.mailbox.mails}
    (prepared,) = (body for subject, body in bodies.items() if "a.mp4 is prepared" in subject)
    assert f"{NOVA} does not exist in us-east-1 (any more). It is called for captions" in prepared
    assert "Set CaptionModelId and CaptionFoundationModelId of the stack" in prepared
    assert f"The model {NOVA} ends: choose another" in bodies
