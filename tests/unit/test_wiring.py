"""That what the template says reaches the services; no client here is ever called."""

from __future__ import annotations

import pytest
from functions import STEPS, load_function, variables_of_the_template
from template_model import ROOT, read_template

from onmodel.contracts.settings import AllowedModels, CaptionSettings, Settings
from onmodel.environment import Environment, Models
from onmodel.films.settings import with_models
from onmodel.wiring import Services


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def wired(**variables: str) -> Services:
    return Services(Environment(variables_of_the_template() | variables))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PRIVATE_ARRANGEMENT": "false"}, False),
        ({"PRIVATE_ARRANGEMENT": "true"}, True),
    ],
)
def test_trainer_when_the_stack_has_an_arrangement_then_preflight_knows(
    variables: dict[str, str], expected: bool
) -> None:
    trainer = wired(**variables).trainers["bedrock"]
    assert trainer._preflight.private_arrangement is expected  # type: ignore[attr-defined]


def test_image_model_when_asked_for_then_waits_for_slow_pictures() -> None:
    config = wired().image_model("bedrock")._client.meta.config  # type: ignore[attr-defined]
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (300, 2)


def test_captions_when_asked_for_then_the_client_gives_up_before_its_function_does() -> None:
    function = read_template().functions["CaptionCropFunction"]
    config = wired().caption_model(CaptionSettings())._client.meta.config  # type: ignore[attr-defined]
    attempts = config.retries["total_max_attempts"]
    answers = 2  # the second is the one repair
    assert answers * attempts * (config.connect_timeout + config.read_timeout) < function["Timeout"]


def test_models_when_the_stack_names_them_then_settings_have_them() -> None:
    """The roles are made of the same parameters."""
    variables = {"EMBEDDING_MODEL_ID": "other.embed-v9", "CAPTION_MODEL_ID": "us.mine"}
    settings = with_models(Settings(), wired(**variables).environment.read(Models).allowed)
    assert (settings.embedding.model, settings.captions.model) == ("other.embed-v9", "us.mine")


def test_models_when_the_template_is_unchanged_then_the_settings_own_defaults() -> None:
    allowed = wired().environment.read(Models).allowed
    projects = "arn:aws:rekognition:us-east-1:123456789012:project/onmodel-*"
    assert allowed == AllowedModels(detector_projects=projects, has_flow_definition=False)


@pytest.mark.parametrize("step", ["notify", "reconcile", "request_approval", "route_upload"])
def test_commands_of_mails_when_the_stack_has_another_name_then_they_name_it(step: str) -> None:
    named = {"STACK_NAME": "films-2", "AWS_REGION": "eu-central-1"}
    function = load_function(step, variables_of_the_template() | named)
    assert function.wired.stack_options == "--stack films-2 --region eu-central-1"


def test_commands_of_mails_when_the_stack_is_local_then_they_say_so() -> None:
    assert wired(AWS_ENDPOINT_URL="http://127.0.0.1:4566").stack_options == "--local"


def test_senders_when_listed_then_all_functions_with_the_topic_are_tried_above() -> None:
    """A further function that sends mails has to be added to the test above."""
    handlers = {step: (ROOT / "functions" / step / "app.py").read_text() for step in STEPS}
    senders = {step for step, handler in handlers.items() if "wired.mails" in handler}
    assert senders == {"notify", "reconcile", "request_approval", "route_upload"}


@pytest.mark.parametrize(
    ("trainer", "told", "not_told"),
    [
        (None, "Rekognition and Bedrock are simulated", "Nova Canvas"),
        ("bedrock", "Nova Canvas", "SageMaker"),
        ("sagemaker", "SageMaker jobs run as processes", "Nova Canvas"),
    ],
)
def test_notices_when_the_stack_is_local_then_they_are_about_the_trainer_that_was_chosen(
    trainer: str | None, told: str, not_told: str
) -> None:
    (notice,) = wired(AWS_ENDPOINT_URL="http://127.0.0.1:1").notices(trainer)
    assert told in notice
    assert not_told not in notice
    assert wired().notices(trainer) == ()
