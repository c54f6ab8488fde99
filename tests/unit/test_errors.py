import pytest

from onmodel.errors import message_of


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
