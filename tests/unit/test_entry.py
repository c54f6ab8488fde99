import io
import json
from dataclasses import dataclass

import pytest

from onmodel.contracts.requests import FilmProbed, RunRequest
from onmodel.entry import entry
from onmodel.errors import EventRefused, FilmRefused
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


@dataclass
class Context:
    function_name: str = "probe_film"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:probe_film"
    aws_request_id: str = "r-1"


def test_entry_when_event_fits_then_answers_json() -> None:
    handler = entry(RunRequest)(lambda request: FilmProbed(chunks_key=request.run.title))
    assert handler({"run": RUN}, Context()) == {"chunks_key": "f.mp4"}


def test_entry_when_event_does_not_fit_then_names_the_field() -> None:
    handler = entry(RunRequest)(lambda _: None)
    with pytest.raises(EventRefused, match=r"run\.attempt"):
        handler({"run": RUN | {"attempt": 0}}, Context())


def test_entry_when_step_refuses_then_the_error_passes_under_its_own_name() -> None:
    def refuse(request: RunRequest) -> None:
        raise FilmRefused(f"{request.run.title} is no film", "Upload a film")

    with pytest.raises(FilmRefused, match="is no film"):
        entry(RunRequest)(refuse)({"run": RUN}, Context())


def test_entry_when_it_logs_then_the_correlation_id_is_in_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    entry(RunRequest)(lambda _: None)({"run": RUN}, Context())
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["correlation_id"] for line in lines if line["message"] == "done"] == [
        "id-from-the-upload"
    ]
