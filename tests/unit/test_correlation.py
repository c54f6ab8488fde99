"""One id from upload to mail: each request knows it, and `entry` puts it in each line."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
from fakes.invocation import Context
from template_model import ROOT, request_model

from onmodel.contracts.base import Contract
from onmodel.contracts.captions import QueuedMessages
from onmodel.handler import lambda_handler, parse
from onmodel.observability import logger
from onmodel.steps.caption_messages import caption_messages

GOOD = [
    path
    for path in sorted(ROOT.glob("events/*/*.json"))
    if not path.name.endswith(".expected.json")
    and json.loads(path.with_suffix(".expected.json").read_text())["refused"] is None
]


class Request(Contract):
    correlation_id: str


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def lines(written: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_request_when_read_then_knows_the_id(path: Path) -> None:
    request = parse(request_model(path.parent.name), json.loads(path.read_text()))
    assert request.correlation_id


def test_done_when_the_answer_knows_the_upload_then_is_logged_under_its_id(
    written: io.StringIO,
) -> None:
    lambda_handler(Request)(lambda _: Request(correlation_id="of-the-upload"))(
        {"correlation_id": "of-the-event"}, Context()
    )
    assert [line["correlation_id"] for line in lines(written)] == ["of-the-upload"]


def test_lines_when_of_any_module_then_have_the_id_and_a_time_that_lambda_reads(
    written: io.StringIO,
) -> None:
    def work(_: Request) -> None:
        logger.info("by the step")
        logging.getLogger("onmodel.video.sampling.batch_decoder").warning("by pure code")

    lambda_handler(Request)(work)({"correlation_id": "u-1"}, Context())
    assert [line["message"] for line in lines(written)] == ["by the step", "by pure code", "done"]
    for line in lines(written):
        assert line["correlation_id"] == "u-1"
        assert line["timestamp"][10] == "T" and line["timestamp"].endswith("+00:00")  # RFC 3339


def test_lines_when_the_step_breaks_off_then_the_last_one_has_id_and_place(
    written: io.StringIO,
) -> None:
    def work(_: Request) -> None:
        raise ZeroDivisionError("by nothing")

    with pytest.raises(ZeroDivisionError):
        lambda_handler(Request)(work)({"correlation_id": "u-1"}, Context())
    (line,) = lines(written)
    assert (line["level"], line["correlation_id"]) == ("ERROR", "u-1")
    assert line["exception_name"] == "ZeroDivisionError"
    assert "test_correlation.py" in line["exception"]


def test_lines_when_the_next_request_comes_then_have_its_own_id(written: io.StringIO) -> None:
    handler = lambda_handler(Request)(lambda _: None)
    for identity in ("u-1", "u-2"):
        handler({"correlation_id": identity}, Context())
    assert [line["correlation_id"] for line in lines(written)] == ["u-1", "u-2"]


class Crops:
    """Says what it was asked."""

    def caption(self, message: object, receives: int) -> None:
        del message
        logger.info("captioned", receives=receives)


def test_lines_when_a_batch_has_two_uploads_then_each_message_has_its_own(
    written: io.StringIO,
) -> None:
    event = json.loads((ROOT / "events/caption_crop/one.json").read_text())
    (record,) = event["Records"]
    body = json.loads(record["body"])

    def message(number: int, text: str) -> dict:
        return {**record, "messageId": f"m{number}", "body": text}

    event["Records"] = [
        message(1, json.dumps({**body, "correlation_id": "u-1"})),
        message(2, "nobody's"),
        message(3, json.dumps({**body, "correlation_id": "u-2"})),
    ]
    handler = lambda_handler(QueuedMessages)(lambda request: caption_messages(request, Crops()))
    handler(event, Context())
    answer = [(line["message"], line["correlation_id"]) for line in lines(written)]
    assert answer == [
        ("captioned", "u-1"),
        ("a message failed and is delivered again", ""),
        ("captioned", "u-2"),
        ("done", "u-1,u-2"),
    ]
