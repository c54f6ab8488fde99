import io
import json
import runpy

import pytest
from fakes.invocation import Context
from fakes.training_in_memory import LINKS_URL, TrainingInMemory
from template_model import ROOT

from onmodel import wiring
from onmodel.contracts.films import FilmProbed, RunRequest
from onmodel.contracts.links import LinkAnswer
from onmodel.errors import EventRefused, FilmRefused
from onmodel.handler import Handler, lambda_handler, seconds_left
from onmodel.observability import logger

RUN = {
    "production": "bunny",
    "film_id": "f-1",
    "run_id": "f-1-2",
    "samples_id": "s",
    "title": "f.mp4",
    "source": {"bucket": "b", "key": "k", "version_id": None},
    "attempt": 1,
    "correlation_id": "id-from-the-upload",
}


def test_seconds_left_when_asked_in_a_handler_then_of_this_invocation() -> None:
    left: list[float] = []
    handler = lambda_handler(RunRequest)(lambda _: left.append(seconds_left()))
    handler({"run": RUN}, Context(seconds_left=90))
    assert left == [90.0]


def test_handler_when_event_fits_then_answers_json() -> None:
    handler = lambda_handler(RunRequest)(lambda request: FilmProbed(chunks_key=request.run.title))
    assert handler({"run": RUN}, Context()) == {"chunks_key": "f.mp4", "detector": ""}


def test_handler_when_event_does_not_fit_then_names_the_field() -> None:
    handler = lambda_handler(RunRequest)(lambda _: None)
    with pytest.raises(EventRefused, match=r"run\.attempt"):
        handler({"run": RUN | {"attempt": 0}}, Context())


def test_handler_when_step_refuses_then_the_error_passes_under_its_own_name() -> None:
    def refuse(request: RunRequest) -> None:
        raise FilmRefused(f"{request.run.title} is no film", "Upload a film")

    with pytest.raises(FilmRefused, match="is no film"):
        lambda_handler(RunRequest)(refuse)({"run": RUN}, Context())


@pytest.mark.parametrize("fault", [FilmRefused("no film"), KeyError("chunks")])
def test_handler_when_it_has_an_answer_to_errors_then_answers_it(fault: Exception) -> None:
    def fail(_request: RunRequest) -> None:
        raise fault

    def answer(given: Exception) -> FilmProbed:
        return FilmProbed(chunks_key=type(given).__name__)

    handler = lambda_handler(RunRequest, answer_to=answer)(fail)
    assert handler({"run": RUN}, Context()) == {"chunks_key": type(fault).__name__, "detector": ""}


def test_handler_when_it_logs_then_the_correlation_id_is_in_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    lambda_handler(RunRequest)(lambda _: None)({"run": RUN}, Context())
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["correlation_id"] for line in lines if line["message"] == "done"] == [
        "id-from-the-upload"
    ]


def answers(monkeypatch: pytest.MonkeyPatch, handler: Handler, event: object) -> list[object]:
    """What was logged of the answers."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    handler(event, Context())
    return [json.loads(line).get("answer") for line in written.getvalue().splitlines()]


def test_handler_when_it_answers_then_the_answer_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = lambda_handler(RunRequest)(lambda _: FilmProbed(chunks_key="k"))
    assert answers(monkeypatch, handler, {"run": RUN}) == [{"chunks_key": "k", "detector": ""}]


def test_handler_when_fields_are_chosen_then_only_they_are_logged_and_all_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = LinkAnswer(statusCode=302, headers={"location": "https://signed"}, body="<p>")
    handler = lambda_handler(RunRequest, logged={"statusCode"})(lambda _: answer)
    assert answers(monkeypatch, handler, {"run": RUN}) == [{"statusCode": 302}]
    assert handler({"run": RUN}, Context()) == answer.model_dump()


def test_link_when_it_sends_somebody_on_then_the_address_is_not_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A presigned address is a key for whoever reads it."""
    world = TrainingInMemory()
    world.studio.put("bunny/a.svg", b"<svg/>", "image/svg+xml")
    link = world.links.link_to_object("bunny/a.svg", 30)
    event = {
        "rawPath": link.removeprefix(LINKS_URL),
        "requestContext": {"http": {"method": "GET"}, "requestId": "request-1"},
    }
    monkeypatch.setattr(wiring, "services", lambda *_sections: world)
    app = runpy.run_path(str(ROOT / "functions" / "follow_link" / "app.py"))
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    assert app["handler"](event, Context())["statusCode"] == 302
    assert '"statusCode":302' in written.getvalue()
    assert "X-Amz" not in written.getvalue() and "bunny/a.svg" not in written.getvalue()
