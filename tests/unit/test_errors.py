import json

import pytest

from onmodel.errors import INNER_TEXT, UNEXPECTED, message_of, plain_reason


@pytest.mark.parametrize(
    ("name", "cause", "message"),
    [
        ("FilmRefused", '{"errorMessage": "a.mp4 is no film."}', "a.mp4 is no film."),
        ("Runtime.OutOfMemory", "RequestId: 1", "Runtime.OutOfMemory: RequestId: 1"),
        ("States.Timeout", "", "States.Timeout"),
        ("X", "[1]", "X: [1]"),
        ("KeyError", '{"errorMessage": "\'box\'"}', "KeyError: 'box'"),
    ],
)
def test_message_when_caught_then_in_plain_words(name: str, cause: str, message: str) -> None:
    assert message_of(name, cause) == message


TRACE = json.dumps({
    "errorMessage": "'box'",
    "errorType": "KeyError",
    "stackTrace": ['  File "/opt/python/onmodel/steps/sample_chunk.py", line 9, in cut\n'],
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "cause", "reason"),
    [
        ("FilmRefused", '{"errorMessage": "a.mp4 is no film."}', "a.mp4 is no film."),
        ("Throttled", '{"errorMessage": "Rate exceeded"}', "Rate exceeded"),
        (
            "ServiceUnavailable",
            '{"errorMessage": "unhandled exception: [Errno 104] Connection reset by peer"}',
            UNEXPECTED,
        ),
        ("FilmRefused", '{"errorMessage": "rle: [Errno 1] avcodec_open2() failed"}', UNEXPECTED),
        (
            "KeyError",
            TRACE,
            "an unexpected fault in sample_chunk",
        ),
        ("ValidationError", '{"errorMessage": "1 validation error for Settings"}', UNEXPECTED),
        ("Runtime.OutOfMemory", "RequestId: 1", "a step needed more memory than it may use"),
        ("States.Timeout", "", "a step took longer than it may"),
        ("", "", UNEXPECTED),
    ],
)
def test_plain_reason_when_caught_then_nothing_that_only_a_programmer_understands(
    name: str, cause: str, reason: str
) -> None:
    assert plain_reason(name, cause) == reason
    assert not INNER_TEXT.search(reason)
