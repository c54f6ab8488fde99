from __future__ import annotations

import json

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from onmodel.adapters.faults import translated
from onmodel_cli import speaking


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (NoCredentialsError(), "✗ AWS gave no answer: Unable to locate credentials\nSign in first"),
        (ClientError({"Error": {"Code": "X"}}, "Get"), "✗ AWS answered with an error: An error"),
    ],
)
def test_plain_errors_when_nothing_was_answered_then_it_does_not_say_that_aws_answered(
    fault: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, speaking.plain_errors(), translated():
        raise fault
    assert ended.value.exit_code == speaking.Exit.SERVICE
    assert capsys.readouterr().err.startswith(said)


def test_plain_errors_when_a_fault_is_unexpected_then_json_has_it_and_its_traceback_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ZeroDivisionError), speaking.plain_errors(as_json=True):
        raise ZeroDivisionError("by nothing")
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "kind": "ZeroDivisionError",
            "message": "A fault of onmodel: by nothing",
            "exit_code": 1,
        }
    }
